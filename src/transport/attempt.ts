import { type Deadline, startDeadline } from "../runtime/deadline.ts";
import type { Failure } from "./failure.ts";
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

/** Makes what an attempt rejects with: the error, or in the I/O worker the facts. */
export type Explain = (request: WireRequest, failure: Failure, custom: boolean) => unknown;

/** One attempt while it runs: its limit in time, its caller's signal, and what ended it. */
export class Attempt {
  readonly request: WireRequest;
  readonly events: FetchEvents;
  /** How many bytes of the body have arrived, or `undefined` where the runtime counts. */
  received: number | undefined = undefined;
  /** The response that is being read. */
  response: Response | undefined = undefined;
  /** Its `content-length`. */
  length: string | undefined = undefined;
  /** Its `content-encoding`. */
  encoding: string | undefined = undefined;
  /** What a body of the user's came to while it was sent; fetch throws something else. */
  bodyFailure: Failure | undefined = undefined;
  /** Counts the request body. */
  upload: ProgressMeter | undefined = undefined;
  /** Lets a streamed request body clean up. */
  closeBody: (() => void) | undefined = undefined;
  /** How to reach the network, where `network` says so. */
  route: Route | undefined = undefined;
  /** Frees what this attempt alone uses. */
  cleanup: (() => void) | undefined = undefined;
  readonly #explain: Explain;
  readonly #controller: AbortController | undefined;
  #timer: Deadline | undefined;
  #ended: { readonly error: unknown } | undefined;
  #stop: ((error: unknown) => void) | undefined;

  constructor(request: WireRequest, events: FetchEvents, explain: Explain) {
    this.request = request;
    this.events = events;
    this.#explain = explain;
    if (request.timeout === false && !events.signal) return;
    this.#controller = new AbortController();
    events.signal?.addEventListener("abort", this.#onAbort);
    this.startTimer();
  }

  /** The signal for fetch: an own one, because fetch leaves listeners on what it is given. */
  get signal(): AbortSignal | null {
    return this.#controller?.signal ?? null;
  }

  /** How many bytes will arrive; an encoded body says nothing, as it is decoded meanwhile. */
  get declared(): number | undefined {
    const { length = "", encoding } = this;
    return encoding === undefined && /^\d+$/.test(length) ? Number(length) : undefined;
  }

  /** Takes the response. */
  open(response: Response): void {
    this.response = response;
    this.length = response.headers.get("content-length") ?? undefined;
    this.encoding = response.headers.get("content-encoding") ?? undefined;
    this.upload?.finish();
  }

  /** What ended it, other than its answer. */
  get ended(): { readonly error: unknown } | undefined {
    return this.#ended;
  }

  /** Ends it, unless it has ended; returns what to throw. */
  fail(failure: Failure): unknown {
    if (!this.#ended) {
      const { request, response, received, length, encoding, events } = this;
      const facts = { ...failure, responded: response !== undefined, received, length, encoding };
      const error = this.#explain(request, facts, events.fetch !== undefined);
      this.#ended = { error };
      this.#controller?.abort(error);
      this.#stop?.(error);
    }
    return this.#ended.error;
  }

  /** What to throw for what fetch or its body threw. */
  explain(thrown: unknown): unknown {
    return this.fail(this.bodyFailure ?? { why: "fetch", thrown });
  }

  /** Tells how far a body has come; what the listener throws ends the attempt as it is. */
  report(progress: WireProgress): void {
    try {
      this.events.onProgress?.(progress);
    } catch (thrown) {
      throw this.fail({ why: "given", thrown });
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

  readonly #onAbort = (): void => {
    this.fail({ why: "given", thrown: this.events.signal?.reason });
  };

  readonly #onTimeout = (): void => {
    this.fail({ why: "timeout" });
  };
}
