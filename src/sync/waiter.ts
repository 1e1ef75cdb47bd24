import { SyncBridgeError } from "../errors.ts";
import { elapsed } from "../runtime/clock.ts";
import { ring } from "./channel.ts";

/** A blocked thread looks around at least this often. */
const SLICE_MS = 1000;

/** What a waiter looks after: a worker that is alive, or is starting. */
export interface Waited {
  /** Handles what has arrived and what is due; whether there was anything. */
  poll(): boolean;
  /** Whether something is to come from it. */
  readonly expecting: boolean;
  /** Milliseconds until something is due without its doing. */
  remaining(): number;
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

  /**
   * Blocks until something was handled or the time is over; whether something was handled.
   *
   * @throws {SyncBridgeError} For a wait that nothing would end.
   */
  wait(ms: number): boolean {
    const end = elapsed() + ms;
    for (;;) {
      const heard = Atomics.load(this.#bell, 0);
      if (this.poll()) return true;
      let slice = Math.min(end - elapsed(), SLICE_MS);
      if (!(slice > 0)) return false;
      let expecting = false;
      for (const waited of this.#waited) {
        expecting ||= waited.expecting;
        slice = Math.min(slice, waited.remaining());
      }
      if (ms === Infinity && !expecting) {
        throw new SyncBridgeError("Cannot wait without a limit: nothing is under way");
      }
      Atomics.wait(this.#bell, 0, heard, Math.max(slice, 0));
    }
  }
}

let waiter: Waiter | undefined;

/**
 * The waiter of this thread: all of its workers ring one bell.
 *
 * @throws {RangeError} Where there is no shared memory left.
 */
export function threadWaiter(): Waiter {
  return waiter ??= new Waiter();
}
