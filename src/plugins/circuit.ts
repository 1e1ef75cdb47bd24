/** Leave to send a request; told how the request ended, once. */
export interface Pass {
  /** Which opening of the circuit it belongs to. */
  readonly round: number;
  /** Whether it is the request that tries whether the host is back. */
  readonly probe: boolean;
}

/** When a circuit opens, and for how long. */
export interface CircuitRules {
  /** Failures in a row that open it. */
  readonly failures: number;
  /** Milliseconds until it is tried again. */
  readonly cooldown: number;
}

/**
 * State of one host: closed (requests pass), open (none does), half-open (one probe does). The
 * clock is an argument.
 */
export class Circuit {
  readonly #rules: CircuitRules;
  #failed = 0;
  #round = 0;
  /** When the next probe may be sent; `undefined` while closed. */
  #probeAt: number | undefined;
  #now = -Infinity;

  /** Makes a closed circuit. */
  constructor(rules: CircuitRules) {
    this.#rules = rules;
  }

  /** Whether requests pass without being a probe, and nothing has failed lately. */
  get calm(): boolean {
    return this.#probeAt === undefined && this.#failed === 0;
  }

  /** Failures in a row so far. */
  get failed(): number {
    return this.#failed;
  }

  /** Asks to send a request: leave, or when to ask again. */
  enter(now: number): Pass | { readonly probeAt: number } {
    this.#look(now);
    const probeAt = this.#probeAt;
    if (probeAt === undefined) return { round: this.#round, probe: false };
    if (now < probeAt) return { probeAt };
    // One at a time. One that never ends is given up after a cooldown, or nobody would try again.
    this.#probeAt = now + this.#rules.cooldown;
    return { round: ++this.#round, probe: true };
  }

  /** A request was answered. */
  succeed(pass: Pass): void {
    if (pass.round !== this.#round) return;
    this.#failed = 0;
    this.#probeAt = undefined;
  }

  /** A request failed. */
  fail(pass: Pass, now: number): void {
    this.#look(now);
    // What was sent before the circuit opened says nothing about the host of now.
    if (pass.round !== this.#round) return;
    this.#failed++;
    if (pass.probe || this.#failed >= this.#rules.failures) {
      this.#probeAt = now + this.#rules.cooldown;
      this.#round++;
    }
  }

  /** A request ended without telling anything, such as a cancelled one: the next one is the probe. */
  leave(pass: Pass): void {
    if (pass.round === this.#round && pass.probe) this.#probeAt = -Infinity;
  }

  #look(now: number): void {
    const back = this.#now - now;
    // A clock that was set back must not keep the circuit open for the time that it lost.
    if (back > 0 && back < Infinity && this.#probeAt !== undefined) this.#probeAt -= back;
    this.#now = now;
  }
}
