/*
 * Both ends of a response body that is read piece by piece. The worker never has more than a window
 * under way: reading on would only move the backlog from the socket into memory.
 */
import type { BodySource, Outcome, Settle, Stop } from "../http/message.ts";

/** How many chunks of a streamed response may be under way. */
export const WINDOW_CHUNKS = 8;
/** How many bytes of a streamed response may be under way. */
export const WINDOW_BYTES: number = 512 * 1024;
/** What the caller's end needs from the bridge. */
export interface DownloadOptions {
  /** Tells the worker what was consumed. */
  credit(chunks: number, bytes: number): void;
  /** Told whether somebody waits for a chunk. */
  waiting(yes: boolean): void;
  /** Cancels on the wire. */
  close(): void;
}

/** A chunk, the end, or what went wrong. */
type Chunk = Outcome<Uint8Array | undefined>;

const END: Chunk = { ok: true, value: undefined };

/** The caller's end. */
export class Download implements BodySource {
  readonly blocking = true;
  /** How many bytes have arrived. */
  received = 0;
  readonly #options: DownloadOptions;
  readonly #arrived: Chunk[] = [];
  #last: Chunk | undefined;
  #reader: Settle<Uint8Array | undefined> | undefined;
  #closed = false;
  #reuse = false;
  /** What the reader is done with when it asks for more. */
  #lent: Uint8Array | undefined;
  #usedChunks = 0;
  #usedBytes = 0;

  constructor(options: DownloadOptions) {
    this.#options = options;
  }

  reuse(): boolean {
    return this.#reuse = true;
  }

  /** Asks for the next chunk; one that was given up is left to the next read. */
  read(settle: Settle<Uint8Array | undefined>): Stop {
    if (this.#reader) {
      throw new TypeError("Cannot read the stream: another read of it is under way");
    }
    this.#reader = settle;
    if (this.#lent) release(this.#lent);
    this.#lent = undefined;
    if (!this.#hand()) this.#options.waiting(true);
    return () => {
      if (this.#reader === settle) this.#drop();
    };
  }

  /** Gives the rest up. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#drop();
    this.#arrived.length = 0;
    this.#last = END;
    this.#options.close();
  }

  /** Takes what the worker sent. */
  push(outcome: Chunk): void {
    if (this.#closed) return;
    if (outcome.ok && outcome.value) {
      this.received += outcome.value.byteLength;
      this.#arrived.push(outcome);
    } else this.#last = outcome;
    this.#hand();
  }

  /** Gives the reader what there is; whether there was anything. */
  #hand(): boolean {
    const reader = this.#reader;
    const outcome = reader && (this.#arrived.shift() ?? this.#last);
    if (!outcome) return false;
    this.#drop();
    if (outcome.ok && outcome.value) {
      this.#consume(outcome.value.byteLength);
      if (this.#reuse) this.#lent = outcome.value;
    }
    reader(outcome);
    return true;
  }

  #drop(): void {
    if (!this.#reader) return;
    this.#reader = undefined;
    this.#options.waiting(false);
  }

  #consume(bytes: number): void {
    this.#usedChunks++;
    this.#usedBytes += bytes;
    if (this.#last) return;
    // Half a window at a time: a message per chunk would cost more than the chunk.
    if (this.#usedChunks < WINDOW_CHUNKS / 2 && this.#usedBytes < WINDOW_BYTES / 2) return;
    this.#options.credit(this.#usedChunks, this.#usedBytes);
    this.#usedChunks = 0;
    this.#usedBytes = 0;
  }
}

/** Less is not worth freeing. */
const RELEASE_BYTES = 512;

/** Frees what is done with at once: as garbage it would pile up to some 64 MiB. */
export function release({ buffer, byteLength }: Uint8Array): void {
  // A view of a part may share its memory with chunks that are still to come.
  if (byteLength < RELEASE_BYTES || buffer.byteLength !== byteLength) return;
  (buffer as { transfer?: (length: number) => unknown }).transfer?.(0);
}

/** The worker's end: reads a body and hands it on, as far as the window allows. */
export class SentBody {
  readonly #source: BodySource;
  readonly #send: Settle<Uint8Array | undefined>;
  #chunks = 0;
  #bytes = 0;
  #reading = false;
  #over = false;

  /** @param send Takes each chunk, and how it ended. */
  constructor(source: BodySource, send: Settle<Uint8Array | undefined>) {
    this.#source = source;
    this.#send = send;
    this.#next();
  }

  /** So much was consumed. */
  credit(chunks: number, bytes: number): void {
    this.#chunks -= chunks;
    this.#bytes -= bytes;
    this.#next();
  }

  /** Gives the rest up and frees the connection. */
  close(): void {
    if (this.#over) return;
    this.#over = true;
    this.#source.close();
  }

  #next(): void {
    if (this.#reading || this.#over) return;
    if (this.#chunks >= WINDOW_CHUNKS || this.#bytes >= WINDOW_BYTES) return;
    this.#reading = true;
    this.#source.read((outcome) => {
      this.#reading = false;
      if (this.#over) return;
      const chunk = outcome.ok ? outcome.value : undefined;
      if (chunk) {
        this.#chunks++;
        this.#bytes += chunk.byteLength;
      } else this.#over = true;
      this.#send(outcome);
      this.#next();
    });
  }
}
