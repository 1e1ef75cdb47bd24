import { BodySizeError, DecodeError, describe, errorRequest } from "../errors.ts";
import type { ChunkDecoder } from "../http/lines.ts";
import type { Operation } from "./flow.ts";
import type { StreamBody } from "./stream_body.ts";
import { StreamedResponse } from "./streamed.ts";

/** The items of a body, one after the other; the iterators of each style run these flows. */
export interface Items<T> {
  /** The next item, if it is there already. */
  ready(): { readonly value: T } | undefined;
  /** The next item, `undefined` at the end. An error is final and comes again. */
  next(): Generator<Operation, T | undefined, unknown>;
  /** Frees the connection. */
  close(): void;
}

/** Reads chunks until the decoder has an item. */
export class ItemReader<T> implements Items<T> {
  readonly #response: StreamedResponse;
  readonly #body: StreamBody;
  readonly #decoder: ChunkDecoder<T>;
  readonly #owner: object;
  #items: Iterator<T> | undefined;
  #failure: { readonly error: unknown } | undefined;
  #ended = false;

  /**
   * @param response Whose body is read.
   * @param decoder What makes items of chunks.
   * @param owner What the body belongs to then, where this is a part of it.
   */
  constructor(response: StreamedResponse, decoder: ChunkDecoder<T>, owner?: object) {
    this.#response = response;
    this.#body = StreamedResponse.bodyOf(response);
    this.#decoder = decoder;
    this.#owner = owner ?? this;
  }

  /** Whether the last item was given out. */
  get over(): boolean {
    return this.#ended && !this.#items;
  }

  ready(): { readonly value: T } | undefined {
    if (this.#failure) throw this.#failure.error;
    if (!this.#items) return undefined;
    if (this.#body.stopped) {
      this.#items = undefined;
      return undefined;
    }
    const step = this.#decode(this.#items, (items) => items.next());
    if (!step.done) return step;
    this.#items = undefined;
    return undefined;
  }

  *next(): Generator<Operation, T | undefined, unknown> {
    this.#body.take(this.#owner);
    for (;;) {
      const item = this.ready();
      if (item) return item.value;
      if (this.#ended) return undefined;
      const chunk = yield* this.#body.chunk();
      if (chunk === undefined) this.#ended = true;
      const decoded = this.#decode(this.#decoder, (decoder) => {
        return chunk ? decoder.push(chunk) : decoder.end();
      });
      this.#items = decoded[Symbol.iterator]();
    }
  }

  close(): void {
    this.#body.close();
  }

  #decode<From, To>(from: From, step: (from: From) => To): To {
    try {
      return step(from);
    } catch (cause) {
      const error = this.#explain(cause);
      this.#failure = { error };
      this.#body.fail(error);
      throw error;
    }
  }

  /** Pure decoders throw what the language has; callers get the errors of the package. */
  #explain(cause: unknown): unknown {
    const { request, redact } = this.#body.origin;
    const about = { request: errorRequest(request, redact), response: this.#response, redact };
    const message = (error: Error) =>
      `${error.message} (in the response to ${describe(request, redact)})`;
    if (cause instanceof SyntaxError) {
      return new DecodeError(message(cause), { ...about, cause: cause.cause ?? cause });
    }
    if (cause instanceof RangeError) {
      return new BodySizeError(message(cause), { ...about, cause });
    }
    return cause;
  }
}
