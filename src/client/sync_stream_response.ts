import type { EventOptions } from "../flow/event_items.ts";
import type { Items } from "../flow/items.ts";
import { Readers } from "../flow/readers.ts";
import { StreamFacts } from "../flow/stream_facts.ts";
import type { StreamedResponse } from "../flow/streamed.ts";
import type { ServerSentEvent } from "../http/events.ts";
import { runBlocking } from "./sync_host.ts";

/**
 * What a `Sync` call with `stream: true` gives: status and headers now, the body by a plain `for`,
 * which blocks this thread while it waits. Its body is read once. Leaving a loop early frees the
 * connection; `close` and `using` do so without one.
 */
export class SyncStreamResponse extends StreamFacts {
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
  iterBytes(chunkSize?: number): IterableIterator<Uint8Array<ArrayBuffer>> {
    return new SyncItems(this.#readers.bytes(chunkSize));
  }

  /**
   * The body as text, by the charset of its content type; no character is cut.
   *
   * @returns The pieces, as they arrive.
   */
  iterText(): IterableIterator<string> {
    return new SyncItems(this.#readers.text());
  }

  /**
   * The lines of the body, without their LF, CRLF or CR.
   *
   * @returns The lines; also a last one without its newline.
   */
  iterLines(): IterableIterator<string> {
    return new SyncItems(this.#readers.lines());
  }

  /**
   * The values of a body of newline-delimited JSON; blank lines are skipped.
   *
   * @typeParam T What the caller takes a value for.
   * @returns The values; one that does not parse is a `DecodeError` with its line.
   */
  iterJSON<T = unknown>(): IterableIterator<T> {
    return new SyncItems(this.#readers.json<T>());
  }

  /**
   * The server-sent events of the body.
   *
   * @param options Whether to reconnect.
   * @returns The events.
   */
  iterEvents(options?: EventOptions): IterableIterator<ServerSentEvent> {
    return new SyncItems(this.#readers.events(options));
  }

  /**
   * The rest of the body, no more than `maxResponseSize` (1 GiB by default).
   *
   * @returns The bytes.
   * @throws {BodySizeError} If there are more.
   */
  read(): Uint8Array<ArrayBuffer> {
    return runBlocking(this.#readers.read());
  }
}

/** Items by `for`; the thread blocks where one is not there yet. */
class SyncItems<T> implements IterableIterator<T> {
  readonly #items: Items<T>;
  #left = false;

  constructor(items: Items<T>) {
    this.#items = items;
  }

  [Symbol.iterator](): this {
    return this;
  }

  next(): IteratorResult<T, undefined> {
    if (this.#left) return { done: true, value: undefined };
    const ready = this.#items.ready();
    if (ready) return { done: false, value: ready.value };
    const item = runBlocking(this.#items.next());
    return item === undefined ? { done: true, value: undefined } : { done: false, value: item };
  }

  return(): IteratorResult<T, undefined> {
    this.#left = true;
    this.#items.close();
    return { done: true, value: undefined };
  }
}
