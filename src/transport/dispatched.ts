import { joinChunks } from "../http/chunks.ts";
import { headerOf, type HeaderPairs, type Settle, statusHasBody } from "../http/message.ts";
import { zlibDecoder } from "../runtime/node.ts";
import {
  type ByteFlow,
  type ByteSink,
  codingsOf,
  decodeInto,
  type Decoder,
  type DecoderEvents,
  decodeRules,
  hasZlibHeader,
  undiciDecodes,
} from "./decoding.ts";
import type { Exchange } from "./exchange.ts";
import type { CarrierBody } from "./port.ts";

type Abort = (reason?: unknown) => void;

/** The most bytes of a body that nobody wants, so that its connection can be used again. */
const DROPPED_BYTES = 64 * 1024;

/** What came back for a request that a dispatcher was given; undici calls it, by its own names. */
abstract class Dispatched implements ByteFlow {
  /** Called when its head has come, or an error in its place. */
  opened: (() => void) | undefined = undefined;
  status = 0;
  statusText = "";
  headers: HeaderPairs = [];
  body: ByteQueue | null = null;
  /** Why there is no head. */
  failed: { readonly error: unknown } | undefined = undefined;
  readonly #exchange: Exchange;
  #abort: Abort | undefined;
  #aborted: { readonly reason: unknown } | undefined;
  #sink: ByteSink | undefined;
  #dropped = 0;

  constructor(exchange: Exchange) {
    this.#exchange = exchange;
  }

  abstract resume(): void;

  /** Ends it on the wire, where it has not ended; it may be yet to get there. */
  abort(reason?: unknown): void {
    // undici makes an error of its own where there is none.
    const given = reason instanceof Error ? reason : undefined;
    if (this.#abort) this.#abort(given);
    else this.#aborted = { reason: given };
  }

  protected start(abort: Abort): void {
    this.#abort = abort;
    if (this.#aborted) abort(this.#aborted.reason);
  }

  protected open(status: number, statusText: string, headers: HeaderPairs): void {
    this.status = status;
    this.statusText = statusText;
    this.headers = headers;
    const { request } = this.#exchange;
    if (request.method !== "HEAD" && statusHasBody(status)) {
      const body = this.body = new ByteQueue(request.stream);
      this.#sink = this.#decoded(body);
    }
    this.opened?.();
  }

  /** Takes a chunk; whether it wants more. */
  protected take(chunk: Uint8Array): boolean {
    if (this.#sink) return this.#sink.push(chunk);
    this.#dropped += chunk.byteLength;
    if (this.#dropped > DROPPED_BYTES) this.abort();
    return true;
  }

  protected finish(): void {
    this.#abort = undefined;
    this.#sink?.end();
  }

  protected break(error: unknown): void {
    this.#abort = undefined;
    // What fetch makes of it in either place.
    if (this.status > 0) return this.#sink?.fail(new TypeError("terminated", { cause: error }));
    this.failed = { error };
    this.opened?.();
  }

  /** What takes the bytes from the wire. */
  #decoded(body: ByteQueue): ByteSink {
    body.flow = this;
    const encoding = headerOf(this.headers, "content-encoding");
    if (encoding === null) return body;
    const codings = codingsOf(encoding).reverse();
    const left = !undiciDecodes(encoding);
    const partial = this.status === 206;
    // A part of an encoded body is no encoded body, but that stops undici only by its names.
    if (codings.length === 0 || (partial && left)) return body;
    const rules = decodeRules(this.#exchange, left, partial);
    return body.flow = decodeInto(body, codings, this, rules, openDecoder);
  }
}

/** Opens a decoder of `node:zlib`. */
export function openDecoder(
  events: DecoderEvents,
  coding: string,
  first: Uint8Array,
  partial: boolean,
): Decoder | undefined {
  const isRaw = coding === "deflate" && !hasZlibHeader(first);
  const decoder = zlibDecoder(isRaw ? "raw" : coding, partial);
  decoder?.on("data", (chunk) => events.decoded(chunk));
  decoder?.on("end", () => events.ended());
  decoder?.on("error", (error) => events.broken(error));
  decoder?.on("drain", () => events.drained());
  return decoder;
}

/** A handler as undici had it up to 7. */
export class PlainHandler extends Dispatched {
  #resume: (() => void) | undefined;

  resume(): void {
    this.#resume?.();
  }

  onConnect(abort: Abort): void {
    this.start(abort);
  }

  onHeaders(
    status: number,
    raw: readonly unknown[],
    resume: () => void,
    statusText: string,
  ): boolean {
    if (status < 200) return true;
    this.#resume = resume;
    this.open(status, statusText, headerPairs(raw));
    return true;
  }

  onData(chunk: Uint8Array): boolean {
    return this.take(chunk);
  }

  onComplete(): void {
    this.finish();
  }

  onError(error: unknown): void {
    this.break(error);
  }
}

interface Controller {
  readonly rawHeaders?: readonly unknown[] | undefined;
  abort(reason?: unknown): void;
  pause(): void;
  resume(): void;
}

/** A handler as undici has it from 8 on. */
export class ControlledHandler extends Dispatched {
  #controller: Controller | undefined;

  resume(): void {
    this.#controller?.resume();
  }

  onRequestStart(controller: Controller): void {
    this.#controller = controller;
    this.start((reason) => controller.abort(reason));
  }

  onResponseStart(
    { rawHeaders }: Controller,
    status: number,
    headers: Readonly<Record<string, unknown>>,
    statusText: string,
  ): void {
    if (status < 200) return;
    const raw = Array.isArray(rawHeaders) ? rawHeaders : Object.entries(headers).flat();
    this.open(status, statusText, headerPairs(raw));
  }

  onResponseData(controller: Controller, chunk: Uint8Array): void {
    if (!this.take(chunk)) controller.pause();
  }

  onResponseEnd(): void {
    this.finish();
  }

  onResponseError(_: Controller | undefined, error: unknown): void {
    this.break(error);
  }
}

/** A `Buffer`, which decodes Latin-1 by itself. */
interface Latin1 {
  latin1Slice(start: number, end: number): string;
}

const MAX_NAMES = 512;
/** Lower-case forms; servers use few names. */
const names = new Map<string, string>();

/** The pairs of headers as undici gives them: bytes or texts, of names and values by turns. */
function headerPairs(raw: readonly unknown[]): HeaderPairs {
  const pairs: [string, string][] = [];
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = lowerCase(textOf(raw[at]));
    const value = raw[at + 1];
    if (!Array.isArray(value)) pairs.push([name, textOf(value)]);
    else for (const one of value) pairs.push([name, textOf(one)]);
  }
  return pairs;
}

function textOf(value: unknown): string {
  if (!ArrayBuffer.isView(value)) return String(value);
  return (value as unknown as Latin1).latin1Slice(0, value.byteLength);
}

function lowerCase(name: string): string {
  let lower = names.get(name);
  if (lower === undefined) {
    lower = name.toLowerCase();
    if (names.size >= MAX_NAMES) names.clear();
    names.set(name, lower);
  }
  return lower;
}

/** Waiting bytes from which on a stream lets its server wait. */
const FULL_BYTES = 64 * 1024;
/** So many chunks that have been read leave the queue at once. */
const DROP_COUNT = 1024;

/** The body of a response from a dispatcher: chunks wait in it until they are read. */
class ByteQueue implements CarrierBody, ByteSink {
  /** What brings the chunks. */
  flow: ByteFlow | undefined = undefined;
  readonly #most: number;
  #chunks: Uint8Array[] = [];
  /** How many of them have been read. */
  #at = 0;
  #size = 0;
  #paused = false;
  #ended = false;
  #failed: { readonly error: unknown } | undefined;
  #wake: (() => void) | undefined;

  /** @param stream Whether somebody reads it at his own pace. */
  constructor(stream: boolean) {
    this.#most = stream ? FULL_BYTES : Infinity;
  }

  push(chunk: Uint8Array): boolean {
    this.#chunks.push(chunk);
    this.#size += chunk.byteLength;
    this.#wake?.();
    this.#paused = this.#size >= this.#most;
    return !this.#paused;
  }

  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  fail(error: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#failed = { error };
    this.#wake?.();
  }

  next(settle: Settle<Uint8Array | undefined>): void {
    const chunk = this.#shift();
    if (chunk) {
      this.#size -= chunk.byteLength;
      // Not for each chunk: undici takes up all that waits in the socket anew each time.
      if (this.#paused && this.#size <= this.#most / 2) {
        this.#paused = false;
        this.flow?.resume();
      }
      settle({ ok: true, value: owned(chunk) });
    } else if (this.#failed) settle({ ok: false, ...this.#failed });
    else if (this.#ended) settle({ ok: true, value: undefined });
    else this.#await(() => this.next(settle));
  }

  whole(settle: Settle<Uint8Array>): void {
    if (this.#failed) settle({ ok: false, ...this.#failed });
    else if (!this.#ended) this.#await(() => this.whole(settle));
    else settle({ ok: true, value: owned(joinChunks(this.#chunks.slice(this.#at), this.#size)) });
  }

  /** The next chunk. Arrays shift a long queue as a whole, and a server may make it long. */
  #shift(): Uint8Array | undefined {
    const chunk = this.#chunks[this.#at];
    if (!chunk) return undefined;
    if (++this.#at === this.#chunks.length || this.#at === DROP_COUNT) {
      this.#chunks.splice(0, this.#at);
      this.#at = 0;
    }
    return chunk;
  }

  cancel(reason?: unknown): void {
    this.#chunks = [];
    this.#at = 0;
    if (this.#ended) return;
    this.#ended = true;
    this.flow?.abort(reason);
  }

  /**
   * Calls back when more has come. By a promise, so that what follows runs with the caller's
   * `AsyncLocalStorage`, not with that of the socket, and not within undici's parser.
   */
  #await(then: () => void): void {
    new Promise<void>((resolve) => this.#wake = resolve).then(() => {
      this.#wake = undefined;
      then();
    });
  }
}

/** A chunk with memory of its own: what came from the socket may share it with headers and others. */
function owned(chunk: Uint8Array): Uint8Array {
  const { buffer, byteLength } = chunk;
  return byteLength === buffer.byteLength ? new Uint8Array(buffer) : new Uint8Array(chunk);
}
