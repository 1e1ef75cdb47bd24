import type { Timings } from "../http/response.ts";
import type { SentRequest } from "../http/request.ts";
import { StreamedResponse } from "./streamed.ts";

/** What every stream tells before its body is read; the body is read once. */
export class StreamFacts {
  readonly #response: StreamedResponse;

  /**
   * Makes the facts of a response; calls with `stream: true` do so.
   *
   * @param response The response whose body is on its way.
   */
  constructor(response: StreamedResponse) {
    this.#response = response;
  }

  /** The response behind a stream, or nothing for any other value. */
  static responseOf(value: unknown): StreamedResponse | undefined {
    return typeof value === "object" && value !== null && #response in value
      ? value.#response
      : undefined;
  }

  /** The HTTP status. */
  get status(): number {
    return this.#response.status;
  }

  /** The reason phrase; empty in HTTP/2. */
  get statusText(): string {
    return this.#response.statusText;
  }

  /** Whether the status is one of success, 200 to 299. */
  get ok(): boolean {
    return this.#response.ok;
  }

  /** The URL that answered, after redirects. */
  get url(): string {
    return this.#response.url;
  }

  /** Whether a redirect was followed. */
  get redirected(): boolean {
    return this.#response.redirected;
  }

  /** The response headers. */
  get headers(): Headers {
    return this.#response.headers;
  }

  /** What was sent. */
  get request(): SentRequest {
    return this.#response.request;
  }

  /** How many attempts the call took, this one included. */
  get attempts(): number {
    return this.#response.attempts;
  }

  /** When the call happened; it ended when the headers were there. */
  get timings(): Timings {
    return this.#response.timings;
  }

  /**
   * Throws unless the status is one of success; for calls with `validateStatus: false`. The stream
   * stays open.
   *
   * @returns This stream.
   * @throws {HTTPStatusError} If the status is not 200 to 299.
   */
  raiseForStatus(): this {
    this.#response.raiseForStatus();
    return this;
  }

  /**
   * Gives the rest of the body up and frees the connection. A read that is under way ends with a
   * `CancelError`.
   */
  close(): void {
    StreamedResponse.bodyOf(this.#response).close();
  }

  /** `close`, for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }

  /**
   * The head with secrets masked, for logs.
   *
   * @returns A record that `JSON.stringify` takes.
   */
  toJSON(): Record<string, unknown> {
    return this.#response.toJSON();
  }
}
