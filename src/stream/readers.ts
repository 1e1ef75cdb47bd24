import { BodySizeError, DecodeError, describe, errorRequest } from "../errors.ts";
import type { ChunkDecoder } from "../http/chunks.ts";
import type { Flow, Operation } from "./flow.ts";
import type { StreamBody } from "./stream_body.ts";
import { StreamedResponse } from "./streamed.ts";

/** What is given item by item; the iterators of each style run these flows. */
export interface Items<T> {
  /** The next item, if it is there already. */
  ready(): IteratorYieldResult<T> | undefined;
  /** The next item, or the end. An error is final and comes again. */
  advance(): Generator<Operation, IteratorResult<T, undefined>, unknown>;
  /** Leaves the rest. */
  close(): void;
}

/**
 * Items of a stream, for flows: `while ((item = yield* items.next()) !== undefined) …`.
 *
 * @typeParam T The type of an item.
 */
export interface FlowItems<T> {
  /**
   * The next item.
   *
   * @returns A flow of the item, or of `undefined` at the end.
   */
  next(): Flow<T | undefined>;
  /** Leaves the rest and frees the connection. */
  close(): void;
}

/** The end, as iterators tell it. */
export function end(): IteratorReturnResult<undefined> {
  return { done: true, value: undefined };
}

/** Items as flows read them. */
export function flowItems<T>(items: Items<T>): FlowItems<T> {
  return {
    *next() {
      return (yield* items.advance()).value;
    },
    close: () => items.close(),
  };
}

/** Reads chunks until the decoder has an item. */
export class ItemReader<T> implements Items<T> {
  /** The body that is read. */
  readonly body: StreamBody;
  readonly #response: StreamedResponse;
  #decoder: ChunkDecoder<T>;
  #items: Iterator<T> | undefined;
  #ended = false;

  /** Makes one of the response whose body is read, and of what makes items of its chunks. */
  constructor(response: StreamedResponse, decoder: ChunkDecoder<T>) {
    this.#response = response;
    this.body = StreamedResponse.bodyOf(response);
    this.#decoder = decoder;
  }

  /** Whether the last item was given out. */
  get over(): boolean {
    return this.#ended && !this.#items;
  }

  ready(): IteratorYieldResult<T> | undefined {
    const items = this.#items;
    if (items && !this.body.stopped) {
      const step = this.#decode(() => items.next());
      if (!step.done) return step;
    }
    this.#items = undefined;
    return undefined;
  }

  *advance(): Generator<Operation, IteratorResult<T, undefined>, unknown> {
    this.body.take(this);
    for (;;) {
      const item = this.ready();
      if (item) return item;
      if (this.#ended) return end();
      const chunk = yield* this.body.chunk();
      this.#ended = chunk === undefined;
      this.#items = this.#decode(() => this.#decoder(chunk)[Symbol.iterator]());
    }
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

  #decode<To>(step: () => To): To {
    try {
      return step();
    } catch (cause) {
      const error = this.#explain(cause);
      this.body.fail(error);
      throw error;
    }
  }

  /** Pure decoders throw what the language has; callers get the errors of the package. */
  #explain(cause: unknown): unknown {
    const unparsed = cause instanceof SyntaxError;
    if (!unparsed && !(cause instanceof RangeError)) return cause;
    const { request, redact } = this.body.origin;
    return new (unparsed ? DecodeError : BodySizeError)(
      `${cause.message} (in the response to ${describe(request, redact)})`,
      {
        request: errorRequest(request, redact),
        response: this.#response,
        redact,
        cause: cause.cause ?? cause,
      },
    );
  }
}
