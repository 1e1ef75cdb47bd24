import { describe, TimeoutError } from "../errors.ts";
import { maskUrl } from "../mask.ts";
import { type Deadline, startDeadline } from "../runtime/deadline.ts";
import { errorOfFetch } from "./network_error.ts";
import type { Route } from "./network.ts";
import type { ProgressMeter } from "./progress.ts";
import type { WireProgress, WireRequest } from "./transport.ts";

/** The part of an `AbortSignal` that is used; making a whole one for each request costs time. */
export interface SignalLike {
  readonly aborted: boolean;
  readonly reason: unknown;
  addEventListener(type: "abort", listener: () => void): void;
  removeEventListener(type: "abort", listener: () => void): void;
}

/** What may happen while a request is on its way. */
export interface FetchEvents {
  /** Ends the request; it then rejects with the signal's reason as it is. */
  readonly signal?: SignalLike | undefined;
  /** Gets what the request's `progress` asks for. */
  readonly onProgress?: ((progress: WireProgress) => void) | undefined;
  /** Instead of the global `fetch`. */
  readonly fetch?: typeof globalThis.fetch | undefined;
}

/** One attempt while it runs: its limit in time, its caller's signal, and what ended it. */
export class Attempt {
  readonly request: WireRequest;
  readonly events: FetchEvents;
  /** How many bytes of the body have arrived, or `undefined` where the runtime counts. */
  received: number | undefined = undefined;
  /** The response that is being read. */
  response: Response | undefined = undefined;
  /** What a body of the user's threw while it was sent. */
  bodyFailure: { readonly error: unknown } | undefined = undefined;
  /** Counts the request body. */
  upload: ProgressMeter | undefined = undefined;
  /** Lets a streamed request body clean up. */
  closeBody: (() => void) | undefined = undefined;
  /** How to reach the network, where `network` says so. */
  route: Route | undefined = undefined;
  /** Frees what this attempt alone uses. */
  cleanup: (() => void) | undefined = undefined;
  readonly #controller: AbortController | undefined;
  #timer: Deadline | undefined;
  #ended: { readonly error: unknown } | undefined;
  #stop: ((error: unknown) => void) | undefined;

  constructor(request: WireRequest, events: FetchEvents) {
    this.request = request;
    this.events = events;
    if (request.timeout === false && !events.signal) return;
    this.#controller = new AbortController();
    events.signal?.addEventListener("abort", this.#onAbort);
    this.startTimer();
  }

  /** The signal for fetch: an own one, because fetch leaves listeners on what it is given. */
  get signal(): AbortSignal | null {
    return this.#controller?.signal ?? null;
  }

  /** Whether the timeout or the caller has ended it. */
  get ended(): boolean {
    return this.#ended !== undefined;
  }

  /** Tells how far a body has come; what the listener throws ends the attempt as it is. */
  report(progress: WireProgress): void {
    try {
      this.events.onProgress?.(progress);
    } catch (error) {
      this.#finish(error);
      throw error;
    }
  }

  /** Starts to count the request's `timeout`. */
  startTimer(): void {
    const { timeout } = this.request;
    if (timeout === false) return;
    this.#timer = startDeadline(timeout, this.#onTimeout, this.events.fetch !== undefined);
  }

  stopTimer(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /** Leaves no timer and no listener. */
  end(): void {
    this.stopTimer();
    this.events.signal?.removeEventListener("abort", this.#onAbort);
    this.cleanup?.();
    this.cleanup = undefined;
    this.closeBody?.();
    this.closeBody = undefined;
  }

  /** Waits also for the end of the attempt, for a fetch or a stream that may ignore its signal. */
  guard<T>(promise: Promise<T>): Promise<T> {
    if (!this.#controller) return promise;
    return new Promise((resolve, reject) => {
      this.#stop = reject;
      if (this.#ended) reject(this.#ended.error);
      promise.then(resolve, reject);
    });
  }

  /** The same for what a custom fetch gives; the runtime's own keeps to its signal. */
  guardCustom<T>(promise: Promise<T>): Promise<T> {
    return this.events.fetch ? this.guard(promise) : promise;
  }

  /** The error to throw for what fetch or its body threw. */
  explain(error: unknown): unknown {
    if (this.#ended) return this.#ended.error;
    if (this.bodyFailure) return this.bodyFailure.error;
    return errorOfFetch(this, error);
  }

  #finish(error: unknown): void {
    this.#ended ??= { error };
    this.#controller?.abort(error);
    this.#stop?.(error);
  }

  readonly #onAbort = (): void => {
    this.#finish(this.events.signal?.reason);
  };

  readonly #onTimeout = (): void => {
    const { request } = this;
    const { method, url } = request;
    this.#finish(
      new TimeoutError(`${this.#waitedFor()}${loopbackHint(url)}`, {
        phase: "attempt",
        request: { method, url: maskUrl(url, request.redact) },
      }),
    );
  };

  #waitedFor(): string {
    const { request, response, received } = this;
    const limit = `within ${request.timeout} ms`;
    if (!response) {
      return `Cannot reach ${describe(request, request.redact)}: no response headers ${limit}`;
    }
    const state = received === undefined
      ? `its ${response.headers.get("content-length")} bytes did not arrive ${limit}`
      : request.stream
      ? `no more data ${limit} (${received} bytes received)`
      : `not complete ${limit} (${received} bytes received)`;
    return `Cannot read the body of ${describe(request, request.redact)}: ${state}`;
  }
}

const LOOPBACK = /^(?:localhost|.*\.localhost|127(?:\.\d+){3}|\[::1\]|0\.0\.0\.0|\[::\])$/;

function loopbackHint(url: string): string {
  const host = URL.canParse(url) ? new URL(url).hostname : "";
  return LOOPBACK.test(host)
    ? "; note that a server on the calling thread cannot answer a synchronous call"
    : "";
}
