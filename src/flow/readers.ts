import { BodySizeError, describe, errorRequest } from "../errors.ts";
import { createByteDecoder, createTextDecoder, joinChunks } from "../http/chunks.ts";
import type { ServerSentEvent } from "../http/events.ts";
import { createJSONLinesDecoder, createLineDecoder } from "../http/lines.ts";
import { EventItems, type EventOptions } from "./event_items.ts";
import type { Operation } from "./flow.ts";
import { ItemReader, type Items } from "./items.ts";
import type { StreamBody } from "./stream_body.ts";
import { StreamedResponse } from "./streamed.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** The ways to read a streamed body, as flows; nothing is read before the first item is asked for. */
export class Readers {
  readonly #response: StreamedResponse;
  readonly #body: StreamBody;

  constructor(response: StreamedResponse) {
    this.#response = response;
    this.#body = StreamedResponse.bodyOf(response);
  }

  get #type(): string | null {
    return this.#response.headers.get("content-type");
  }

  bytes(chunkSize?: number): ByteItems {
    return new ByteItems(this.#response, createByteDecoder(chunkSize));
  }

  text(): Items<string> {
    return new ItemReader(this.#response, createTextDecoder(this.#type));
  }

  lines(): Items<string> {
    return new ItemReader(this.#response, createLineDecoder({ contentType: this.#type }));
  }

  json<T>(): Items<T> {
    const decoder = createJSONLinesDecoder({ contentType: this.#type });
    return new ItemReader(this.#response, decoder) as Items<unknown> as Items<T>;
  }

  events(options?: EventOptions): Items<ServerSentEvent> {
    return new EventItems(this.#response, options);
  }

  /** The rest as one piece: all of it, or what bytes that were read before have left. */
  *read(): Generator<Operation, Bytes, unknown> {
    const body = this.#body;
    const { reader } = body;
    const partly = reader instanceof ByteItems && !reader.over && !body.closed;
    const items = partly ? reader : this.bytes();
    const { maxRead, request, redact } = body.origin;
    const chunks: Bytes[] = [];
    let size = 0;
    for (let chunk = yield* items.next(); chunk; chunk = yield* items.next()) {
      chunks.push(chunk);
      size += chunk.byteLength;
      if (maxRead === false || size <= maxRead) continue;
      const error = new BodySizeError(
        `Cannot read the body of ${describe(request, redact)}: larger than ${maxRead} bytes`,
        { request: errorRequest(request, redact), redact },
      );
      body.fail(error);
      throw error;
    }
    return joinChunks(chunks, size);
  }
}

/** Bytes; what one reader of them leaves, `read` can have. */
export class ByteItems extends ItemReader<Bytes> {}
