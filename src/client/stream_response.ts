import type { EventOptions } from "../flow/event_items.ts";
import type { Items } from "../flow/items.ts";
import { Readers } from "../flow/readers.ts";
import { StreamFacts } from "../flow/stream_facts.ts";
import type { StreamedResponse } from "../flow/streamed.ts";
import type { ServerSentEvent } from "../http/events.ts";
import { asyncDriver } from "./async_host.ts";

/**
 * What an awaited call with `stream: true` gives: status and headers now, the body by `for await`.
 * Its body is read once. Leaving a loop early frees the connection; `close` and `await using` do so
 * without one.
 */
export class StreamResponse extends StreamFacts {
  readonly #readers: Readers;

  /**
   * Makes a stream; calls with `stream: true` do so.
   *
   * @param response The response whose body is on its way.
   */
  constructor(response: StreamedResponse) {
    super(response);
    this.#readers = new Readers(response);
  }

  /**
   * The body in bytes.
   *
   * @param chunkSize The size of each piece, the last one aside; as they arrive without.
   * @returns The pieces.
   * @throws {RangeError} If the size is no integer of 1 or more.
   */
  iterBytes(chunkSize?: number): AsyncIterableIterator<Uint8Array<ArrayBuffer>> {
    return new AsyncItems(this.#readers.bytes(chunkSize));
  }

  /**
   * The body as text, by the charset of its content type; no character is cut.
   *
   * @returns The pieces, as they arrive.
   */
  iterText(): AsyncIterableIterator<string> {
    return new AsyncItems(this.#readers.text());
  }

  /**
   * The lines of the body, without their LF, CRLF or CR.
   *
   * @returns The lines; also a last one without its newline.
   */
  iterLines(): AsyncIterableIterator<string> {
    return new AsyncItems(this.#readers.lines());
  }

  /**
   * The values of a body of newline-delimited JSON; blank lines are skipped.
   *
   * @typeParam T What the caller takes a value for.
   * @returns The values; one that does not parse is a `DecodeError` with its line.
   */
  iterJSON<T = unknown>(): AsyncIterableIterator<T> {
    return new AsyncItems(this.#readers.json<T>());
  }

  /**
   * The server-sent events of the body.
   *
   * @param options Whether to reconnect.
   * @returns The events.
   */
  iterEvents(options?: EventOptions): AsyncIterableIterator<ServerSentEvent> {
    return new AsyncItems(this.#readers.events(options));
  }

  /**
   * The rest of the body, no more than `maxResponseSize` (1 GiB by default).
   *
   * @returns The bytes.
   * @throws {BodySizeError} If there are more.
   */
  read(): Promise<Uint8Array<ArrayBuffer>> {
    return asyncDriver.run(this.#readers.read());
  }

  /**
   * `close`, for `await using`.
   *
   * @returns Resolves at once.
   */
  [Symbol.asyncDispose](): Promise<void> {
    this.close();
    return Promise.resolve();
  }
}

/** Items by `for await`; steps that are asked for at once wait for each other. */
class AsyncItems<T> implements AsyncIterableIterator<T> {
  readonly #items: Items<T>;
  #last: Promise<unknown> | undefined;
  #left = false;

  constructor(items: Items<T>) {
    this.#items = items;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<T, undefined>> {
    const before = this.#last;
    const step = before ? before.then(() => this.#step(), () => this.#step()) : this.#step();
    const done = (): void => {
      if (this.#last === step) this.#last = undefined;
    };
    this.#last = step;
    step.then(done, done);
    return step;
  }

  async #step(): Promise<IteratorResult<T, undefined>> {
    if (this.#left) return { done: true, value: undefined };
    const ready = this.#items.ready();
    if (ready) return { done: false, value: ready.value };
    try {
      const item = await asyncDriver.run(this.#items.next());
      return item === undefined ? { done: true, value: undefined } : { done: false, value: item };
    } catch (error) {
      if (this.#left) return { done: true, value: undefined };
      throw error;
    }
  }

  return(): Promise<IteratorResult<T, undefined>> {
    this.#left = true;
    this.#items.close();
    return Promise.resolve({ done: true, value: undefined });
  }
}
