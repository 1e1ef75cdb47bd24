import { checkChunk } from "../../http/body.ts";
import { crossingBytes } from "./crossing.ts";

/** What an upload needs from the bridge. */
export interface UploadLine {
  part(chunk: ArrayBuffer | undefined, transfer: readonly ArrayBuffer[]): void;
  fail(error: unknown): void;
}

/** A request body that this thread pulls from the user's iterator when the worker asks. */
export class Upload {
  readonly #iterator: Iterator<Uint8Array>;
  readonly #line: UploadLine;
  #over = false;

  constructor(iterator: Iterator<Uint8Array>, line: UploadLine) {
    this.#iterator = iterator;
    this.#line = line;
  }

  /** Hands on so many chunks. */
  give(chunks: number): void {
    for (let left = chunks; left > 0 && !this.#over; left--) {
      try {
        const { done, value } = this.#iterator.next();
        // The user's code may have closed this very call.
        if (this.#over) return;
        if (done) {
          this.#over = true;
          return this.#line.part(undefined, []);
        }
        const transfer: ArrayBuffer[] = [];
        this.#line.part(crossingBytes(unshared(checkChunk(value)), transfer), transfer);
      } catch (error) {
        this.close();
        return this.#line.fail(error);
      }
    }
  }

  /** Lets the iterator clean up. */
  close(): void {
    if (this.#over) return;
    this.#over = true;
    try {
      this.#iterator.return?.();
    } catch {
      // The call has its outcome already.
    }
  }
}

/** Memory that other threads share would cross as it is, and change on the way. */
function unshared(chunk: Uint8Array): Uint8Array<ArrayBuffer> {
  const shared = !(chunk.buffer instanceof ArrayBuffer);
  return shared ? Uint8Array.from(chunk) : chunk as Uint8Array<ArrayBuffer>;
}
