/** How fast requests may be sent: at most `limit` at once, and as many in each `interval`. */
export interface Rate {
  /** Requests; `Infinity` for no limit. */
  readonly limit: number;
  /** Milliseconds. */
  readonly interval: number;
}

/** A request's place in the order of a bucket. */
export interface Turn {
  /** When it may be sent, in milliseconds since the epoch; a pause moves it. */
  at: number;
  /** Whether nobody waits for it any more. */
  cancelled: boolean;
}

/**
 * Bucket of tokens that are given in the order in which they were asked for, also in advance: a
 * turn says when its token is there. It never waits itself; the clock is an argument.
 *
 * Kept as the one number of the generic cell rate algorithm: the time at which the bucket would be
 * full again.
 */
export class TokenBucket {
  readonly #step: number;
  readonly #tolerance: number;
  #fullAt = -Infinity;
  #pausedUntil = -Infinity;
  #waiting: Turn[] = [];
  /** What the server has granted until then, where it says so. */
  #quota: { left: number; readonly resetAt: number } | undefined;
  #now = -Infinity;

  /** Makes a full bucket. */
  constructor({ limit, interval }: Rate) {
    this.#step = interval / limit;
    this.#tolerance = interval - this.#step;
  }

  /** Takes the next token, whenever that is there. */
  reserve(now: number): Turn {
    this.#look(now);
    const turn = { at: this.#schedule(now), cancelled: false };
    this.#waiting.push(turn);
    return turn;
  }

  /** Uses a turn and returns 0, or returns the whole milliseconds until that is possible. */
  use(turn: Turn, now: number): number {
    this.#look(now);
    const quota = this.#quota;
    if (turn.at <= now && quota && quota.left <= 0) this.pause(quota.resetAt, now);
    if (turn.at > now) return Math.ceil(turn.at - now);
    if (quota) quota.left--;
    if (this.#waiting[0] === turn) this.#waiting.shift();
    else this.#passBy(turn);
    return 0;
  }

  /** Gives up a turn. Its token is used by who comes next, unless others wait behind it. */
  cancel(turn: Turn): void {
    turn.cancelled = true;
    for (let last = this.#waiting.at(-1); last?.cancelled; last = this.#waiting.at(-1)) {
      this.#waiting.pop();
      this.#fullAt -= this.#step;
    }
  }

  /** Holds every turn back until then, those that are waiting included, in their order. */
  pause(until: number, now: number): void {
    this.#look(now);
    if (until <= this.#pausedUntil) return;
    this.#pausedUntil = until;
    this.#fullAt -= this.#step * this.#waiting.length;
    for (const turn of this.#waiting) turn.at = Math.max(turn.at, this.#schedule(now));
  }

  /** Keeps to what the server says is left until then. */
  allow(left: number, resetAt: number, now: number): void {
    this.#look(now);
    if (resetAt <= now) return;
    if (left <= 0) this.pause(resetAt, now);
    const known = this.#quota;
    // An answer that comes late must not give back what was used meanwhile.
    const same = known !== undefined && Math.abs(known.resetAt - resetAt) < 1_500;
    this.#quota = { left: same ? Math.min(known.left, left) : left, resetAt };
  }

  /** Milliseconds that the server wants to be left alone from now. */
  pauseLeft(now: number): number {
    this.#look(now);
    return Math.max(0, this.#pausedUntil - now);
  }

  /** Whether it is as it was made, so that it need not be kept. */
  idle(now: number): boolean {
    this.#look(now);
    const past = Math.max(this.#fullAt, this.#pausedUntil) <= now;
    return past && !this.#quota && this.#waiting.length === 0;
  }

  /** Takes a turn out that others are before. */
  #passBy(turn: Turn): void {
    const place = this.#waiting.indexOf(turn);
    // The tokens of cancelled ones before it are lost, or two requests would be sent at once.
    this.#waiting = this.#waiting.filter((other, at) =>
      other !== turn && (at > place || !other.cancelled)
    );
  }

  #schedule(now: number): number {
    const from = Math.max(now, this.#pausedUntil);
    const fullAt = Math.max(this.#fullAt, from);
    this.#fullAt = fullAt + this.#step;
    return Math.max(from, fullAt - this.#tolerance);
  }

  #look(now: number): void {
    const back = this.#now - now;
    // A clock that was set back must not make anybody wait for the time that it lost.
    if (back > 0 && back < Infinity) {
      this.#fullAt -= back;
      this.#pausedUntil -= back;
      for (const turn of this.#waiting) turn.at -= back;
      if (this.#quota) this.#quota = { ...this.#quota, resetAt: this.#quota.resetAt - back };
    }
    this.#now = now;
    if (this.#quota && this.#quota.resetAt <= now) this.#quota = undefined;
  }
}
