import { CancelError, describe, errorRequest, TimeoutError, withReason } from "../errors.ts";
import type { CancelSource, Limits } from "../flow/scope.ts";
import type { NormalizedRequest } from "../http/request.ts";
import type { Clock } from "../runtime/clock.ts";

/** The options that limit a whole call. */
export interface LimitRules {
  readonly method: string;
  readonly url: string | URL;
  readonly timeout: number | false;
  readonly totalTimeout: number | false;
  readonly signal?: AbortSignal | undefined;
  readonly cancelToken?: (CancelSource & { readonly reason: unknown }) | undefined;
  readonly clock?: Clock | undefined;
  readonly redact: readonly string[];
}

/** What ends one call from outside: `totalTimeout`, a signal, a token, and its client. */
export class CallLimits implements Limits {
  readonly clock: Clock | undefined;
  deadline = Infinity;
  sources: readonly CancelSource[];
  /** When the call began, on its clock. */
  start = 0;
  /** How many attempts have begun. */
  attempts = 0;
  /** The error of the last attempt. */
  lastError: unknown;
  /** How the call was ended from outside, once it was. */
  ended: { readonly error: unknown } | undefined;
  readonly #client: CancelSource;
  #rules: LimitRules;
  #clock: Clock | undefined;
  /** The last request that was sent, with its full URL. */
  sent: NormalizedRequest | undefined;

  constructor(rules: LimitRules, client: CancelSource) {
    this.#rules = rules;
    this.#client = client;
    this.clock = rules.clock;
    this.sources = this.#collect();
  }

  /** Each async user function of a sync call has as long as the network has. */
  get functionTimeout(): number | false {
    return this.#rules.timeout;
  }

  begin(clock: Clock): void {
    // Reading a stream comes here again.
    if (this.#clock) return;
    this.#clock = clock;
    this.start = clock.now();
    this.#bound();
  }

  /** The time, as the `now` operation tells it; that one would cost every call a generator. */
  now(): number {
    return this.#clock?.now() ?? 0;
  }

  /** Takes the limits of a changed config; the time that has gone by counts. */
  update(rules: LimitRules): void {
    if (rules === this.#rules) return;
    this.#rules = rules;
    this.#bound();
    this.sources = this.#collect();
  }

  #bound(): void {
    const { totalTimeout } = this.#rules;
    this.deadline = totalTimeout === false ? Infinity : this.start + totalTimeout;
  }

  #collect(): readonly CancelSource[] {
    const { signal, cancelToken } = this.#rules;
    const sources = [this.#client];
    if (cancelToken) sources.push(cancelToken);
    if (signal) sources.push(new SignalSource(signal));
    return sources;
  }

  /** What messages call the request. */
  get target(): { readonly method: string; readonly url: string } {
    const { method, url } = this.sent ?? this.#rules;
    return { method, url: String(url) };
  }

  /** Whether the call is cancelled already. */
  get cancelled(): boolean {
    return this.sources.some((source) => source.cancelled);
  }

  /** Throws the call's end, once it was ended. */
  throwIfEnded(): void {
    if (this.ended) throw this.ended.error;
  }

  error(reached: "deadline" | CancelSource): unknown {
    const error = this.#explain(reached);
    this.ended = { error };
    return error;
  }

  #explain(reached: "deadline" | CancelSource): unknown {
    const { redact } = this.#rules;
    const { target } = this;
    const options = { request: errorRequest(target, redact), redact, attempts: this.attempts };
    const what = describe(target, redact);
    if (reached === "deadline") return this.outOfTime();
    if (reached === this.#client) {
      const message = `${what} was cancelled: its client was closed`;
      return new CancelError(message, { ...options, reason: "client closed" });
    }
    const { reason } = reached as CancelSource & { reason?: unknown };
    if (reached instanceof SignalSource && isTimeout(reason)) {
      const message = `${what} timed out: its signal fired`;
      return new TimeoutError(message, { ...options, phase: "signal", cause: reason });
    }
    const cause = reason instanceof Error ? { cause: reason } : {};
    const message = withReason(`${what} was cancelled`, reason);
    return new CancelError(message, { ...options, ...cause, reason });
  }

  /** The error for `totalTimeout`. */
  outOfTime(): TimeoutError {
    const { redact, totalTimeout } = this.#rules;
    const { attempts, lastError } = this;
    const made = attempts > 1 ? ` and ${attempts} attempts` : "";
    return new TimeoutError(
      `${describe(this.target, redact)} timed out: no result within ${totalTimeout} ms` +
        ` ("totalTimeout")${made}`,
      {
        phase: "total",
        request: errorRequest(this.target, redact),
        redact,
        attempts,
        ...lastError !== undefined && { cause: lastError },
      },
    );
  }
}

class SignalSource implements CancelSource {
  readonly remote = false;
  readonly #signal: AbortSignal;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  get cancelled(): boolean {
    return this.#signal.aborted;
  }

  get reason(): unknown {
    return this.#signal.reason;
  }

  subscribe(listener: () => void): () => void {
    this.#signal.addEventListener("abort", listener);
    return () => this.#signal.removeEventListener("abort", listener);
  }
}

function isTimeout(reason: unknown): boolean {
  return typeof reason === "object" && reason !== null &&
    (reason as { name?: unknown }).name === "TimeoutError";
}
