import type { ServerSentEvent } from "../http/events.ts";
import type { EventOptions } from "./event_items.ts";
import { type Flow, LazyFlow } from "./flow.ts";
import { type FlowItems, flowItems } from "./items.ts";
import type { StreamFacts } from "./stream_facts.ts";
import { StreamHandle, type StreamStyle } from "./stream_handle.ts";
import type { StreamedResponse } from "./streamed.ts";

/**
 * What `flow.get(url, { stream: true })` and the like give: a response whose body is read with
 * `yield*`, in both call styles. A flow that does not read to the end calls `close` in a `finally`.
 */
export interface FlowStream extends StreamFacts {
  /**
   * The next bytes, as they arrive.
   *
   * @returns A flow of them, or of `undefined` at the end.
   */
  next(): Flow<Uint8Array<ArrayBuffer> | undefined>;

  /**
   * The body in bytes.
   *
   * @param chunkSize The size of each piece, the last one aside; as they arrive without.
   * @returns The pieces.
   */
  iterBytes(chunkSize?: number): FlowItems<Uint8Array<ArrayBuffer>>;

  /**
   * The body as text, by the charset of its content type; no character is cut.
   *
   * @returns The pieces, as they arrive.
   */
  iterText(): FlowItems<string>;

  /**
   * The lines of the body, without their LF, CRLF or CR.
   *
   * @returns The lines.
   */
  iterLines(): FlowItems<string>;

  /**
   * The values of a body of newline-delimited JSON; blank lines are skipped.
   *
   * @typeParam T What the caller takes a value for.
   * @returns The values; one that does not parse is a `DecodeError` with its line.
   */
  iterJSON<T = unknown>(): FlowItems<T>;

  /**
   * The server-sent events of the body.
   *
   * @param options Whether to reconnect.
   * @returns The events.
   */
  iterEvents(options?: EventOptions): FlowItems<ServerSentEvent>;

  /**
   * The rest of the body, no more than `maxResponseSize` (1 GiB by default).
   *
   * @returns A flow of the bytes.
   */
  read(): Flow<Uint8Array<ArrayBuffer>>;
}

const STYLE: StreamStyle = {
  items: flowItems,
  run: (flow) => new LazyFlow(() => flow[Symbol.iterator]()),
};

class FlowHandle extends StreamHandle {
  #bytes: FlowItems<unknown> | undefined;

  next(): Flow<unknown> {
    return (this.#bytes ??= this.iterBytes() as FlowItems<unknown>).next();
  }
}

/** A stream for the flow that made the call. */
export function toFlowStream(response: StreamedResponse): FlowStream {
  return new FlowHandle(response, STYLE) as object as FlowStream;
}
