import { isAxError } from "../ax_error.ts";
import { describe } from "../mask.ts";
import { BodySizeError, DecodeError, type TimeoutError } from "../errors.ts";
import type { Flow, Operation } from "../flow/flow.ts";
import { type ChunkDecoder, ChunkList, createByteDecoder } from "../http/chunks.ts";
import { parseContentType } from "../http/decode.ts";
import { createEventDecoder, type EventStreamState, type ServerSentEvent } from "../http/lines.ts";
import { checkNames } from "../http/pairs.ts";
import type { AxResponse } from "../http/response.ts";
import { type StreamBody, StreamedResponse } from "./body.ts";
import { end, FLOW_STYLE, type Items } from "./items.ts";

/**
 * How much is decoded at once, up to the end of a line. What is alive while V8 collects young
 * objects, such as a text and the lines that were cut from it, makes it give them more room for
 * good, in the end three times 16 MiB.
 */
const SLICE_BYTES = 8 * 1024;
const LF = 10;

/** Reads chunks until the decoder has an item. */
export class ItemReader<T> implements Items<T> {
  readonly body: StreamBody;
  readonly response: StreamedResponse;
  /** Whether no chunk is kept. */
  readonly #reuse: boolean;
  readonly #sliceBytes: number;
  #decoder: ChunkDecoder<T>;
  #items: Iterator<T> | undefined;
  /** What of the chunk is still to be decoded. */
  #left: Uint8Array | undefined;
  #ended = false;

  constructor(
    response: StreamedResponse,
    decoder: ChunkDecoder<T>,
    reuse = true,
    sliceBytes: number = SLICE_BYTES,
  ) {
    this.response = response;
    this.body = StreamedResponse.bodyOf(response);
    this.#decoder = decoder;
    this.#reuse = reuse;
    this.#sliceBytes = sliceBytes;
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
      this.#fail(error);
    }
    this.#items = undefined;
    return undefined;
  }

  *advance(): Generator<Operation, IteratorResult<T, undefined>, unknown> {
    this.body.take(this, this.#reuse);
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
        this.#fail(error);
      }
    }
  }

  /** Goes on to what is left of the chunk. */
  #decode(): void {
    let slice = this.#left;
    this.#left = undefined;
    const most = this.#sliceBytes;
    if (slice && slice.byteLength > most) {
      const size = slice.lastIndexOf(LF, most - 1) + 1 || most;
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

  /** Pure decoders throw what the language has; callers get the errors of the package. */
  #fail(error: unknown): never {
    const { body: { request }, response } = this;
    let told = error;
    if (error instanceof SyntaxError || error instanceof RangeError) {
      const { message, cause } = error;
      const place = `${message} (in the response to ${describe(request)}`;
      const facts = { request, response, ...cause !== undefined && { cause } };
      told = error instanceof RangeError
        ? new BodySizeError(`${place})`, facts)
        : new DecodeError(`${place}, ${typeOf(response)})`, facts);
    }
    this.body.fail(told);
    throw told;
  }
}

const MAX_TYPE_LENGTH = 100;

/** Names the content type of a response in messages. */
function typeOf({ headers }: AxResponse): string {
  const type = headers.get("content-type");
  if (type === null) return "without a content type";
  return `content type ${JSON.stringify(type.slice(0, MAX_TYPE_LENGTH))}`;
}

type Bytes = Uint8Array<ArrayBuffer>;

/** Bytes, as they come or in pieces of a size; what one reader of them leaves, `read` can have. */
export class ByteReader extends ItemReader<Bytes> {
  constructor(response: StreamedResponse, chunkSize?: number, copied = false) {
    super(response, createByteDecoder(chunkSize), copied, Infinity);
  }

  /**
   * The rest of a body: all of it, or what bytes that were read before have left.
   *
   * @param copied Whether each chunk is, before the next one is asked for.
   */
  static rest(response: StreamedResponse, copied?: boolean): ByteReader {
    const { reader, closed } = StreamedResponse.bodyOf(response);
    const partly = reader instanceof ByteReader && !reader.over && !closed;
    return partly ? reader : new ByteReader(response, undefined, copied);
  }
}

/** Chunks until the end, or until they are more than `max` bytes. */
export function* collect(
  next: () => Flow<Uint8Array | undefined>,
  max: number,
  chunks: ChunkList = new ChunkList(),
): Generator<Operation, ChunkList, unknown> {
  while (chunks.size <= max) {
    const chunk = yield* next();
    if (!chunk) break;
    chunks.add(chunk);
  }
  return chunks;
}

/** The most that is made room for because a server says so. */
const MAX_EXPECTED_BYTES = 256 * 1024 * 1024;

/** The rest as one piece. */
export function* readRest(response: StreamedResponse): Generator<Operation, Bytes, unknown> {
  const body = StreamedResponse.bodyOf(response);
  const { request, rules: { maxResponseSize } } = body;
  const max = maxResponseSize === false ? Infinity : maxResponseSize;
  const { headers } = response;
  // Of a body that was read before, the rest is less.
  const isWhole = !body.reader && !headers.has("content-encoding");
  const length = isWhole ? Number(headers.get("content-length")) : 0;
  const expected = length <= Math.min(max, MAX_EXPECTED_BYTES) ? Math.trunc(length) : 0;
  const flows = FLOW_STYLE.items(ByteReader.rest(response, expected > 0));
  const chunks = yield* collect(() => flows.next(), max, new ChunkList(expected));
  if (chunks.size <= max) return chunks.join();
  const error = new BodySizeError(
    `Cannot read the body of ${describe(request)}: larger than ${maxResponseSize} bytes`,
    { request },
  );
  body.fail(error);
  throw error;
}

/** Options of `iterEvents`. */
export interface EventOptions {
  /**
   * Whether the request is sent again when the connection ends or breaks, after the time that the
   * server named by `retry` (3 seconds without; at least 100 ms, at most an hour), with
   * `Last-Event-ID` and `accept: text/event-stream`. It goes through the whole client again. A
   * status of 204 ends the events; a refused status and another content type are thrown.
   *
   * Only requests that may be sent twice: of a method that `retryMethods` lists, or with an
   * `idempotency-key` header; anything else is a `TypeError`.
   *
   * @default {false}
   */
  reconnect?: boolean | undefined;
  /**
   * How many reconnects may follow each other without an event between them. Then the events end,
   * or the error of the last one is thrown.
   *
   * @default {Infinity}
   */
  maxReconnects?: number | undefined;
  /**
   * Whether a body of any content type is read; else one that is not `text/event-stream` is a
   * `DecodeError`.
   *
   * @default {false}
   */
  anyType?: boolean | undefined;
}

/** The HTML standard leaves it at "a few seconds". */
const RECONNECT_MS = 3_000;
/** A server that asks for less would have its requests in a loop. */
const MIN_RECONNECT_MS = 100;
const MAX_RECONNECT_MS = 3_600_000;

/** Server-sent events, over one connection or as many as it takes. */
export class EventItems extends ItemReader<ServerSentEvent> {
  readonly #state: EventStreamState;
  readonly #anyType: boolean;
  #checked = false;
  /** How many reconnects may follow each other, and how many did. */
  #allowed: number;
  #made = 0;

  constructor(response: StreamedResponse, options: EventOptions = {}) {
    checkNames(options, ["reconnect", "maxReconnects", "anyType"], '"iterEvents"');
    const { reconnect = false, maxReconnects = Infinity, anyType = false } = options;
    if (!(maxReconnects >= 0)) {
      throw new RangeError(
        `Cannot read events: "maxReconnects" must be 0 or more, got ${maxReconnects}`,
      );
    }
    const state = { id: "", resumeId: "" };
    super(response, createEventDecoder(state));
    this.#state = state;
    this.#anyType = anyType;
    this.#allowed = reconnect ? maxReconnects : 0;
    const { resend, request } = this.body;
    const refusal = reconnect ? resend.refusal() : undefined;
    if (refusal === undefined) return;
    throw new TypeError(`Cannot reconnect the events of ${describe(request)}: ${refusal}`);
  }

  override *advance(): Generator<Operation, IteratorResult<ServerSentEvent, undefined>, unknown> {
    this.body.take(this, true);
    for (let again = false;; again = true) {
      try {
        if (again) yield* this.#reconnect();
        else this.#check(this.response);
        const step = yield* super.advance();
        if (!step.done) this.#made = 0;
        else if (this.#made < this.#allowed) continue;
        return step;
      } catch (error) {
        if (!isLost(error) || this.#made >= this.#allowed) throw error;
      }
    }
  }

  /** Looks whether a response brings events: what has none is over, as the HTML standard says. */
  #check(response: AxResponse): void {
    if (this.#checked) return;
    this.#checked = true;
    const { type } = parseContentType(response.headers.get("content-type"));
    if (response.status === 204) this.#allowed = 0;
    else if (!this.#anyType && type !== "text/event-stream") {
      const { request } = this.body;
      const error = new DecodeError(
        `Cannot read events of the response to ${describe(request)}: it is no text/event-stream ` +
          `(${typeOf(response)}), set "anyType" to read it all the same`,
        { request, response },
      );
      this.body.fail(error);
      throw error;
    }
  }

  *#reconnect(): Generator<Operation, void, unknown> {
    const { retry = RECONNECT_MS, resumeId } = this.#state;
    this.#made++;
    const delayMs = Math.min(Math.max(retry, MIN_RECONNECT_MS), MAX_RECONNECT_MS);
    const response = yield* this.body.reconnect(delayMs, resumeId);
    this.#checked = false;
    this.#check(response);
    this.restart(createEventDecoder(this.#state));
  }
}

/** Whether the connection is what failed, so that another one may do. */
function isLost(error: unknown): boolean {
  if (!isAxError(error)) return false;
  if (error.code === "AX_RETRY") return isLost(error.cause);
  return error.code === "AX_NETWORK" ||
    (error.code === "AX_TIMEOUT" && (error as TimeoutError).phase === "attempt");
}
