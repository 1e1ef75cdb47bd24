import type {
  Attachments,
  HeaderPairs,
  HttpRequest,
  HttpResponse,
  Settle,
  Stop,
} from "../http/message.ts";

/**
 * What carries a request and brings its response: fetch, Node's dispatcher, the bridge to the
 * worker, a user's transport, XMLHttpRequest. A port settles once: from inside `start`, or later
 * from an event (awaited calls) or while the thread waits (blocking ones).
 */
export interface Port {
  /**
   * Starts to send.
   *
   * @param request What to send.
   * @param attachments What of it is no data.
   * @param settle Told the response, or the error.
   * @returns Aborts it on the wire; then it settles no more.
   * @throws What is wrong with the request before anything is sent.
   */
  start(request: HttpRequest, attachments: Attachments, settle: Settle<HttpResponse>): Stop;
}

/** Whether, and how, this thread makes sync calls. */
export interface SyncSupport {
  /** Whether `getSync` and the like work here. */
  readonly supported: boolean;
  /** What carries them: a worker thread, synchronous XMLHttpRequest, or the client's `transport`. */
  readonly via?: "worker" | "xhr" | "transport";
  /** Why not, as a sentence without its period. */
  readonly reason?: string;
}

/** The port of sync calls, and how their thread blocks for it. */
export interface BlockingPort extends Port {
  /** Whether it can carry anything on this thread. */
  support(): SyncSupport;
  /** Blocks until something was settled, at most that many milliseconds. */
  wait(ms: number): void;
  /** Starts what it needs early; resolves when that is ready. */
  warm(): Promise<void>;
  /** Counts one more open client. */
  retain(): void;
  /** Counts one open client less; whether it was the last: then the port lets go of its threads. */
  release(): boolean;
}

/** The head of a response, as a carrier gives it. */
export interface Head {
  readonly status: number;
  readonly statusText: string;
  readonly url: string;
  readonly redirected: boolean;
  readonly headers: HeaderPairs | Headers;
}

/** The body of a response, as a carrier gives it: decoded, not counted, not limited in time. */
export interface CarrierBody {
  /** The next chunk, `undefined` at the end; may settle at once. */
  next(settle: Settle<Uint8Array | undefined>): void;
  /** All of it in one go, where the runtime sees to it that it is no more than `declared`. */
  readonly whole?: ((settle: Settle<Uint8Array>) => void) | undefined;
  /** See `BodySource`. */
  reuse?(): boolean;
  /** Gives it up and frees the connection. */
  cancel(reason?: unknown): void;
}
