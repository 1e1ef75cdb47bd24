import { withReason } from "../ax_error.ts";
import { describe, type RawRequest } from "../mask.ts";
import { CancelError, TimeoutError } from "../errors.ts";
import { type Ended, Limit } from "../flow/limit.ts";
import { isError } from "../http/pairs.ts";
import type { Clock } from "../runtime/clock.ts";
import { Entries } from "../runtime/entries.ts";

/** Where a cancel can come from: a token, or a client that is closed. */
export interface CancelSource {
  /** Whether it has happened. */
  readonly cancelled: boolean;
  /** What it was cancelled with. */
  readonly reason?: unknown;
  /** Calls the listener when it happens, at once if it has; returns how to stop listening. */
  onCancel(listener: () => void): () => void;
}

/** That a client was closed, told to its calls. */
export class Closing implements CancelSource {
  /** Whether it was closed. */
  cancelled = false;
  readonly #listeners = new Entries<() => void>();

  onCancel(listener: () => void): () => void {
    const entry = this.#listeners.add(listener);
    return () => this.#listeners.remove(entry);
  }

  cancel(): void {
    this.cancelled = true;
    for (const entry of this.#listeners.current()) {
      this.#listeners.remove(entry);
      entry.item();
    }
  }
}

/** Runs all of them: one that cannot let go must not keep the others from it. */
export function releaseAll(releases: readonly (() => void)[]): void {
  const failures: unknown[] = [];
  for (const release of releases) {
    try {
      release();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
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
  /** The last request that was sent, with its full URL. */
  sent: RawRequest | undefined;
  readonly #client: CancelSource;
  #rules: LimitRules;
  #entered = false;

  constructor(rules: LimitRules, client: CancelSource) {
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
    this.#bound(this.#rules);
  }

  /** Takes the limits of a changed config; the time that has gone by counts. */
  update(rules: LimitRules): void {
    if (rules !== this.#rules) this.#bound(this.#rules = rules);
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
    const stops = [super.subscribe(listener), this.#client.onCancel(listener)];
    if (cancelToken) stops.push(cancelToken.onCancel(listener));
    if (signal) {
      signal.addEventListener("abort", listener);
      stops.push(() => signal.removeEventListener("abort", listener));
    }
    return () => {
      for (const stop of stops) stop();
    };
  }

  #bound({ totalTimeout }: LimitRules): void {
    this.deadline = totalTimeout === false ? Infinity : this.began + totalTimeout;
  }

  protected override cancelled(): Ended | undefined {
    const { signal, cancelToken } = this.#rules;
    if (this.#client.cancelled) {
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
    const { attempts, lastError } = this;
    const made = attempts > 1 ? ` and ${attempts} attempts` : "";
    return new TimeoutError(
      `${describe(this.target)} timed out: no result within ${totalTimeout} ms` +
        ` ("totalTimeout")${made}`,
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
