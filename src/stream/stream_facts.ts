import type { SentRequest } from "../http/request.ts";
import type { Timings } from "../http/response.ts";

/** What every stream tells before its body is read; the body is read once. */
export interface StreamFacts {
  /** The HTTP status. */
  readonly status: number;
  /** The reason phrase; empty in HTTP/2. */
  readonly statusText: string;
  /** Whether the status is one of success, 200 to 299. */
  readonly ok: boolean;
  /** The URL that answered, after redirects. */
  readonly url: string;
  /** Whether a redirect was followed. */
  readonly redirected: boolean;
  /** The response headers. */
  readonly headers: Headers;
  /** What was sent. */
  readonly request: SentRequest;
  /** How many attempts the call took, this one included. */
  readonly attempts: number;
  /** When the call happened; it ended when the headers were there. */
  readonly timings: Timings;

  /**
   * Throws unless the status is one of success; for calls with `validateStatus: false`. The stream
   * stays open.
   *
   * @returns This stream.
   * @throws {HTTPStatusError} If the status is not 200 to 299.
   */
  raiseForStatus(): this;

  /**
   * Gives the rest of the body up and frees the connection. A read that is under way ends with a
   * `CancelError`.
   */
  close(): void;

  /** `close`, for `using`. */
  [Symbol.dispose](): void;

  /**
   * The head with secrets masked, for logs.
   *
   * @returns A record that `JSON.stringify` takes.
   */
  toJSON(): Record<string, unknown>;
}
