import type { Settle } from "../http/message.ts";
import { messageOf } from "../http/pairs.ts";
import type { Exchange } from "./exchange.ts";
import type { CarrierBody } from "./port.ts";

/** What a body is read by. */
type Reader = Pick<ReadableStreamDefaultReader<Uint8Array>, "read" | "cancel">;

/** How bodies are read on a runtime. */
export interface ReadingWays {
  /** Whether a body is read faster into a buffer of the reader's. */
  fillsBuffers?(): boolean;
}

/** The body of a `Response`, as an exchange reads it. */
export class FetchedBody implements CarrierBody {
  /** Only where the runtime itself sees to the declared length. */
  readonly whole: CarrierBody["whole"];
  readonly #exchange: Exchange;
  readonly #response: Response;
  readonly #ways: ReadingWays;
  #reader: Reader | undefined;
  #cancelled = false;
  #reused = false;

  constructor(exchange: Exchange, response: Response, ways: ReadingWays) {
    this.#exchange = exchange;
    this.#response = response;
    this.#ways = ways;
    const trusted = !exchange.attachments.fetch &&
      response.headers.get("transfer-encoding") === null;
    this.whole = trusted ? this.readWhole : undefined;
  }

  /** All of it, counted by nobody but the runtime. */
  async readWhole(settle: Settle<Uint8Array>): Promise<void> {
    let value: Uint8Array;
    try {
      value = new Uint8Array(await this.#response.arrayBuffer());
    } catch (error) {
      return settle({ ok: false, error });
    }
    settle({ ok: true, value });
  }

  reuse(): boolean {
    const fills = !this.#exchange.attachments.fetch && this.#ways.fillsBuffers?.();
    return this.#reused = fills === true;
  }

  next(settle: Settle<Uint8Array | undefined>): void {
    const reader = this.#reader;
    if (reader) return this.#read(reader, settle);
    const { body } = this.#response;
    const first: typeof settle = (outcome) => {
      const isEmpty = !outcome.ok && isEmptyBody(this.#response.headers, outcome.error);
      settle(isEmpty ? { ok: true, value: undefined } : outcome);
    };
    if (!body) return settle({ ok: true, value: undefined });
    this.#read(this.#reader = this.#open(body), first);
  }

  cancel(reason?: unknown): void {
    if (this.#cancelled) return;
    this.#cancelled = true;
    try {
      const done = this.#reader ? this.#reader.cancel(reason) : this.#response.body?.cancel(reason);
      done?.catch(() => {});
    } catch {
      // A body that somebody else reads is locked.
    }
    // Where nothing of it is under way, a signal frees what a cancelled stream would not.
    if (!this.#reader) this.#exchange.carrier?.abort(reason);
  }

  #open(body: ReadableStream<Uint8Array>): Reader {
    if (!this.#reused) return body.getReader();
    try {
      return new BufferReader(body.getReader({ mode: "byob" }));
    } catch {
      // A stream that fills no buffers, such as that of a test double.
      return body.getReader();
    }
  }

  #read(reader: Reader, settle: Settle<Uint8Array | undefined>): void {
    reader.read().then(
      ({ done, value }) => {
        if (done) settle({ ok: true, value: undefined });
        else if (ArrayBuffer.isView(value)) settle({ ok: true, value });
        // A stream of a fetch of the user's may give anything.
        else {
          this.#exchange.bodyFailure ??= { why: "chunk" };
          settle({ ok: false, error: undefined });
        }
      },
      (error) => settle({ ok: false, error }),
    );
  }
}

/**
 * Deno takes a gzip body without a byte for one that was cut. Only chunks tell that it was not: a
 * connection that is lost is another error there. Of br the same error may be a whole body that was
 * lost, so it stays one.
 */
function isEmptyBody(headers: Headers, error: unknown): boolean {
  return headers.has("transfer-encoding") && headers.get("content-encoding") === "gzip" &&
    messageOf(error) === "unexpected end of file";
}

const BUFFER_BYTES = 128 * 1024;

/** Reads every chunk into the same buffer. */
class BufferReader implements Reader {
  readonly #reader: ReadableStreamBYOBReader;
  #buffer = new ArrayBuffer(BUFFER_BYTES);

  constructor(reader: ReadableStreamBYOBReader) {
    this.#reader = reader;
  }

  async read(): Promise<ReadableStreamReadResult<Uint8Array<ArrayBuffer>>> {
    // Whoever took the last chunk may have handed its memory on.
    if (this.#buffer.byteLength === 0) this.#buffer = new ArrayBuffer(BUFFER_BYTES);
    const { done, value } = await this.#reader.read(new Uint8Array(this.#buffer));
    if (value) this.#buffer = value.buffer;
    return done ? { done, value: undefined } : { done, value };
  }

  cancel(reason?: unknown): Promise<void> {
    return this.#reader.cancel(reason);
  }
}
