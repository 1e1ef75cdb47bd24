/*
 * Both ends of a request body that is produced while it is sent: the caller's thread pulls it from
 * the user's iterator when the worker asks, a bounded window ahead of the socket.
 */
import { checkChunk } from "../http/body.ts";
import { serializeBytes } from "./serialize.ts";

/** How many chunks of a request body may be under way. */
export const PULL_CHUNKS = 4;

/** What the caller's end needs from the bridge. */
export interface UploadOptions {
  /** Hands a chunk on, `undefined` at the end. */
  part(chunk: ArrayBuffer | undefined, transfer: ArrayBuffer[]): void;
  /** Told what the user's code threw. */
  fail(error: unknown): void;
}

/** The caller's end. */
export class Upload {
  readonly #iterator: Iterator<Uint8Array>;
  readonly #options: UploadOptions;
  #wanted = 0;
  #running = false;
  #over = false;

  constructor(iterator: Iterator<Uint8Array>, options: UploadOptions) {
    this.#iterator = iterator;
    this.#options = options;
  }

  /** Hands on so many chunks. */
  give(chunks: number): void {
    this.#wanted += chunks;
    // A sync call of the user's generator serves this one too: it must not be called again then.
    if (this.#running) return;
    this.#running = true;
    try {
      while (this.#wanted > 0 && !this.#over) this.#next();
    } catch (error) {
      this.#over = true;
      this.#options.fail(error);
    } finally {
      this.#running = false;
    }
  }

  /** Lets the iterator clean up. */
  close(): void {
    if (this.#over) return;
    this.#over = true;
    // While it runs it cannot be told to; it is when it has come back.
    if (!this.#running) this.#return();
  }

  #next(): void {
    this.#wanted--;
    const { done, value } = this.#iterator.next();
    if (this.#over) {
      if (!done) this.#return();
    } else if (done) {
      this.#over = true;
      this.#options.part(undefined, []);
    } else this.#part(value);
  }

  #part(value: unknown): void {
    const transfer: ArrayBuffer[] = [];
    try {
      this.#options.part(serializeBytes(checkChunk(value), transfer), transfer);
    } catch (error) {
      this.#return();
      throw error;
    }
  }

  #return(): void {
    try {
      this.#iterator.return?.();
    } catch {
      // The call has its outcome already.
    }
  }
}

/** The worker's end. */
export class PulledBody implements AsyncIterable<Uint8Array> {
  readonly #ask: (chunks: number) => void;
  readonly #arrived: Uint8Array[] = [];
  #asked = 0;
  #over = false;
  #wake: (() => void) | undefined;

  /** @param ask Asks the caller for so many more chunks. */
  constructor(ask: (chunks: number) => void) {
    this.#ask = ask;
  }

  /** Takes the next chunk, `undefined` at the end. */
  push(chunk: Uint8Array | undefined): void {
    this.#asked--;
    if (chunk) this.#arrived.push(chunk);
    else this.#over = true;
    this.#wake?.();
  }

  /** Ends it where it is. */
  end(): void {
    this.#over = true;
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    for (;;) {
      const missing = PULL_CHUNKS - this.#asked - this.#arrived.length;
      if (!this.#over && missing >= PULL_CHUNKS / 2) {
        this.#asked += missing;
        this.#ask(missing);
      }
      const chunk = this.#arrived.shift();
      if (chunk) yield chunk;
      else if (this.#over) return;
      else await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }
}
