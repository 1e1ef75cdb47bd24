import { withReason } from "../ax_error.ts";
import { CancelError, TimeoutError } from "../errors.ts";
import { isError } from "../http/pairs.ts";
import { describe, type RawRequest } from "../mask.ts";
import { type Clock, elapsed, realClock } from "../runtime/clock.ts";
import { removeEntry } from "../runtime/timer.ts";

/** How long a flow that was ended may go on waiting in its `catch` and `finally`. */
export const GRACE_MS = 1000;

/** How a flow was ended from outside. */
export interface Ended {
  readonly error: unknown;
}

/**
 * What may end a flow from outside: a deadline, a cancel, and whatever ends the flow around it. It
 * travels with the flow, and every operation below honours it. Times are monotonic.
 */
export class Limit {
  /** The limit around it, where that can end a flow; set when a flow enters this one. */
  parent: Limit | undefined;
  /** When the flow ends, on {@linkcode now}; may change while the flow runs. */
  deadline = Infinity;
  /** The clock of the operations below: its own, else that of the limit around it. */
  clock: Clock;
  readonly #own: Clock | undefined;
  #ended: Ended | undefined;
  #listeners: Set<() => void> | undefined;

  /** @param clock The clock of the operations below; the parent's by default. */
  constructor(clock?: Clock) {
    this.#own = clock;
    this.clock = clock ?? realClock;
  }

  /** Monotonic milliseconds; a user's clock has one time only, and it is that. */
  get now(): number {
    const { clock } = this;
    return clock === realClock ? elapsed() : clock.now();
  }

  /** Told when a flow enters it. */
  enter(parent: Limit | undefined): void {
    this.parent = parent instanceof RootLimit ? undefined : parent;
    if (parent && !this.#own) this.clock = parent.clock;
  }

  /** How the flow was ended, here or further out, if it was. */
  get ended(): Ended | undefined {
    return this.parent?.ended ?? this.endedHere();
  }

  /** How the flow was ended by this limit alone. */
  endedHere(): Ended | undefined {
    if (this.#ended) return this.#ended;
    const cancelled = this.cancelled();
    if (cancelled) return this.#ended = cancelled;
    if (this.deadline === Infinity || this.now < this.deadline) return undefined;
    return this.#ended = { error: this.overdue() };
  }

  /** Ends the flow. */
  end(error: unknown): void {
    if (this.#ended) return;
    this.#ended = { error };
    const listeners = this.#listeners ?? [];
    this.#listeners = undefined;
    for (const listener of listeners) listener();
  }

  /** Milliseconds until the nearest deadline, here or further out. */
  remaining(): number {
    const outer = this.parent?.remaining() ?? Infinity;
    return this.deadline === Infinity ? outer : Math.min(outer, this.deadline - this.now);
  }

  /** Milliseconds that an async user function below may take in a sync call. */
  get functionTimeoutMs(): number | false {
    return this.parent?.functionTimeoutMs ?? false;
  }

  /** Whether another thread can end it, so that a blocked wait has to look from time to time. */
  get remote(): boolean {
    return this.parent?.remote ?? false;
  }

  /** The limit furthest out. */
  get outermost(): Limit {
    return this.parent?.outermost ?? this;
  }

  /** Calls the listener when something may have ended the flow; returns how to stop listening. */
  subscribe(listener: () => void): () => void {
    const listeners = this.#listeners ??= new Set();
    listeners.add(listener);
    const outer = this.parent?.subscribe(listener);
    return () => {
      listeners.delete(listener);
      outer?.();
    };
  }

  /** The error of a cancel that has happened; for limits that have other ways to end. */
  protected cancelled(): Ended | undefined {
    return undefined;
  }

  /** The error for a deadline that has passed. */
  protected overdue(): unknown {
    return new Error("Out of time");
  }
}

/** What is around all flows of a scheduler: it has the clock, and ends nothing. */
export class RootLimit extends Limit {
  override subscribe(): () => void {
    return () => {};
  }
}

/** Where a cancel can come from, besides the client and a signal: a token. */
export interface CancelSource {
  /** Whether it has happened. */
  readonly cancelled: boolean;
  /** What it was cancelled with. */
  readonly reason?: unknown;
  /** Calls the listener when it happens, at once if it has; returns how to stop listening. */
  onCancel(listener: () => void): () => void;
}

/** That a client was closed, told to its calls. */
export class Closing {
  /** Whether it was closed. */
  closed = false;
  /** Those that are told; each knows its place, -1 once it is removed. */
  readonly listeners: { readonly told: () => void; index: number }[] = [];

  close(): void {
    this.closed = true;
    for (const entry of [...this.listeners]) {
      removeEntry(this.listeners, entry);
      entry.told();
    }
  }
}

/** The options that limit a whole call. */
export interface LimitRules extends RawRequest {
  readonly timeout: number | false;
  readonly totalTimeout: number | false;
  readonly signal?: AbortSignal | undefined;
  readonly cancelToken?: CancelSource | undefined;
  readonly clock?: Clock | undefined;
}

const SHARED = Symbol.for("@ax/client.shared");

/** What ends one call from outside: `totalTimeout`, a signal, a token, and its client. */
export class CallLimit extends Limit {
  /** When the call began, on its monotonic clock. */
  began = 0;
  /** When the call began, milliseconds since the epoch. */
  start = 0;
  /** How many attempts have begun. */
  attempts = 0;
  /** The error of the last attempt. */
  lastError: unknown;
  /** Milliseconds until the next attempt, where that would be too late. */
  nextDelayMs: number | undefined;
  /** The last request that was sent, with its full URL. */
  sent: RawRequest | undefined;
  readonly #client: Closing;
  #rules: LimitRules;
  #entered = false;

  constructor(rules: LimitRules, client: Closing) {
    super(rules.clock);
    this.#rules = rules;
    this.#client = client;
  }

  /** Each async user function of a sync call has as long as the network has. */
  override get functionTimeoutMs(): number | false {
    return this.#rules.timeout;
  }

  override enter(parent: Limit | undefined): void {
    super.enter(parent);
    // Reading a stream comes here again.
    if (this.#entered) return;
    this.#entered = true;
    this.began = this.now;
    this.start = this.clock.now();
    this.deadline = this.began + (this.#rules.totalTimeout || Infinity);
  }

  /** Takes the limits of a changed config; the time that has gone by counts. */
  update(rules: LimitRules): void {
    if (rules === this.#rules) return;
    this.#rules = rules;
    this.deadline = this.began + (rules.totalTimeout || Infinity);
  }

  /** Throws the call's end, once it has come; that of a flow around it is none of it. */
  throwIfEnded(): void {
    const ended = this.endedHere();
    if (ended) throw ended.error;
  }

  override get remote(): boolean {
    const { cancelToken } = this.#rules;
    return (cancelToken !== undefined && SHARED in cancelToken) || super.remote;
  }

  override subscribe(listener: () => void): () => void {
    const { signal, cancelToken } = this.#rules;
    const { listeners } = this.#client;
    const entry = { told: listener, index: listeners.length };
    listeners.push(entry);
    const stop = () => removeEntry(listeners, entry);
    if (!signal && !cancelToken && !this.parent) return stop;
    const stops = [stop, super.subscribe(listener)];
    if (cancelToken) stops.push(cancelToken.onCancel(listener));
    if (signal) {
      signal.addEventListener("abort", listener);
      stops.push(() => signal.removeEventListener("abort", listener));
    }
    return () => {
      for (const stop of stops) stop();
    };
  }

  protected override cancelled(): Ended | undefined {
    const { signal, cancelToken } = this.#rules;
    if (this.#client.closed) {
      return { error: this.#cancel("was cancelled: its client was closed", "client closed") };
    }
    if (cancelToken?.cancelled) return { error: this.#cancelFor(cancelToken.reason) };
    if (!signal?.aborted) return undefined;
    const { reason } = signal;
    if (!isTimeout(reason)) return { error: this.#cancelFor(reason) };
    const message = `${describe(this.target)} timed out: its signal fired`;
    return { error: new TimeoutError(message, { ...this.#facts, phase: "signal", cause: reason }) };
  }

  /** The error for `totalTimeout`. */
  protected override overdue(): TimeoutError {
    const { totalTimeout } = this.#rules;
    const { attempts, lastError, nextDelayMs } = this;
    const made = attempts > 1 ? ` and ${attempts} attempts` : "";
    const next = nextDelayMs === undefined
      ? ""
      : `, the next attempt would begin in ${Math.ceil(nextDelayMs)} ms`;
    return new TimeoutError(
      `${describe(this.target)} timed out: no result within ${totalTimeout} ms` +
        ` ("totalTimeout")${made}${next}`,
      { ...this.#facts, phase: "total", cause: lastError },
    );
  }

  #cancelFor(reason: unknown): CancelError {
    const cause = isError(reason) ? { cause: reason } : {};
    return this.#cancel(withReason("was cancelled", reason), reason, cause);
  }

  #cancel(what: string, reason: unknown, cause: { cause?: unknown } = {}): CancelError {
    const message = `${describe(this.target)} ${what}`;
    return new CancelError(message, { ...this.#facts, ...cause, reason });
  }

  /** What messages call the request. */
  get target(): RawRequest {
    return this.sent ?? this.#rules;
  }

  get #facts() {
    return { request: this.target, attempts: this.attempts };
  }
}

function isTimeout(reason: unknown): boolean {
  return typeof reason === "object" && reason !== null &&
    (reason as { name?: unknown }).name === "TimeoutError";
}
