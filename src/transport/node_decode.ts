import { joinChunks } from "../http/chunks.ts";
import { nodeZlib, type Zlib, type ZlibStream } from "../runtime/node.ts";
import { type DecodeRules, hasZlibHeader, isPlain, SLACK_BYTES } from "./content_encoding.ts";
import type { ByteFlow, ByteSink } from "./dispatched_body.ts";

/** What is known of an encoded body besides what may come of it. */
export interface NodeDecodeRules extends DecodeRules {
  /** Whether it may be a part only: then it need not have an end. */
  readonly partial: boolean;
}

/** As many bytes tell the forms of a coding apart. */
const PEEKED_BYTES = 4;

/**
 * Decodes a body with `node:zlib` as it comes. Each layer stops the one before it while what it has
 * given is not taken, so that a few kilobytes that stand for gigabytes never are those in memory.
 *
 * @param codings Outermost first.
 * @param source What brings the encoded bytes.
 * @param sink What takes the decoded ones; it is told of everything that goes wrong.
 * @returns What takes the encoded bytes, and what is in front of the sink.
 */
export function decodeInto(
  sink: ByteSink,
  codings: readonly string[],
  source: ByteFlow,
  rules: NodeDecodeRules,
): ByteSink & ByteFlow {
  const layers: Layer[] = [];
  const abort = (reason?: unknown): void => {
    for (const layer of layers) layer.destroy();
    source.abort(reason);
  };
  const fail = (error: unknown): void => {
    for (const layer of layers) layer.destroy();
    sink.fail(error);
    source.abort(error);
  };
  for (let at = codings.length - 1; at >= 0; at--) {
    layers.unshift(new Layer(codings[at] as string, layers[0] ?? sink, rules, fail));
  }
  const [outer, inner] = [layers[0] as Layer, layers.at(-1) as Layer];
  for (const [index, layer] of layers.entries()) layer.before = layers[index - 1] ?? source;
  return {
    push: (chunk) => outer.push(chunk),
    end: () => outer.end(),
    fail(error) {
      for (const layer of layers) layer.destroy();
      sink.fail(error);
    },
    resume: () => inner.resume(),
    abort,
  };
}

/** One coding that is undone. */
class Layer implements ByteSink, Pick<ByteFlow, "resume"> {
  before: Pick<ByteFlow, "resume"> | undefined = undefined;
  readonly fail: (error: unknown) => void;
  readonly #coding: string;
  readonly #next: ByteSink;
  readonly #rules: NodeDecodeRules;
  #first: Uint8Array = new Uint8Array(0);
  #decoder: ZlibStream | undefined;
  #plain = false;
  #destroyed = false;
  #size = 0;

  constructor(
    coding: string,
    next: ByteSink,
    rules: NodeDecodeRules,
    fail: (error: unknown) => void,
  ) {
    this.#coding = coding;
    this.#next = next;
    this.#rules = rules;
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
    this.#plain = isPlain(this.#coding, first);
    if (this.#plain) return this.#next.push(first);
    const zlib = nodeZlib();
    const decoder = zlib && decoderFor(zlib, this.#coding, first, this.#rules.partial);
    if (!decoder) {
      this.fail(this.#rules.invalid(
        `this runtime cannot decode content-encoding "${this.#coding}"`,
      ));
      return true;
    }
    this.#decoder = decoder;
    decoder.on("data", (chunk) => this.#decoded(chunk, decoder));
    decoder.on("end", () => {
      if (!this.#destroyed) this.#next.end();
    });
    decoder.on("error", (error) => {
      if (!this.#destroyed) this.fail(this.#rules.invalid(`not valid ${this.#coding}`, error));
    });
    decoder.on("drain", () => this.before?.resume());
    return decoder.write(first);
  }

  #decoded(chunk: Uint8Array, decoder: ZlibStream): void {
    if (this.#destroyed) return;
    this.#size += chunk.byteLength;
    const { maxBytes } = this.#rules;
    if (maxBytes !== false && this.#size > maxBytes * 1.02 + SLACK_BYTES) {
      return this.fail(this.#rules.tooLarge());
    }
    if (!this.#next.push(chunk)) decoder.pause();
  }
}

function decoderFor(
  zlib: Zlib,
  coding: string,
  first: Uint8Array,
  partial: boolean,
): ZlibStream | undefined {
  const { constants } = zlib;
  // What is there so far is handed on at once. Only of a part the end may be missing.
  const flush = constants.Z_SYNC_FLUSH;
  const options = { flush, ...partial && { finishFlush: flush } };
  switch (coding) {
    case "gzip":
    case "x-gzip":
      return zlib.createGunzip(options);
    case "deflate":
      return hasZlibHeader(first) ? zlib.createInflate(options) : zlib.createInflateRaw(options);
    case "br": {
      const flush = constants.BROTLI_OPERATION_FLUSH;
      return zlib.createBrotliDecompress({ flush, ...partial && { finishFlush: flush } });
    }
    case "zstd": {
      const { ZSTD_e_continue: flush, ZSTD_d_windowLogMax: window } = constants;
      // RFC 9659: a larger window is none of HTTP.
      const params = window === undefined ? undefined : { [window]: 23 };
      return zlib.createZstdDecompress?.({ flush, ...partial && { finishFlush: flush }, params });
    }
  }
  return undefined;
}
