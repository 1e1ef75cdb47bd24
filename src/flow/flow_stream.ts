import type { ServerSentEvent } from "../http/events.ts";
import type { EventOptions } from "./event_items.ts";
import { type Flow, LazyFlow } from "./flow.ts";
import type { Items } from "./items.ts";
import { Readers } from "./readers.ts";
import { StreamFacts } from "./stream_facts.ts";
import type { StreamedResponse } from "./streamed.ts";

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

/**
 * What `flow.get(url, { stream: true })` and the like give: a response whose body is read with
 * `yield*`, in both call styles. A flow that does not read to the end calls `close` in a `finally`.
 */
export class FlowStream extends StreamFacts {
  readonly #readers: Readers;
  #bytes: Items<Uint8Array<ArrayBuffer>> | undefined;

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
   * The next bytes, as they arrive.
   *
   * @returns A flow of them, or of `undefined` at the end.
   */
  next(): Flow<Uint8Array<ArrayBuffer> | undefined> {
    return (this.#bytes ??= this.#readers.bytes()).next();
  }

  /**
   * The body in bytes.
   *
   * @param chunkSize The size of each piece, the last one aside; as they arrive without.
   * @returns The pieces.
   */
  iterBytes(chunkSize?: number): FlowItems<Uint8Array<ArrayBuffer>> {
    return this.#readers.bytes(chunkSize);
  }

  /**
   * The body as text, by the charset of its content type; no character is cut.
   *
   * @returns The pieces, as they arrive.
   */
  iterText(): FlowItems<string> {
    return this.#readers.text();
  }

  /**
   * The lines of the body, without their LF, CRLF or CR.
   *
   * @returns The lines.
   */
  iterLines(): FlowItems<string> {
    return this.#readers.lines();
  }

  /**
   * The values of a body of newline-delimited JSON; blank lines are skipped.
   *
   * @typeParam T What the caller takes a value for.
   * @returns The values; one that does not parse is a `DecodeError` with its line.
   */
  iterJSON<T = unknown>(): FlowItems<T> {
    return this.#readers.json<T>();
  }

  /**
   * The server-sent events of the body.
   *
   * @param options Whether to reconnect.
   * @returns The events.
   */
  iterEvents(options?: EventOptions): FlowItems<ServerSentEvent> {
    return this.#readers.events(options);
  }

  /**
   * The rest of the body, no more than `maxResponseSize` (1 GiB by default).
   *
   * @returns A flow of the bytes.
   */
  read(): Flow<Uint8Array<ArrayBuffer>> {
    return new LazyFlow(() => this.#readers.read());
  }
}
