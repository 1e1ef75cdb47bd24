import { describe } from "../mask.ts";
import { CancelError } from "../errors.ts";
import { type Flow, type Operation, read, sleep, within } from "../flow/flow.ts";
import { type Ended, Limit } from "../flow/limit.ts";
import { type BodySource, type HttpResponse, isSource } from "../http/message.ts";
import type { AxResponse, ParseJSON } from "../http/response.ts";

/** What a stream knows of its call. */
export interface StreamOrigin {
  /** The request, for errors. */
  readonly request: {
    readonly method: string;
    readonly url: string;
    readonly redact?: readonly string[] | undefined;
  };
  /** The most bytes that are read into memory at once. */
  readonly maxReadBytes: number | false;
  /** The client's parser of JSON. */
  readonly parseJSON?: ParseJSON | undefined;
}

/** How the request of a stream is sent again, to go on with its events. */
export interface Resend {
  /** Why it may not be sent again; `undefined` where it may. */
  refusal(): string | undefined;
  /** Sends it, to go on after the event of that id. */
  open(lastEventId: string): Flow<{ readonly response: AxResponse; readonly body: StreamBody }>;
}

/** Asks for no global before the first stream. */
let registry: FinalizationRegistry<Connection> | undefined;

/**
 * The line to the server. It knows nothing of who reads, so that limits and the collector of
 * garbage can hold on to it without keeping the reader alive.
 */
class Connection {
  /** Where chunks come from; none for a body that was there whole. */
  readonly source: BodySource | undefined;
  /** Whether it was given up before its end. */
  released = false;
  #open: boolean;
  #stops: (() => void)[] = [];

  /**
   * Makes one that is freed when its reader is garbage.
   *
   * @param reader Whose garbage ends it.
   */
  constructor(source: BodySource | undefined, reader: object) {
    this.source = source;
    this.#open = source !== undefined;
    if (!source || typeof FinalizationRegistry === "undefined") return;
    registry ??= new FinalizationRegistry((connection) => connection.release());
    registry.register(reader, this);
  }

  /** Frees the connection as soon as the limit ends, also between two reads. */
  listen(limit: Limit): void {
    if (!this.#open) return;
    const look = (): void => {
      if (limit.endedHere()) this.release();
    };
    look();
    if (this.#open) this.#stops.push(limit.subscribe(look));
  }

  /** Gives the rest of the body up. */
  release(): void {
    if (!this.#open) return;
    this.released = true;
    this.end();
    this.source?.close();
  }

  /** Takes note that the body has ended. */
  end(): void {
    this.#open = false;
    for (const stop of this.#stops.splice(0)) stop();
  }
}

/** What ends the reading of a stream: the limits of its calls, and that it is closed. */
class StreamLimit extends Limit {
  /** The limits of the call that made the stream, and of those that answered with it. */
  readonly calls: Limit[] = [];

  override enter(parent: Limit | undefined): void {
    super.enter(parent);
    // Reading goes on by the clock of the call.
    this.clock = this.calls[0]?.clock ?? this.clock;
  }

  override get remote(): boolean {
    return super.remote || this.calls.some((call) => call.remote);
  }

  override remaining(): number {
    let least = super.remaining();
    for (const call of this.calls) {
      if (call.deadline !== Infinity) least = Math.min(least, call.deadline - call.now);
    }
    return least;
  }

  override subscribe(listener: () => void): () => void {
    const stops = [
      super.subscribe(listener),
      ...this.calls.map((call) => call.subscribe(listener)),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  }

  protected override cancelled(): Ended | undefined {
    // The outermost call is the last one.
    for (const call of this.calls.toReversed()) {
      const ended = call.endedHere();
      if (ended) return ended;
    }
    return undefined;
  }
}

/** The body of a streamed response: read once, a chunk at a time, under the limits of its call. */
export class StreamBody {
  readonly origin: StreamOrigin;
  /** How to send the request again; set when the call hands the stream out. */
  resend: Resend | undefined;
  /** What reads the body; the first one to ask. */
  reader: object | undefined;
  /** Whether `close` was called. */
  closed = false;
  readonly #limit = new StreamLimit();
  #connection: Connection;
  /** Of a body that was there whole. */
  #bytes: Uint8Array | undefined;
  /** The body whose connection is read since a reconnect; it is freed with the one that lives. */
  #successor: StreamBody | undefined;
  #failure: { readonly error: unknown } | undefined;
  #busy = false;
  #reuse = false;

  constructor(body: HttpResponse["body"], origin: StreamOrigin) {
    this.origin = origin;
    const source = isSource(body) ? body : undefined;
    this.#connection = new Connection(source, this);
    this.#bytes = source ? undefined : body as Uint8Array | null ?? undefined;
  }

  /** Whether it was ended from outside, so that what is still at hand is not to be given out. */
  get stopped(): boolean {
    return this.closed || this.#connection.released;
  }

  /** Makes every read honour the limit of a call as well, as that limit alone: not those around it. */
  guard(call: Limit): void {
    this.#limit.calls.push(call);
    this.#connection.listen(call);
  }

  /**
   * Lets one reader have the body, and reminds it of the error that ended it.
   *
   * @param reuse Whether it keeps no chunk.
   */
  take(reader: object, reuse: boolean): void {
    if (this.reader === reader) {
      if (this.#failure) throw this.#failure.error;
      return;
    }
    const what = describe(this.origin.request);
    if (this.reader) {
      throw new TypeError(
        `Cannot read the stream of ${what} again: its body is not kept, it is read once`,
      );
    }
    if (this.closed) throw new TypeError(`Cannot read the stream of ${what}: it was closed`);
    this.reader = reader;
    this.#reuse = reuse;
    if (reuse) this.#connection.source?.reuse?.();
  }

  /** The next chunk, `undefined` at the end; then there is no other. */
  *chunk(): Generator<Operation, Uint8Array | undefined, unknown> {
    this.#begin();
    try {
      const { source } = this.#connection;
      const chunk = source ? yield* within(this.#limit, read(source)) : this.#bytes;
      this.#bytes = undefined;
      // A limit that has freed the connection ends the read above; never take it for the end.
      if (this.stopped) throw this.#closedError();
      if (chunk === undefined) this.#connection.end();
      return chunk;
    } catch (error) {
      this.fail(error);
      throw error;
    } finally {
      this.#busy = false;
    }
  }

  #begin(): void {
    if (this.#busy) {
      throw new TypeError("Cannot read the stream: another read of it is under way");
    }
    this.#busy = true;
  }

  /** Ends the stream with an error. */
  fail(error: unknown): void {
    this.#failure ??= { error };
    this.#connection.release();
  }

  /** Frees the connection; a read that waits ends with a `CancelError`. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.#limit.end(this.#closedError());
    this.#connection.release();
  }

  /** Waits, sends the request again, and goes on with the new body; gives the new response. */
  *reconnect(delayMs: number, lastEventId: string): Generator<Operation, AxResponse, unknown> {
    const { resend } = this;
    if (!resend) throw new TypeError("Cannot reconnect: the stream did not come from a call");
    this.#begin();
    try {
      yield* within(this.#limit, sleep(delayMs));
      const { response, body } = yield* within(this.#limit, resend.open(lastEventId));
      this.#successor = body;
      this.#connection = body.#connection;
      this.#bytes = body.#bytes;
      if (this.#reuse) this.#connection.source?.reuse?.();
      // The new call has the limits of this one, but not those of the calls around it.
      for (const call of this.#limit.calls) this.#connection.listen(call);
      this.#failure = undefined;
      return response;
    } catch (error) {
      this.#failure = { error };
      throw error;
    } finally {
      this.#busy = false;
    }
  }

  #closedError(): CancelError {
    const { request } = this.origin;
    return new CancelError(`${describe(request)} was cancelled: its stream was closed`, {
      request,
      reason: "stream closed",
    });
  }
}
