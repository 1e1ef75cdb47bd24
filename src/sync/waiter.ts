import { ring } from "./channel.ts";

/** A thread is looked after at least this often while another waits for it. */
const SLICE_MS = 1000;

/** What a waiter looks after: a worker that is alive, or is starting. */
export interface Waited {
  /** Handles what has arrived; whether there was anything. */
  poll(): boolean;
  /** Whether something is to come from it. */
  readonly expecting: boolean;
  /** Told how long this thread has just waited in vain. */
  silent(ms: number): void;
}

/**
 * The one place where a thread blocks. It looks after every worker of the thread; all of them ring
 * the same bell.
 */
export class Waiter {
  /** The memory of the bell. */
  readonly memory: SharedArrayBuffer = new SharedArrayBuffer(4);
  readonly #bell: Int32Array = new Int32Array(this.memory);
  readonly #waited: Set<Waited> = new Set();

  /** Looks after one more, first to last. */
  add(waited: Waited): void {
    this.#waited.add(waited);
  }

  /** Looks after it no longer. */
  remove(waited: Waited): void {
    this.#waited.delete(waited);
  }

  /** Ends a wait that another thread's writer is not going to end. */
  ring(): void {
    ring(this.#bell);
  }

  /** Handles what has arrived, without blocking; whether there was anything. */
  poll(): boolean {
    let handled = false;
    for (const waited of this.#waited) handled = waited.poll() || handled;
    return handled;
  }

  /** Blocks until something was handled or the time is over; whether something was handled. */
  wait(timeoutMs: number): boolean {
    const end = performance.now() + timeoutMs;
    for (;;) {
      const heard = Atomics.load(this.#bell, 0);
      if (this.poll()) return true;
      const from = performance.now();
      const slice = Math.min(end - from, SLICE_MS);
      if (!(slice > 0)) return false;
      if (timeoutMs === Infinity && !this.#expecting()) {
        throw new Error("Cannot wait without a limit: nothing is under way");
      }
      Atomics.wait(this.#bell, 0, heard, slice);
      // Not more than the slice: a thread that was suspended has not waited in that time.
      const waitedMs = Math.min(performance.now() - from, slice);
      for (const waited of this.#waited) if (waited.expecting) waited.silent(waitedMs);
    }
  }

  #expecting(): boolean {
    for (const waited of this.#waited) if (waited.expecting) return true;
    return false;
  }
}

let waiter: Waiter | undefined;

/** The waiter of this thread: all of its workers ring one bell. */
export function threadWaiter(): Waiter {
  return waiter ??= new Waiter();
}
