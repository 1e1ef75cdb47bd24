import type { Attachments, HttpRequest, HttpResponse, Settle, Stop } from "../http/message.ts";
import type { InvokeOperation } from "./flow.ts";
import type { StartFlow } from "./scheduler.ts";

/** Options that may be async functions, or hold objects with such methods. */
export const REGISTERED_OPTIONS = [
  "transformRequest",
  "transformResponse",
  "retryOn",
  "onRetry",
  "paramsSerializer",
  "fetch",
  "context",
] as const;

/**
 * What runs `async` user functions for a thread that is blocked. An entry brings it or does
 * without; nothing else knows how it works.
 */
export interface AsyncFunctions {
  /**
   * The place of a client among those that its module makes.
   *
   * @throws {TypeError} If the module is no URL.
   */
  identify(module: string): Identity;
  /**
   * In the thread that runs such functions, while modules load: what throws before a call of a
   * client that is made now, until they have loaded. Elsewhere `undefined`.
   */
  loadingGuard(): (() => void) | undefined;
  /** Why this thread may not block: it runs such a function itself. Elsewhere `undefined`. */
  blockingGuard(): (() => never) | undefined;
  /** Runs a function while this thread is blocked. */
  invoke(
    operation: InvokeOperation,
    timeoutMs: number | false,
    start: StartFlow,
    settle: Settle<unknown>,
  ): Stop;
  /** Sends with the user's own `fetch` while this thread is blocked. */
  send(request: HttpRequest, attachments: Attachments, settle: Settle<HttpResponse>): Stop;
  /** Milliseconds until the first function runs out of time. */
  remaining(): number;
  /** Ends the functions that have run out of time. */
  expire(): void;
  /** Lets go of the thread, with the last open client. */
  stop(): void;
}

/** A client as its module knows it: what it registers is found again in the module's twin. */
export interface Identity {
  /** The identity of the next child. */
  child(): Identity;
  /** Registers a function, or the async methods of an object, under its place on the client. */
  register(place: string, value: unknown): void;
}
