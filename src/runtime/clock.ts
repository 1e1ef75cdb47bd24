/**
 * Time and chance, as a client sees them. The default is the real clock; `./testing` has a virtual
 * one for tests. All times are milliseconds.
 */
export interface Clock {
  /**
   * The time of day.
   *
   * @returns Milliseconds since the epoch, as `Date.now` gives them.
   */
  now(): number;
  /**
   * A random number, for jitter.
   *
   * @returns A number from 0 up to, not including, 1.
   */
  random(): number;
  /**
   * Waits without blocking the thread.
   *
   * @param ms How many milliseconds to wait; 0 or less only yields.
   * @param signal Ends the wait at once; the promise then rejects with the signal's reason.
   * @returns Resolves when the time is over.
   */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /**
   * Waits and blocks the thread.
   *
   * @param ms How many milliseconds to wait; 0 or less returns at once.
   */
  sleepSync(ms: number): void;
}

/** A longer delay makes `setTimeout` fire at once. */
export const MAX_TIMER_MS: number = 2 ** 31 - 1;

// Taken on import: a test may fake the globals later, and a wait of ours must end all the same.
/**
 * Milliseconds since some moment in the past. Never goes back, so that two readings give a duration.
 */
export const elapsed: () => number = performance.now.bind(performance);
const wallClock = Date.now;
const random = Math.random;

/** Starts a timer that no test has faked. */
export const startTimer: typeof setTimeout = globalThis.setTimeout;
/** Ends a timer of {@linkcode startTimer}. */
export const endTimer: typeof clearTimeout = globalThis.clearTimeout;

let pause: Int32Array | undefined;

/** The time of the machine, and a thread that really waits. */
export const realClock: Clock = {
  now: wallClock,
  random,
  sleep,
  sleepSync(ms: number): void {
    if (!(ms > 0)) return;
    try {
      pause ??= new Int32Array(new SharedArrayBuffer(4));
      Atomics.wait(pause, 0, 0, ms);
    } catch {
      spin(ms);
    }
  },
};

/** A clock that stands still while code runs, as on edge runtimes, would never come to an end. */
const MAX_STANDSTILL = 10_000_000;

/** Waits where a thread may not block: a page, which looks at the clock until the time is over. */
function spin(ms: number): void {
  const end = elapsed() + ms;
  let last = elapsed();
  for (let still = 0; last < end; still++) {
    if (still > MAX_STANDSTILL) throw new TypeError("Cannot wait: this thread may not block");
    const time = elapsed();
    if (time === last) continue;
    last = time;
    still = 0;
  }
}

function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    let left = ms > 0 ? ms : 0;
    const wait = (): ReturnType<typeof setTimeout> => {
      const slice = Math.min(left, MAX_TIMER_MS);
      left -= slice;
      return startTimer(() => left > 0 ? timer = wait() : end(resolve), slice);
    };
    const end = (settle: () => void): void => {
      signal?.removeEventListener("abort", abort);
      settle();
    };
    const abort = (): void => {
      endTimer(timer);
      end(() => reject(signal?.reason));
    };
    signal?.addEventListener("abort", abort);
    let timer = wait();
  });
}
