import { joinChunks } from "../http/chunks.ts";
import type { Exchange } from "./exchange.ts";

/** What takes the bytes of a body as they come. */
export interface ByteSink {
  /** Takes a chunk; `false` asks for no more until it has called for them. */
  push(chunk: Uint8Array): boolean;
  /** Told that all of it has come. */
  end(): void;
  /** Told that no more will come. */
  fail(error: unknown): void;
}

/** What is in front of a sink: it stops and goes on as the sink asks for it. */
export interface ByteFlow {
  /** Goes on after a chunk that was answered with `false`. */
  resume(): void;
  /** Gives the rest up. */
  abort(reason?: unknown): void;
}

/** What an encoded body may come to. */
export interface DecodeRules {
  /** The most bytes that the decoded body may have. */
  readonly maxBytes: number | false;
  /** Whether it may be a part only: then it need not have an end. */
  readonly partial: boolean;
  /** Notes what is wrong with it; returns what to throw. What broke the source stays as it is. */
  invalid(problem: string, thrown?: unknown): unknown;
  /** Notes that it is too large; returns what to throw. */
  tooLarge(): unknown;
}

/** What undoes a coding, as a stream of `node:zlib` does. */
export interface Decoder {
  write(chunk: Uint8Array): boolean;
  end(): void;
  pause(): void;
  resume(): void;
  destroy(): void;
}

/** What a decoder tells. */
export interface DecoderEvents {
  decoded(chunk: Uint8Array): void;
  ended(): void;
  broken(error: unknown): void;
  /** Told that it takes more, after a chunk that was answered with `false`. */
  drained(): void;
}

/** Opens a decoder; it is told the first bytes, and whether they may be of a part. */
export type OpenDecoder = (
  events: DecoderEvents,
  coding: string,
  first: Uint8Array,
  partial: boolean,
) => Decoder | undefined;

/** More are an attack: each layer may multiply the size by a thousand. */
const MAX_CODINGS = 5;
/** What an inner layer may have more than the body that is in it. */
const SLACK_BYTES = 64 * 1024;
/** As many bytes tell the forms of a coding apart. */
const PEEKED_BYTES = 4;

/** The content codings that are registered; other tokens, such as `utf-8`, are mistakes. */
const CODING =
  /^(?:aes128gcm|br|(?:x-)?compress|dcb|dcz|deflate|exi|(?:x-)?gzip|pack200-gzip|zstd)$/;

const UNDICI: ReadonlySet<string> = new Set(["gzip", "x-gzip", "deflate", "br"]);

/** Whether Node's fetch decodes a body: one token that it does not know, and it decodes nothing. */
export function undiciDecodes(header: string): boolean {
  return header.toLowerCase().split(",").every((token) => UNDICI.has(token.trim()));
}

/** The codings of a body, in the order in which they were applied. */
export function codingsOf(header: string): string[] {
  return header.toLowerCase().split(",").map((token) => token.trim())
    .filter((token) => CODING.test(token));
}

/** What can be said against so many codings before one is undone. */
export function codingsProblem({ length }: { readonly length: number }): string | undefined {
  return length <= MAX_CODINGS
    ? undefined
    : `it has ${length} content codings, at most ${MAX_CODINGS} are undone`;
}

/**
 * What the body of an exchange may come to.
 *
 * @param own Whether fetch would hand the codings on, so that no error of its own is known.
 */
export function decodeRules(exchange: Exchange, own: boolean, partial: boolean): DecodeRules {
  return {
    maxBytes: exchange.request.maxResponseBytes,
    partial,
    invalid(problem, thrown) {
      if (own || thrown === undefined) {
        exchange.bodyFailure ??= { why: "coding", problem, thrown };
      }
      return new TypeError("terminated", { cause: thrown });
    },
    tooLarge() {
      exchange.bodyFailure ??= { why: "size" };
      return new Error("too large");
    },
  };
}

/**
 * Decodes a body as it comes. Each layer stops the one before it while what it has given is not
 * taken, so that a few kilobytes that stand for gigabytes never are those in memory.
 *
 * @param sink What takes the decoded bytes; it is told of everything that goes wrong.
 * @param codings Outermost first.
 * @param source What brings the encoded bytes.
 * @returns What takes the encoded bytes, and what is in front of the sink.
 */
export function decodeInto(
  sink: ByteSink,
  codings: readonly string[],
  source: ByteFlow,
  rules: DecodeRules,
  open: OpenDecoder,
): ByteSink & ByteFlow {
  const layers: Layer[] = [];
  const destroy = (): void => {
    for (const layer of layers) layer.destroy();
  };
  const fail = (error: unknown): void => {
    destroy();
    sink.fail(error);
    source.abort(error);
  };
  for (let at = codings.length - 1; at >= 0; at--) {
    layers.unshift(new Layer(codings[at] as string, layers[0] ?? sink, rules, open, fail));
  }
  const [outer, inner] = [layers[0] as Layer, layers.at(-1) as Layer];
  for (const [index, layer] of layers.entries()) layer.before = layers[index - 1] ?? source;
  const problem = codingsProblem(codings);
  if (problem !== undefined) fail(rules.invalid(problem));
  return {
    push: (chunk) => outer.push(chunk),
    end: () => outer.end(),
    fail(error) {
      destroy();
      sink.fail(error);
    },
    resume: () => inner.resume(),
    abort(reason) {
      destroy();
      source.abort(reason);
    },
  };
}

/** One coding that is undone. */
class Layer implements ByteSink, DecoderEvents, Pick<ByteFlow, "resume"> {
  before: Pick<ByteFlow, "resume"> | undefined = undefined;
  readonly fail: (error: unknown) => void;
  readonly #coding: string;
  readonly #next: ByteSink;
  readonly #rules: DecodeRules;
  readonly #openDecoder: OpenDecoder;
  #first: Uint8Array = new Uint8Array(0);
  #decoder: Decoder | undefined;
  #plain = false;
  #destroyed = false;
  #size = 0;

  constructor(
    coding: string,
    next: ByteSink,
    rules: DecodeRules,
    open: OpenDecoder,
    fail: (error: unknown) => void,
  ) {
    this.#coding = coding;
    this.#next = next;
    this.#rules = rules;
    this.#openDecoder = open;
    this.fail = fail;
  }

  push(chunk: Uint8Array): boolean {
    if (this.#destroyed) return true;
    if (this.#decoder) return this.#decoder.write(chunk);
    if (this.#plain) return this.#next.push(chunk);
    const size = this.#first.byteLength + chunk.byteLength;
    this.#first = this.#first.byteLength === 0 ? chunk : joinChunks([this.#first, chunk], size);
    return size < PEEKED_BYTES || this.#open();
  }

  end(): void {
    if (this.#destroyed) return;
    if (!this.#decoder && !this.#plain) {
      // Nothing, encoded, is nothing to many servers.
      if (this.#first.byteLength === 0) this.#plain = true;
      else this.#open();
    }
    if (this.#plain) this.#next.end();
    else this.#decoder?.end();
  }

  resume(): void {
    if (this.#decoder) this.#decoder.resume();
    else this.before?.resume();
  }

  destroy(): void {
    this.#destroyed = true;
    this.#decoder?.destroy();
  }

  #open(): boolean {
    const first = this.#first;
    const coding = this.#coding;
    this.#plain = isPlain(coding, first);
    if (this.#plain) return this.#next.push(first);
    this.#decoder = this.#openDecoder(this, coding, first, this.#rules.partial);
    if (this.#decoder) return this.#decoder.write(first);
    this.fail(this.#rules.invalid(`this runtime cannot decode content-encoding "${coding}"`));
    return true;
  }

  decoded(chunk: Uint8Array): void {
    if (this.#destroyed) return;
    this.#size += chunk.byteLength;
    const { maxBytes } = this.#rules;
    if (maxBytes !== false && this.#size > maxBytes * 1.02 + SLACK_BYTES) {
      this.fail(this.#rules.tooLarge());
    } else if (!this.#next.push(chunk)) this.#decoder?.pause();
  }

  ended(): void {
    if (!this.#destroyed) this.#next.end();
  }

  broken(error: unknown): void {
    if (!this.#destroyed) this.fail(this.#rules.invalid(`not valid ${this.#coding}`, error));
  }

  drained(): void {
    this.before?.resume();
  }
}

/** A plain body that is labelled zstd; newer Node versions decode it, and no other sign tells. */
function isPlain(coding: string, first: Uint8Array): boolean {
  if (coding !== "zstd") return false;
  return !(first[0] === 0x28 && first[1] === 0xb5 && first[2] === 0x2f && first[3] === 0xfd);
}

/** RFC 1950, 2.2. Some servers send `deflate` without the zlib wrapper. */
export function hasZlibHeader([cmf = 0, flags = 0]: Uint8Array): boolean {
  return (cmf & 0x0f) === 8 && (cmf << 8 | flags) % 31 === 0;
}
