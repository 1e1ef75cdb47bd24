import { joinChunks } from "../http/chunks.ts";
import type { Settle } from "../http/message.ts";
import type { CarrierBody } from "./port.ts";

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

/** Waiting bytes from which on a stream lets its server wait. */
const FULL_BYTES = 64 * 1024;
/** So many chunks that have been read leave the queue at once. */
const DROP_COUNT = 1024;

/** The body of a response from a dispatcher: chunks wait in it until they are read. */
export class DispatchedBody implements CarrierBody, ByteSink {
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
