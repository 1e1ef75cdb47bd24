import { elapsed } from "../runtime/clock.ts";
import type { WireProgress } from "./transport.ts";

const INTERVAL_MS = 100;

/** Counts the bytes of one direction and reports them, at most ten times a second. */
export class ProgressMeter {
  #loaded = 0;
  #reported = -1;
  #lastTime = -Infinity;
  readonly #direction: WireProgress["direction"];
  readonly #total: number | undefined;
  readonly #report: (progress: WireProgress) => void;

  constructor(
    direction: WireProgress["direction"],
    total: number | undefined,
    report: (progress: WireProgress) => void,
  ) {
    this.#direction = direction;
    this.#total = total;
    this.#report = report;
  }

  /** Counts bytes that have passed. */
  add(bytes: number): void {
    this.#loaded += bytes;
    const time = elapsed();
    if (time - this.#lastTime < INTERVAL_MS) return;
    this.#lastTime = time;
    this.#send();
  }

  /** Reports the end; a body of known length that the runtime did not show is counted as a whole. */
  finish(): void {
    if (this.#total !== undefined && this.#loaded < this.#total) this.#loaded = this.#total;
    if (this.#reported < this.#loaded) this.#send();
  }

  #send(): void {
    this.#reported = this.#loaded;
    this.#report({ direction: this.#direction, loaded: this.#loaded, total: this.#total });
  }
}
