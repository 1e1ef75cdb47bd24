import { BodySizeError, describe, errorRequest } from "../errors.ts";
import { createByteDecoder, joinChunks } from "../http/chunks.ts";
import { createJSONLinesDecoder, createLineDecoder, createTextDecoder } from "../http/lines.ts";
import { EventItems, type EventOptions } from "./event_items.ts";
import type { Flow, Operation } from "./flow.ts";
import { flowItems, ItemReader, type Items } from "./items.ts";
import { collect, type StreamBody } from "./stream_body.ts";
import type { StreamFacts } from "./stream_facts.ts";
import { StreamedResponse } from "./streamed.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** How a call style hands items out and runs flows. */
export interface StreamStyle {
  items<T>(items: Items<T>): unknown;
  run<T>(flow: Flow<T>): unknown;
}

const FACTS = [
  "status",
  "statusText",
  "ok",
  "url",
  "redirected",
  "headers",
  "request",
  "attempts",
  "timings",
] as const;

type Fact = typeof FACTS[number];

/**
 * What a call with `stream: true` gives, in each style: what is known of the response, and the ways
 * to read its body. Nothing is read before the first item is asked for. The types that users see
 * are `StreamResponse`, `SyncStreamResponse` and `FlowStream`.
 */
export class StreamHandle implements Omit<StreamFacts, Fact | "raiseForStatus"> {
  readonly #response: StreamedResponse;
  readonly #body: StreamBody;
  readonly #style: StreamStyle;

  constructor(response: StreamedResponse, style: StreamStyle) {
    this.#response = response;
    this.#body = StreamedResponse.bodyOf(response);
    this.#style = style;
  }

  static {
    for (const name of FACTS) {
      Object.defineProperty(this.prototype, name, {
        get(this: StreamHandle): unknown {
          return this.#response[name];
        },
      });
    }
  }

  /** The response behind a stream, or nothing for any other value. */
  static responseOf(value: unknown): StreamedResponse | undefined {
    return typeof value === "object" && value !== null && #response in value
      ? value.#response
      : undefined;
  }

  iterBytes(chunkSize?: number): unknown {
    return this.#style.items(new ByteReader(this.#response, createByteDecoder(chunkSize)));
  }

  iterText(): unknown {
    return this.#style.items(new ItemReader(this.#response, createTextDecoder(this.#type)));
  }

  iterLines(): unknown {
    return this.#style.items(new ItemReader(this.#response, createLineDecoder(this.#type)));
  }

  iterJSON(): unknown {
    return this.#style.items(new ItemReader(this.#response, createJSONLinesDecoder(this.#type)));
  }

  iterEvents(options?: EventOptions): unknown {
    return this.#style.items(new EventItems(this.#response, options));
  }

  read(): unknown {
    return this.#style.run(this.#read());
  }

  raiseForStatus(): this {
    this.#response.raiseForStatus();
    return this;
  }

  close(): void {
    this.#body.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  toJSON(): Record<string, unknown> {
    return this.#response.toJSON();
  }

  get #type(): string | null {
    return this.#response.headers.get("content-type");
  }

  /** The rest as one piece: all of it, or what bytes that were read before have left. */
  *#read(): Generator<Operation, Bytes, unknown> {
    const { reader, closed, origin: { maxRead, request, redact } } = this.#body;
    const partly = reader instanceof ByteReader && !reader.over && !closed;
    const items = partly ? reader : new ByteReader(this.#response, createByteDecoder());
    const { chunks, size } = yield* collect(() => flowItems(items).next(), maxRead || Infinity);
    if (maxRead === false || size <= maxRead) return joinChunks(chunks, size);
    const error = new BodySizeError(
      `Cannot read the body of ${describe(request, redact)}: larger than ${maxRead} bytes`,
      { request: errorRequest(request, redact), redact },
    );
    this.#body.fail(error);
    throw error;
  }
}

/** Bytes; what one reader of them leaves, `read` can have. */
class ByteReader extends ItemReader<Bytes> {}
