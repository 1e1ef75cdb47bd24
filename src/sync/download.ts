import type { Outcome } from "../transport.ts";
import { WINDOW_BYTES, WINDOW_CHUNKS } from "./protocol.ts";

/** What a stream needs from the bridge. */
export interface StreamLine {
  /** Tells the worker what was consumed. */
  credit(chunks: number, bytes: number): void;
  /** Cancels on the wire. */
  close(): void;
  /** Runs something inside the next wait or poll. */
  queue(settle: () => void): void;
}

/** A chunk, the end, or what went wrong. */
export type ChunkOutcome = Outcome<Uint8Array<ArrayBuffer> | undefined>;

/** The caller's end of a streamed body. The worker never has more than a window under way. */
export class BridgeStreamEnd {
  readonly #line: StreamLine;
  readonly #arrived: ChunkOutcome[] = [];
  #last: ChunkOutcome | undefined;
  #reader: ((outcome: ChunkOutcome) => void) | undefined;
  #closed = false;
  #usedChunks = 0;
  #usedBytes = 0;

  constructor(line: StreamLine) {
    this.#line = line;
  }

  read(settle: (outcome: ChunkOutcome) => void): { cancel(): void } {
    if (this.#reader) throw new TypeError("Cannot read the stream: another read is under way");
    this.#reader = settle;
    if (this.#arrived.length > 0 || this.#last) this.#line.queue(() => this.#flush());
    return {
      cancel: () => {
        if (this.#reader === settle) this.#reader = undefined;
      },
    };
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#reader = undefined;
    this.#arrived.length = 0;
    this.#last = { ok: true, value: undefined };
    this.#line.close();
  }

  /** Takes what the worker sent. */
  push(outcome: ChunkOutcome): void {
    if (this.#closed) return;
    if (outcome.ok && outcome.value) this.#arrived.push(outcome);
    else this.#last = outcome;
    this.#flush();
  }

  #flush(): void {
    const reader = this.#reader;
    if (!reader) return;
    const outcome = this.#arrived.shift() ?? this.#last;
    if (!outcome) return;
    this.#reader = undefined;
    if (outcome.ok && outcome.value) this.#consumed(outcome.value.byteLength);
    reader(outcome);
  }

  #consumed(bytes: number): void {
    this.#usedChunks++;
    this.#usedBytes += bytes;
    if (this.#last) return;
    // Half a window at a time: a message per chunk would cost more than the chunk.
    if (this.#usedChunks < WINDOW_CHUNKS / 2 && this.#usedBytes < WINDOW_BYTES / 2) return;
    this.#line.credit(this.#usedChunks, this.#usedBytes);
    this.#usedChunks = 0;
    this.#usedBytes = 0;
  }
}
