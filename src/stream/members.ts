import type { ServerSentEvent } from "../http/lines.ts";
import type { Redirected, SentRequest, Timings } from "../http/response.ts";
import type { CallStyle, FlowItems, Styled } from "./items.ts";
import type { EventOptions } from "./readers.ts";

/**
 * What a stream is in every call style: status and headers now, the body as it comes. It is read
 * once, by one of the readers; leaving a loop early frees the connection.
 *
 * @typeParam S The call style.
 */
export interface StreamMembers<S extends CallStyle> {
  /** The HTTP status. */
  readonly status: number;
  /** The reason phrase; empty in HTTP/2. */
  readonly statusText: string;
  /** Whether the status is one of success, 200 to 299. */
  readonly ok: boolean;
  /** The URL that answered, after redirects. */
  readonly url: string;
  /** Whether a redirect was followed. */
  readonly redirected: boolean;
  /** The redirects that were followed, in order; not those that a browser follows by itself. */
  readonly redirects: readonly Redirected[];
  /** The response headers. */
  readonly headers: Headers;
  /** What was sent. */
  readonly request: SentRequest;
  /** How many attempts the call took, this one included. */
  readonly attempts: number;
  /** When the call happened; it ended when the headers were there. */
  readonly timings: Timings;

  /**
   * The body in bytes.
   *
   * @param chunkSize The bytes of each piece, the last one aside; as they arrive without.
   * @returns The pieces.
   * @throws {RangeError} If the size is no integer of 1 or more.
   */
  iterBytes(chunkSize?: number): Styled<Uint8Array<ArrayBuffer>>[S]["items"];

  /**
   * The body as text, by the charset of its content type; no character is cut.
   *
   * @returns The pieces, as they arrive.
   */
  iterText(): Styled<string>[S]["items"];

  /**
   * The lines of the body, without their LF, CRLF or CR.
   *
   * @returns The lines; also a last one without its newline.
   */
  iterLines(): Styled<string>[S]["items"];

  /**
   * The values of a body of newline-delimited JSON; blank lines are skipped.
   *
   * @typeParam T What the caller takes a value for.
   * @returns The values; one that does not parse is a `DecodeError` with its line.
   */
  iterJSON<T = unknown>(): Styled<T>[S]["items"];

  /**
   * The server-sent events of the body.
   *
   * @param options Whether to reconnect, and whether a body of any content type is read.
   * @returns The events; a `DecodeError` where the content type is not `text/event-stream`.
   * @throws {TypeError} If it is to reconnect and the request may not be sent twice.
   */
  iterEvents(options?: EventOptions): Styled<ServerSentEvent>[S]["items"];

  /**
   * The rest of the body, no more than `maxResponseSize` (1 GiB by default).
   *
   * @returns The bytes.
   * @throws {BodySizeError} If there are more.
   */
  read(): Styled<Uint8Array<ArrayBuffer>>[S]["value"];

  /**
   * Throws unless the status is one of success; for calls with `validateStatus: false`. The stream
   * stays open.
   *
   * @returns This stream.
   * @throws {HTTPStatusError} If the status is not 200 to 299.
   */
  raiseForStatus(): this;

  /**
   * Gives the rest of the body up and frees the connection. A read that is under way ends with a
   * `CancelError`.
   */
  close(): void;

  /** `close`, for `using`. */
  [Symbol.dispose](): void;

  /**
   * The head with secrets masked, for logs.
   *
   * @returns A record that `JSON.stringify` takes.
   */
  toJSON(): Record<string, unknown>;
}

/**
 * What `stream` answers with: status and headers now, the body by `for await`. Its body is read
 * once. Leaving a loop early frees the connection; `close` and `await using` do so without one.
 */
export interface StreamResponse extends StreamMembers<"awaiting"> {
  /**
   * The body as a stream of the platform, such as `new Response(…)` takes. It is read as it is
   * asked for; cancelling it frees the connection.
   */
  readonly body: ReadableStream<Uint8Array<ArrayBuffer>>;

  /**
   * `close`, for `await using`.
   *
   * @returns Resolves at once.
   */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * What `streamSync` answers with: status and headers now, the body by a plain `for`, which blocks
 * this thread while it waits. Its body is read once. Leaving a loop early frees the connection;
 * `close` and `using` do so without one.
 */
export interface SyncStreamResponse extends StreamMembers<"blocking"> {}

/**
 * What `flow.stream` answers with: a response whose body is read with `yield*`, in both call
 * styles: `while ((chunk = yield* stream.next()) !== undefined) …`. A flow that does not read to
 * the end calls `close` in a `finally`. One that is returned from an operation comes out as a
 * `StreamResponse` or a `SyncStreamResponse`.
 */
export interface FlowStream extends StreamMembers<"flow">, FlowItems<Uint8Array<ArrayBuffer>> {}

/** A stream of any call style: what a handler of a streamed call may answer with. */
export type AnyStream = StreamResponse | SyncStreamResponse | FlowStream;

/**
 * What an awaited call gives for what its flow returns: a stream and items in the form that can be
 * awaited, anything else as it is.
 *
 * @typeParam T What the flow returns.
 */
export type Awaiting<T> = T extends FlowStream ? StreamResponse
  : T extends FlowItems<infer I> ? AsyncIterableIterator<I>
  : T;

/**
 * What a call that blocks gives for what its flow returns: a stream and items in the form that
 * blocks, anything else as it is.
 *
 * @typeParam T What the flow returns.
 */
export type Blocking<T> = T extends FlowStream ? SyncStreamResponse
  : T extends FlowItems<infer I> ? IterableIterator<I>
  : T;
