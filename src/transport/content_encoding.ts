/*
 * Removes the codings that fetch has left, with the platform's own `DecompressionStream`.
 */
import type { ZlibStream } from "../runtime/node.ts";
import { ByteQueue, codingsOf, decodeInto, decodeRules, hasZlibHeader } from "./decoding.ts";
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
  const queue = new ByteQueue(true);
  const pull = (): void =>
    body.next((outcome) => {
      if (!outcome.ok) flow.fail(outcome.error);
      else if (!outcome.value) flow.end();
      else if (flow.push(outcome.value)) pull();
    });
  const source = { resume: pull, abort: (reason?: unknown) => body.cancel(reason) };
  const rules = decodeRules(exchange, true, false);
  const flow = decodeInto(queue, codings, source, rules, openDecoder);
  queue.flow = flow;
  pull();
  return queue;
}

function openDecoder(coding: string, first: Uint8Array): ZlibStream | undefined {
  const format = FORMATS[coding];
  if (format === undefined) return undefined;
  const raw = format === "deflate" && !hasZlibHeader(first);
  try {
    const name = (raw ? "deflate-raw" : format) as CompressionFormat;
    return new WebDecoder(new DecompressionStream(name));
  } catch {
    return undefined;
  }
}

/** A `DecompressionStream`, to be used as a stream of `node:zlib` is. */
class WebDecoder implements ZlibStream {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #writer: WritableStreamDefaultWriter<BufferSource>;
  readonly #listeners: Record<string, (value?: never) => void> = {};
  #paused = false;
  #wake: (() => void) | undefined;

  constructor({ readable, writable }: DecompressionStream) {
    this.#reader = readable.getReader();
    this.#writer = writable.getWriter();
    this.#writer.closed.catch(() => {});
    this.#read();
  }

  on(event: string, listener: (value: never) => void): void {
    this.#listeners[event] = listener as (value?: never) => void;
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
      await this.#writer.ready;
      await this.#writer.write(chunk.subarray(at, at + SLICE_BYTES) as BufferSource);
    }
    this.#listeners.drain?.();
  }

  async #read(): Promise<void> {
    try {
      for (;;) {
        const { done, value } = await this.#reader.read();
        if (done) return this.#listeners.end?.();
        this.#listeners.data?.(value as never);
        if (this.#paused) await new Promise<void>((resolve) => this.#wake = resolve);
      }
    } catch (error) {
      this.#listeners.error?.(error as never);
    }
  }
}
