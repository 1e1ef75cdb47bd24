import { describe } from "../errors.ts";
import { AxResponse, type ResponseInit } from "../http/response.ts";
import type { StreamBody } from "./stream_body.ts";

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
    const { request, redact } = stream.origin;
    const refuse = (): never => {
      throw new TypeError(
        `Cannot read the body of the response to ${describe(request, redact)} here: it is ` +
          `streamed; iterate the result of the call ("iterBytes", "iterLines", …) or use its "read()"`,
      );
    };
    const { status, statusText, url, redirected, headers } = head;
    super({
      ...{ status, statusText, url, redirected, headers, request, redact },
      body: refuse,
      data: undefined,
    });
    this.#stream = stream;
  }

  /** The body of a streamed response. */
  static bodyOf(response: StreamedResponse): StreamBody {
    return response.#stream;
  }
}

/** What a streamed response takes from what was received. */
export type StreamedHead = Pick<
  ResponseInit<unknown>,
  "status" | "statusText" | "url" | "redirected" | "headers"
>;
