/*
 * Removes the codings that fetch has left, with the platform's own `DecompressionStream`.
 */
import type { Outcome, Settle } from "../http/message.ts";
import {
  type ByteFlow,
  type ByteSink,
  codingsOf,
  decodeInto,
  type Decoder,
  type DecoderEvents,
  decodeRules,
  hasZlibHeader,
} from "./decoding.ts";
import type { Exchange } from "./exchange.ts";
import type { CarrierBody } from "./port.ts";

/** What is fed to a decoder at once: its output is counted before the next piece. */
const SLICE_BYTES = 16 * 1024;

const FORMATS: Readonly<Record<string, string>> = {
  "gzip": "gzip",
  "x-gzip": "gzip",
  "deflate": "deflate",
  "br": "brotli",
  "zstd": "zstd",
};

/**
 * Removes the codings of a body.
 *
 * @param header What is left of its `content-encoding`.
 */
export function decode(body: CarrierBody, header: string, exchange: Exchange): CarrierBody {
  const codings = codingsOf(header).reverse();
  if (codings.length === 0) return body;
  const decoded = new Decoded();
  let reading = false;
  const pull = (): void => {
    if (reading) return;
    reading = true;
    body.next((outcome) => {
      reading = false;
      if (!outcome.ok) flow.fail(outcome.error);
      else if (!outcome.value) flow.end();
      else if (flow.push(outcome.value)) pull();
    });
  };
  const source = { resume: pull, abort: (reason?: unknown) => body.cancel(reason) };
  const rules = decodeRules(exchange, true, false);
  const flow = decodeInto(decoded, codings, source, rules, openDecoder);
  decoded.flow = flow;
  return decoded;
}

/** What was decoded: a chunk, and the next one when that is asked for. */
class Decoded implements CarrierBody, ByteSink {
  /** What brings the chunks. */
  flow: ByteFlow | undefined = undefined;
  #chunk: Outcome<Uint8Array> | undefined;
  #end: Outcome<undefined> | undefined;
  #settle: Settle<Uint8Array | undefined> | undefined;

  next(settle: Settle<Uint8Array | undefined>): void {
    this.#settle = settle;
    if (this.#chunk || this.#end) this.#tell();
    else this.flow?.resume();
  }

  push(value: Uint8Array): boolean {
    this.#chunk = { ok: true, value };
    this.#tell();
    return this.#settle !== undefined;
  }

  end(): void {
    this.#end ??= { ok: true, value: undefined };
    this.#tell();
  }

  fail(error: unknown): void {
    this.#end ??= { ok: false, error };
    this.#tell();
  }

  cancel(reason?: unknown): void {
    this.flow?.abort(reason);
  }

  #tell(): void {
    const settle = this.#settle;
    const outcome = this.#chunk ?? this.#end;
    if (!settle || !outcome) return;
    this.#settle = this.#chunk = undefined;
    settle(outcome);
  }
}

function openDecoder(
  events: DecoderEvents,
  coding: string,
  first: Uint8Array,
): Decoder | undefined {
  const format = FORMATS[coding];
  if (format === undefined) return undefined;
  const raw = format === "deflate" && !hasZlibHeader(first);
  try {
    const name = (raw ? "deflate-raw" : format) as CompressionFormat;
    return new WebDecoder(new DecompressionStream(name), events);
  } catch {
    return undefined;
  }
}

class WebDecoder implements Decoder {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #writer: WritableStreamDefaultWriter<BufferSource>;
  readonly #events: DecoderEvents;
  #paused = false;
  #wake: (() => void) | undefined;

  constructor({ readable, writable }: DecompressionStream, events: DecoderEvents) {
    this.#reader = readable.getReader();
    this.#writer = writable.getWriter();
    this.#events = events;
    this.#writer.closed.catch(() => {});
    this.#read();
  }

  write(chunk: Uint8Array): boolean {
    // What goes wrong is told by the other end.
    this.#feed(chunk).catch(() => {});
    return false;
  }

  end(): void {
    this.#writer.close().catch(() => {});
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#wake?.();
  }

  destroy(): void {
    this.#writer.abort().catch(() => {});
    this.#reader.cancel().catch(() => {});
  }

  async #feed(chunk: Uint8Array): Promise<void> {
    for (let at = 0; at < chunk.byteLength; at += SLICE_BYTES) {
      await this.#writer.write(chunk.subarray(at, at + SLICE_BYTES) as BufferSource);
    }
    this.#events.drained();
  }

  async #read(): Promise<void> {
    try {
      for (;;) {
        const { done, value } = await this.#reader.read();
        if (done) return this.#events.ended();
        this.#events.decoded(value);
        if (this.#paused) await new Promise<void>((resolve) => this.#wake = resolve);
      }
    } catch (error) {
      this.#events.broken(error);
    }
  }
}
