import { PULL_CHUNKS } from "./protocol.ts";

/** A request body whose chunks come from the blocked caller, a bounded window ahead of the socket. */
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
