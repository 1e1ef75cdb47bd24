import { describe } from "../errors.ts";
import { AxResponse, type ResponseInit } from "../http/response.ts";
import type { StreamBody } from "./stream_body.ts";

const NOTHING = new Uint8Array(0);

/**
 * A response whose body is still on its way: what interceptors and middleware see of a stream.
 * They have status and headers; the body is for the one who made the call.
 */
export class StreamedResponse extends AxResponse<undefined> {
  readonly #stream: StreamBody;

  /**
   * Makes one of a response and where its body is read.
   *
   * @param head What it answers to status and headers with.
   * @param stream The body.
   */
  constructor(head: StreamedHead, stream: StreamBody) {
    const { status, statusText, url, redirected, headers, request } = head;
    const { redact } = stream.origin;
    super({
      ...{ status, statusText, url, redirected, headers, request, redact },
      body: NOTHING,
      data: undefined,
    });
    this.#stream = stream;
  }

  /** The body of a streamed response. */
  static bodyOf(response: StreamedResponse): StreamBody {
    return response.#stream;
  }

  /** Refuses: the body is not there. */
  override json<U = unknown>(): U {
    return this.#refuse("json");
  }

  /** Refuses: the body is not there. */
  override text(): string {
    return this.#refuse("text");
  }

  /** Refuses: the body is not there. */
  override bytes(): Uint8Array<ArrayBuffer> {
    return this.#refuse("bytes");
  }

  #refuse(method: string): never {
    const { request, redact } = this.#stream.origin;
    throw new TypeError(
      `Cannot use "${method}()" on the response to ${describe(request, redact)}: its body is ` +
        `streamed; iterate the result of the call ("iterBytes", "iterLines", …) or use its "read()"`,
    );
  }
}

/** What a streamed response takes from what was received. */
export type StreamedHead = Pick<
  ResponseInit<unknown>,
  "status" | "statusText" | "url" | "redirected" | "headers" | "request"
>;
