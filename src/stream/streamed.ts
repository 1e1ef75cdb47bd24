import { describe } from "../mask.ts";
import { AxResponse, type ResponseInit } from "../http/response.ts";
import type { StreamBody } from "./body.ts";

/**
 * A response whose body is still on its way: what interceptors and middleware see of a stream.
 * They have status and headers; the body is for the one who made the call.
 */
export class StreamedResponse extends AxResponse<undefined> {
  readonly #stream: StreamBody;

  /**
   * Makes one of a response and where its body is read.
   *
   * @param head Its status, headers, and request.
   * @param stream Where its body is read.
   */
  constructor(head: Omit<ResponseInit<undefined>, "body" | "data">, stream: StreamBody) {
    const refuse = (): never => {
      throw new TypeError(
        `Cannot read the body of the response to ${describe(stream.origin.request)} here: it is ` +
          `streamed; iterate the result of the call ("iterBytes", "iterLines", …) or use its "read()"`,
      );
    };
    super({ ...head, body: refuse, data: undefined } satisfies ResponseInit<undefined> as never);
    this.#stream = stream;
  }

  /** The body of a streamed response. */
  static bodyOf(response: StreamedResponse): StreamBody {
    return response.#stream;
  }
}
