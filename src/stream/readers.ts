import { describe } from "../mask.ts";
import { BodySizeError, DecodeError } from "../errors.ts";
import type { Flow, Operation } from "../flow/flow.ts";
import { type ChunkDecoder, ChunkList, createByteDecoder } from "../http/chunks.ts";
import { createJSONLinesDecoder, createLineDecoder, createTextDecoder } from "../http/lines.ts";
import type { AxResponse } from "../http/response.ts";
import { end, FLOW_STYLE, type Items } from "./items.ts";
import { type StreamBody, StreamedResponse } from "./body.ts";

/**
 * How much is decoded at once, up to the end of a line. What is alive while V8 collects young
 * objects, such as a text and the lines that were cut from it, makes it give them more room for
 * good, in the end three times 16 MiB.
 */
const SLICE_BYTES = 8 * 1024;
const LF = 10;

/** Reads chunks until the decoder has an item. */
export class ItemReader<T> implements Items<T> {
  /** The body that is read. */
  readonly body: StreamBody;
  /** The response that it came with. */
  readonly response: StreamedResponse;
  #decoder: ChunkDecoder<T>;
  #items: Iterator<T> | undefined;
  /** What of the chunk is still to be decoded. */
  #left: Uint8Array | undefined;
  #ended = false;
  /** Whether the decoder keeps no chunk. */
  protected readonly reuse: boolean = true;

  /** Makes one of the response whose body is read, and of what makes items of its chunks. */
  constructor(response: StreamedResponse, decoder: ChunkDecoder<T>) {
    this.response = response;
    this.body = StreamedResponse.bodyOf(response);
    this.#decoder = decoder;
  }

  /** Whether the last item was given out. */
  get over(): boolean {
    return this.#ended && !this.#items;
  }

  ready(): IteratorYieldResult<T> | undefined {
    try {
      while (this.#items && !this.body.stopped) {
        const step = this.#items.next();
        if (!step.done) return step;
        this.#decode();
      }
    } catch (error) {
      throw this.#fail(error);
    }
    this.#items = undefined;
    return undefined;
  }

  *advance(): Generator<Operation, IteratorResult<T, undefined>, unknown> {
    this.body.take(this, this.reuse);
    for (;;) {
      const item = this.ready();
      if (item) return item;
      if (this.#ended) return end();
      const chunk = this.#left = yield* this.body.chunk();
      this.#ended = !chunk;
      try {
        if (chunk) this.#decode();
        else this.#items = this.#decoder()[Symbol.iterator]();
      } catch (error) {
        throw this.#fail(error);
      }
    }
  }

  /** Goes on to what is left of the chunk. */
  #decode(): void {
    let slice = this.#left;
    this.#left = undefined;
    if (this.reuse && slice && slice.byteLength > SLICE_BYTES) {
      const size = slice.lastIndexOf(LF, SLICE_BYTES - 1) + 1 || SLICE_BYTES;
      this.#left = slice.subarray(size);
      slice = slice.subarray(0, size);
    }
    this.#items = slice && this.#decoder(slice)[Symbol.iterator]();
  }

  /** Goes on with the body after its end, with another decoder. */
  restart(decoder: ChunkDecoder<T>): void {
    this.#decoder = decoder;
    this.#items = undefined;
    this.#ended = false;
  }

  close(): void {
    this.body.close();
  }

  #fail(cause: unknown): unknown {
    const error = this.#explain(cause);
    this.body.fail(error);
    return error;
  }

  /** Pure decoders throw what the language has; callers get the errors of the package. */
  #explain(error: unknown): unknown {
    if (!(error instanceof SyntaxError) && !(error instanceof RangeError)) return error;
    const { request } = this.body.origin;
    const { message, cause } = error;
    const place = ` (in the response to ${describe(request)}`;
    const facts = { request, response: this.response, ...cause !== undefined && { cause } };
    if (error instanceof RangeError) return new BodySizeError(`${message}${place})`, facts);
    return new DecodeError(`${message}${place}, ${typeOf(this.response)})`, facts);
  }
}

const MAX_TYPE_LENGTH = 100;

/** Names the content type of a response in messages. */
export function typeOf({ headers }: AxResponse): string {
  const type = headers.get("content-type");
  if (type === null) return "without a content type";
  return `content type ${JSON.stringify(type.slice(0, MAX_TYPE_LENGTH))}`;
}

type Bytes = Uint8Array<ArrayBuffer>;

/** Bytes; what one reader of them leaves, `read` can have. */
export class ByteReader extends ItemReader<Bytes> {
  protected override readonly reuse: boolean = false;

  /** The rest of a body: all of it, or what bytes that were read before have left. */
  static rest(response: StreamedResponse): ByteReader {
    const { reader, closed } = StreamedResponse.bodyOf(response);
    const partly = reader instanceof ByteReader && !reader.over && !closed;
    return partly ? reader : readBytes(response);
  }
}

/** The body in bytes, as they come or in pieces of that size. */
export function readBytes(response: StreamedResponse, chunkSize?: number): ByteReader {
  return new ByteReader(response, createByteDecoder(chunkSize));
}

/** The body as text. */
export function readText(response: StreamedResponse): Items<string> {
  return new ItemReader(response, createTextDecoder(response.headers.get("content-type")));
}

/** The lines of the body. */
export function readLines(response: StreamedResponse): Items<string> {
  return new ItemReader(response, createLineDecoder(response.headers.get("content-type")));
}

/** The values of newline-delimited JSON. */
export function readJSON<T>(response: StreamedResponse): Items<T> {
  const { parseJSON } = StreamedResponse.bodyOf(response).origin;
  const parse = parseJSON && ((text: string) => parseJSON(text, { response }));
  const type = response.headers.get("content-type");
  return new ItemReader(response, createJSONLinesDecoder(type, parse) as ChunkDecoder<T>);
}

/** Chunks until the end, or until they are more than `max` bytes. */
export function* collect(
  next: () => Flow<Uint8Array | undefined>,
  max: number,
): Generator<Operation, ChunkList, unknown> {
  const chunks = new ChunkList();
  while (chunks.size <= max) {
    const chunk = yield* next();
    if (!chunk) break;
    chunks.add(chunk);
  }
  return chunks;
}

/** The rest as one piece. */
export function* readRest(response: StreamedResponse): Generator<Operation, Bytes, unknown> {
  const items = ByteReader.rest(response);
  const { body } = items;
  const { maxReadBytes, request } = body.origin;
  const flows = FLOW_STYLE.items(items);
  const chunks = yield* collect(() => flows.next(), maxReadBytes || Infinity);
  if (maxReadBytes === false || chunks.size <= maxReadBytes) return chunks.join();
  const error = new BodySizeError(
    `Cannot read the body of ${describe(request)}: larger than ${maxReadBytes} bytes`,
    { request },
  );
  body.fail(error);
  throw error;
}
