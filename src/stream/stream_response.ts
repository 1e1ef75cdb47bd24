import type { EventOptions } from "../flow/event_items.ts";
import type { StreamFacts } from "../flow/stream_facts.ts";
import type { ServerSentEvent } from "../http/events.ts";

/**
 * What an awaited call with `stream: true` gives: status and headers now, the body by `for await`.
 * Its body is read once. Leaving a loop early frees the connection; `close` and `await using` do so
 * without one.
 */
export interface StreamResponse extends StreamFacts {
  /**
   * The body in bytes.
   *
   * @param chunkSize The size of each piece, the last one aside; as they arrive without.
   * @returns The pieces.
   * @throws {RangeError} If the size is no integer of 1 or more.
   */
  iterBytes(chunkSize?: number): AsyncIterableIterator<Uint8Array<ArrayBuffer>>;

  /**
   * The body as text, by the charset of its content type; no character is cut.
   *
   * @returns The pieces, as they arrive.
   */
  iterText(): AsyncIterableIterator<string>;

  /**
   * The lines of the body, without their LF, CRLF or CR.
   *
   * @returns The lines; also a last one without its newline.
   */
  iterLines(): AsyncIterableIterator<string>;

  /**
   * The values of a body of newline-delimited JSON; blank lines are skipped.
   *
   * @typeParam T What the caller takes a value for.
   * @returns The values; one that does not parse is a `DecodeError` with its line.
   */
  iterJSON<T = unknown>(): AsyncIterableIterator<T>;

  /**
   * The server-sent events of the body.
   *
   * @param options Whether to reconnect.
   * @returns The events.
   */
  iterEvents(options?: EventOptions): AsyncIterableIterator<ServerSentEvent>;

  /**
   * The rest of the body, no more than `maxResponseSize` (1 GiB by default).
   *
   * @returns The bytes.
   * @throws {BodySizeError} If there are more.
   */
  read(): Promise<Uint8Array<ArrayBuffer>>;

  /**
   * `close`, for `await using`.
   *
   * @returns Resolves at once.
   */
  [Symbol.asyncDispose](): Promise<void>;
}
