import { SyncBridgeError } from "../errors.ts";
import { elapsed } from "../runtime/clock.ts";
import { ring } from "./channel.ts";

/** A blocked thread looks around at least this often. */
const SLICE_MS = 1000;

/** What a waiter looks after: a worker that is alive, or is starting. */
export interface Waited {
  /** Handles what has arrived; whether there was anything. */
  poll(): boolean;
  /** Whether something is to come from it. */
  readonly expecting: boolean;
  /** When something has to be done about it that it does not tell; see `elapsed`. */
  readonly due: number;
  /** Does what is due; whether that ended something. */
  expire(): boolean;
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

  /**
   * Blocks until something was handled or the time is over; whether something was handled.
   *
   * @throws {SyncBridgeError} For a wait that nothing would end.
   */
  wait(ms: number): boolean {
    let now = elapsed();
    const end = now + ms;
    for (;; now = elapsed()) {
      const heard = Atomics.load(this.#bell, 0);
      let handled = false;
      for (const waited of this.#waited) handled = waited.poll() || handled;
      if (handled) return true;
      let next = Math.min(end, now + SLICE_MS);
      for (const waited of this.#waited) {
        if (waited.due <= now) handled = waited.expire() || handled;
        next = Math.min(next, waited.due);
      }
      if (handled) return true;
      if (end <= now) return false;
      const woken = Atomics.wait(this.#bell, 0, heard, Math.max(0, next - now));
      if (ms === Infinity && woken === "timed-out" && !this.#expecting()) {
        throw new SyncBridgeError("Cannot wait without a limit: nothing is under way");
      }
    }
  }

  #expecting(): boolean {
    for (const waited of this.#waited) if (waited.expecting) return true;
    return false;
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
