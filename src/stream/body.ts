import { describe, type RawRequest } from "../mask.ts";
import { CancelError, type TimeoutError } from "../errors.ts";
import { type Flow, type Operation, read, sleep, within } from "../flow/flow.ts";
import { type Ended, Limit } from "../flow/limit.ts";
import { RESPONSE_ERRORS } from "../http/answer.ts";
import { type BodySource, type HttpResponse, isSource } from "../http/message.ts";
import { AxResponse, type ParseJSON, type ResponseInit } from "../http/response.ts";
import type { Clock } from "../runtime/clock.ts";
import { removeEntry } from "../runtime/timer.ts";

/** Ends what runs under it some time after it was first entered. */
export class TimeLimit extends Limit {
  readonly #ms: number | false;
  readonly #timeout: number | false;
  readonly #error: () => TimeoutError;

  /** @param rules How long an async function may take, and by which clock. */
  constructor(
    ms: number | false,
    { timeout, clock }: { readonly timeout: number | false; readonly clock?: Clock | undefined },
    error: () => TimeoutError,
  ) {
    super(clock);
    this.#ms = ms;
    this.#timeout = timeout;
    this.#error = error;
  }

  override enter(parent: Limit | undefined): void {
    super.enter(parent);
    if (this.#ms !== false && this.deadline === Infinity) this.deadline = this.now + this.#ms;
  }

  override get functionTimeoutMs(): number | false {
    return this.#timeout;
  }

  protected override overdue(): TimeoutError {
    return this.#error();
  }
}

/** The options of a call that its stream goes by. */
export interface StreamRules {
  readonly maxResponseSize: number | false;
  readonly parseJSON?: ParseJSON | undefined;
  readonly redact: readonly string[];
}

/** How the request of a stream is sent again, to go on with its events. */
export interface Resend {
  /** Why it may not be sent again; `undefined` where it may. */
  refusal(): string | undefined;
  /** Sends it, to go on after the event of that id. */
  open(lastEventId: string): Flow<StreamedResponse>;
}

/** Asks for no global before the first stream. */
let registry: FinalizationRegistry<Reading> | undefined;

/**
 * The line to the server, and what ends the reading of it: the limits of its calls, and that it is
 * closed. It knows nothing of who reads, so that limits and the collector of garbage can hold on to
 * it without keeping the reader alive.
 */
class Reading extends Limit {
  /** Where chunks come from; none for a body that was there whole. */
  readonly source: BodySource | undefined;
  /** Whether it was given up before its end. */
  released = false;
  #open: boolean;
  readonly #calls: Limit[] = [];
  #stops: (() => void)[] = [];
  readonly #listeners: { readonly told: () => void; index: number }[] = [];

  /** @param reader Whose garbage ends it. */
  constructor(source: BodySource | undefined, reader: object) {
    super();
    this.source = source;
    this.#open = source !== undefined;
    if (!source || typeof FinalizationRegistry === "undefined") return;
    registry ??= new FinalizationRegistry((reading) => reading.release());
    registry.register(reader, this, this);
  }

  /** Frees the connection as soon as the limit of a call ends, also between two reads. */
  guard(call: Limit): void {
    this.#calls.push(call);
    if (!this.#open) return;
    const look = (): void => {
      if (call.endedHere()) this.release();
      this.#tell();
    };
    look();
    if (this.#open) this.#stops.push(call.subscribe(look));
  }

  /** Gives the rest of the body up. */
  release(): void {
    if (!this.#open) return;
    this.released = true;
    this.finish();
    this.source?.close();
  }

  /** Takes note that the body has ended. */
  finish(): void {
    if (!this.#open) return;
    this.#open = false;
    // It holds on to this, whose error knows the stack, and by that the reader.
    registry?.unregister(this);
    for (const stop of this.#stops.splice(0)) stop();
  }

  override enter(parent: Limit | undefined): void {
    super.enter(parent);
    // Reading goes on by the clock of the call.
    this.clock = this.#calls[0]?.clock ?? this.clock;
  }

  override end(error: unknown): void {
    super.end(error);
    this.#tell();
  }

  override get remote(): boolean {
    return super.remote || this.#calls.some((call) => call.remote);
  }

  override remaining(): number {
    let least = super.remaining();
    for (const call of this.#calls) {
      if (call.deadline !== Infinity) least = Math.min(least, call.deadline - call.now);
    }
    return least;
  }

  /** While it is open it hears of its calls anyway: a chunk should not ask each of them anew. */
  override subscribe(listener: () => void): () => void {
    const entry = { told: listener, index: this.#listeners.length };
    this.#listeners.push(entry);
    const stops = this.#open ? [] : this.#calls.map((call) => call.subscribe(listener));
    const outer = this.parent?.subscribe(listener);
    return () => {
      removeEntry(this.#listeners, entry);
      for (const stop of stops) stop();
      outer?.();
    };
  }

  #tell(): void {
    for (const { told } of [...this.#listeners]) told();
  }

  protected override cancelled(): Ended | undefined {
    // The outermost call is the last one.
    for (const call of this.#calls.toReversed()) {
      const ended = call.endedHere();
      if (ended) return ended;
    }
    return undefined;
  }
}

/** The body of a streamed response: read once, a chunk at a time, under the limits of its call. */
export class StreamBody {
  /** The request, for errors. */
  readonly request: RawRequest;
  readonly rules: StreamRules;
  /** How to send the request again; set when the call hands the stream out. */
  declare resend: Resend;
  /** What reads the body; the first one to ask. */
  reader: object | undefined;
  closed = false;
  /** The limits of the call that made the stream, and of those that answered with it. */
  readonly #calls: Limit[] = [];
  #reading: Reading;
  /** Of a body that was there whole. */
  #bytes: Uint8Array | undefined;
  /** The body whose connection is read since a reconnect; it is freed with the one that lives. */
  #successor: StreamBody | undefined;
  #failure: { readonly error: unknown } | undefined;
  #busy = false;
  #reuse = false;

  constructor(body: HttpResponse["body"], request: RawRequest, rules: StreamRules) {
    this.request = request;
    this.rules = rules;
    const source = isSource(body) ? body : undefined;
    this.#reading = new Reading(source, this);
    this.#bytes = source ? undefined : body as Uint8Array | null ?? undefined;
  }

  /** Whether it was ended from outside, so that what is still at hand is not to be given out. */
  get stopped(): boolean {
    return this.closed || this.#reading.released;
  }

  /** Makes every read honour the limit of a call as well, as that limit alone: not those around it. */
  guard(call: Limit): void {
    this.#calls.push(call);
    this.#reading.guard(call);
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
    const what = describe(this.request);
    if (this.reader) {
      throw new TypeError(
        `Cannot read the stream of ${what} again: its body is not kept, it is read once`,
      );
    }
    if (this.closed) throw new TypeError(`Cannot read the stream of ${what}: it was closed`);
    this.reader = reader;
    this.#reuse = reuse;
    if (reuse) this.#reading.source?.reuse?.();
  }

  /** The next chunk, `undefined` at the end; then there is no other. */
  *chunk(): Generator<Operation, Uint8Array | undefined, unknown> {
    this.#begin();
    try {
      const { source } = this.#reading;
      const chunk = source ? yield* within(this.#reading, read(source)) : this.#bytes;
      this.#bytes = undefined;
      // A limit that has freed the connection ends the read above; never take it for the end.
      if (this.stopped) throw this.#closedError();
      if (chunk === undefined) this.#reading.finish();
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
    this.#reading.release();
  }

  /** Frees the connection; a read that waits ends with a `CancelError`. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.#reading.end(this.#closedError());
    this.#reading.release();
  }

  /** Waits, sends the request again, and goes on with the new body; gives the new response. */
  *reconnect(delayMs: number, lastEventId: string): Generator<Operation, AxResponse, unknown> {
    this.#begin();
    try {
      yield* within(this.#reading, sleep(delayMs));
      const response = yield* within(this.#reading, this.resend.open(lastEventId));
      const body = this.#successor = StreamedResponse.bodyOf(response);
      this.#reading = body.#reading;
      this.#bytes = body.#bytes;
      if (this.#reuse) this.#reading.source?.reuse?.();
      // The new call has the limits of this one, but not those of the calls around it.
      for (const call of this.#calls) this.#reading.guard(call);
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
    const { request } = this;
    return new CancelError(`${describe(request)} was cancelled: its stream was closed`, {
      request,
      reason: "stream closed",
    });
  }
}

/** What a response has before its body. */
type ResponseHead = Omit<ResponseInit<undefined>, "body" | "data" | "errors">;

/**
 * A response whose body is still on its way: what interceptors and middleware see of a stream.
 * They have status and headers; the body is for the one who made the call.
 */
export class StreamedResponse extends AxResponse<undefined> {
  readonly #stream: StreamBody;

  /** @param body What is read; whole where a user function made the response. */
  constructor(head: ResponseHead, body: HttpResponse["body"], rules: StreamRules) {
    const { redact, parseJSON } = rules;
    const { method, url } = head.request;
    const request = { method, url, redact };
    const init: ResponseInit<undefined> = {
      ...head,
      ...{ redact, parseJSON, errors: RESPONSE_ERRORS, data: undefined },
      body() {
        throw new TypeError(
          `Cannot read the body of the response to ${describe(request)} here: it is streamed; ` +
            `iterate the result of the call ("iterBytes", "iterLines", …) or use its "read()"`,
        );
      },
    };
    super(init as never);
    this.#stream = new StreamBody(body, request, rules);
  }

  /** The body of a streamed response. */
  static bodyOf(response: StreamedResponse): StreamBody {
    return response.#stream;
  }
}
