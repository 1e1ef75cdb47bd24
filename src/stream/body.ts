import { CancelError, describe, errorRequest } from "../errors.ts";
import { type ChunkSource, isChunkSource, type Received } from "../http/received.ts";
import type { SentRequest } from "../http/request.ts";
import { type Flow, type Operation, read, within } from "./flow.ts";
import { type Limits, ManualSource } from "./scope.ts";

/** What a stream knows of its call. */
export interface StreamOrigin {
  readonly request: SentRequest;
  readonly redact: readonly string[];
  /** The most bytes that are read into memory at once. */
  readonly maxRead: number | false;
}

/** Sends the request of a stream again, to go on after that event. */
export type Reopen = (lastEventId: string) => Flow<{ status: number; body: StreamBody }>;

/**
 * The line to the server. It knows nothing of who reads, so that limits and the collector of
 * garbage can hold on to it without keeping the reader alive.
 */
class Connection {
  /** Whether it was given up before its end. */
  released = false;
  readonly source: ChunkSource | undefined;
  #open: boolean;
  #stops: (() => void)[] = [];

  constructor(source: ChunkSource | undefined) {
    this.source = source;
    this.#open = source !== undefined;
  }

  /** Frees the connection as soon as one of the sources fires, also between two reads. */
  listen(limits: Limits): void {
    if (!this.#open) return;
    for (const source of limits.sources) {
      if (source.cancelled) return this.release();
      this.#stops.push(source.subscribe(() => this.release()));
    }
  }

  release(): void {
    if (!this.#open) return;
    this.released = true;
    this.source?.close();
    this.end();
  }

  end(): void {
    this.#open = false;
    for (const stop of this.#stops.splice(0)) stop();
  }
}

const registry = typeof FinalizationRegistry === "undefined"
  ? undefined
  : new FinalizationRegistry<Connection>((connection) => connection.release());

/** The body of a streamed response: read once, a chunk at a time, under the limits of its call. */
export class StreamBody {
  readonly origin: StreamOrigin;
  /** How to send the request again; set when the call hands the stream out. */
  reopen: Reopen | undefined;
  /** What reads the body; the first one to ask. */
  reader: object | undefined;
  readonly #limits: Limits[] = [];
  readonly #closing = new ManualSource();
  #connection: Connection;
  /** Of a body that was there whole. */
  #bytes: Uint8Array | undefined;
  /** The body whose connection is read since a reconnect; it is freed with the one that lives. */
  #successor: StreamBody | undefined;
  #failure: { readonly error: unknown } | undefined;
  #reading = false;

  constructor(body: Received["body"], origin: StreamOrigin) {
    this.origin = origin;
    const streamed = isChunkSource(body);
    this.#connection = new Connection(streamed ? body : undefined);
    this.#bytes = streamed || body === null ? undefined : body;
    registry?.register(this, this.#connection);
    this.guard({
      deadline: Infinity,
      sources: [this.#closing],
      error: () => this.#closedError(),
    });
  }

  /** Whether `close` was called. */
  get closed(): boolean {
    return this.#closing.cancelled;
  }

  /** Whether it was ended from outside, so that what is still at hand is not to be given out. */
  get stopped(): boolean {
    return this.closed || this.#connection.released;
  }

  /** Makes every read honour these limits as well. */
  guard(limits: Limits): void {
    this.#limits.push(limits);
    this.#connection.listen(limits);
  }

  /** Lets one reader have the body, and reminds it of the error that ended it. */
  take(reader: object): void {
    if (this.reader === reader) {
      if (this.#failure) throw this.#failure.error;
      return;
    }
    const what = describe(this.origin.request, this.origin.redact);
    if (this.reader) {
      throw new TypeError(
        `Cannot read the stream of ${what} again: its body is not kept, it is read once`,
      );
    }
    if (this.closed) throw new TypeError(`Cannot read the stream of ${what}: it was closed`);
    this.reader = reader;
  }

  /** The next chunk, `undefined` at the end; then there is no other. */
  *chunk(): Generator<Operation, Uint8Array | undefined, unknown> {
    if (this.#reading) {
      throw new TypeError("Cannot read the stream: another read of it is under way");
    }
    this.#reading = true;
    try {
      const chunk = yield* this.limited(this.#next());
      if (chunk === undefined) this.#connection.end();
      return chunk;
    } catch (error) {
      this.fail(error);
      throw error;
    } finally {
      this.#reading = false;
    }
  }

  *#next(): Generator<Operation, Uint8Array | undefined, unknown> {
    const bytes = this.#bytes;
    this.#bytes = undefined;
    const { source } = this.#connection;
    const chunk = source ? yield* read(source) : bytes;
    // A limit that has freed the connection ends the read above; never take it for the end.
    if (this.stopped) throw this.#closedError();
    return chunk;
  }

  /** Runs a flow under the limits of the call, and until the stream is closed. */
  limited<T>(flow: Flow<T>): Flow<T> {
    return this.#limits.reduce((inner, limits) => within(limits, inner), flow);
  }

  /** Ends the stream with an error. */
  fail(error: unknown): void {
    this.#failure ??= { error };
    this.#connection.release();
  }

  /** Frees the connection; a read that waits ends with a `CancelError`. */
  close(): void {
    this.#closing.cancel();
  }

  /** Sends the request again and goes on with the new body; gives the new status. */
  *reconnect(lastEventId: string): Generator<Operation, number, unknown> {
    if (!this.reopen) throw new TypeError("Cannot reconnect: the stream did not come from a call");
    const { status, body } = yield* this.limited(this.reopen(lastEventId));
    this.#successor = body;
    this.#connection = body.#connection;
    this.#bytes = body.#bytes;
    // The new call has the limits of this one, but not those of the calls around it.
    for (const limits of this.#limits) this.#connection.listen(limits);
    this.#failure = undefined;
    return status;
  }

  #closedError(): CancelError {
    const { request, redact } = this.origin;
    return new CancelError(`${describe(request, redact)} was cancelled: its stream was closed`, {
      request: errorRequest(request, redact),
      redact,
      reason: "stream closed",
    });
  }
}

/** Chunks until the end, or until they are more than `max` bytes. */
export function* collect<T extends Uint8Array>(
  next: () => Flow<T | undefined>,
  max: number,
): Generator<Operation, { chunks: T[]; size: number }, unknown> {
  const chunks: T[] = [];
  let size = 0;
  while (size <= max) {
    const chunk = yield* next();
    if (!chunk) break;
    chunks.push(chunk);
    size += chunk.byteLength;
  }
  return { chunks, size };
}
