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
        this.#line.part(crossingBytes(checked(value), transfer), transfer);
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

function checked(chunk: unknown): Uint8Array<ArrayBuffer> {
  if (chunk instanceof Uint8Array && chunk.buffer instanceof ArrayBuffer) {
    return chunk as Uint8Array<ArrayBuffer>;
  }
  if (chunk instanceof Uint8Array) return Uint8Array.from(chunk);
  throw new TypeError("Cannot send the body: its iterable gave something else than a Uint8Array");
}
