import type { Clock } from "../public.ts";

/** Options of {@linkcode VirtualClock}. */
export interface VirtualClockOptions {
  /**
   * Where time starts, in milliseconds since the epoch.
   *
   * @default {0}
   */
  readonly now?: number | undefined;
  /**
   * Chooses the sequence of random numbers; the same seed gives the same numbers.
   *
   * @default {1}
   */
  readonly seed?: number | undefined;
}

interface Sleeper {
  readonly at: number;
  readonly wake: () => void;
}

// Taken while the module loads, so that a test's fake timers do not stop this clock.
const nextTurn: (callback: () => void) => void = globalThis.setTimeout;

/**
 * A clock for tests: time stands still until somebody waits, and then jumps there. A test of three
 * retries with long pauses takes no time, in both call styles, and its jitter is the same each run.
 *
 * Sleepers of async flows wake in the order of their times, one in each turn of the event loop, and
 * read the time they asked for. The clock does not wait for anything else, so give it to clients
 * that answer from a {@linkcode MockTransport}. The `timeout` of an attempt is real time.
 *
 * @example Retries without waiting, in both call styles
 * ```ts
 * import { create, FixedDelay } from "jsr:@ax/client";
 * import { MockTransport, VirtualClock } from "jsr:@ax/client/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const clock = new VirtualClock();
 * const transport = new MockTransport();
 * const route = transport.on("GET", "https://api.example.com/");
 * const api = create({
 *   transport,
 *   clock,
 *   maxRetries: 2,
 *   retryStrategy: new FixedDelay({ delay: 60_000 }),
 * });
 *
 * route.replyOnce(503).replyOnce(503).reply(200, "awake");
 * assertEquals((await api.get("https://api.example.com/")).data, "awake");
 * assertEquals(clock.sleeps, [60_000, 60_000]);
 *
 * route.replyOnce(503);
 * assertEquals(api.getSync("https://api.example.com/").data, "awake");
 * assertEquals(clock.now(), 180_000);
 * ```
 */
export class VirtualClock implements Clock {
  #now: number;
  #seed: number;
  readonly #sleeps: number[] = [];
  readonly #sleepers: Sleeper[] = [];
  #turning = false;

  /**
   * Makes a clock.
   *
   * @param options Where time starts, and the seed of the random numbers.
   * @throws {RangeError} If one of them is not a finite number.
   */
  constructor(options: VirtualClockOptions = {}) {
    const { now = 0, seed = 1 } = options;
    if (!Number.isFinite(now)) {
      throw new RangeError(`Cannot start a clock: "now" must be a finite number, got ${now}`);
    }
    if (!Number.isFinite(seed)) {
      throw new RangeError(`Cannot start a clock: "seed" must be a finite number, got ${seed}`);
    }
    this.#now = now;
    this.#seed = seed;
  }

  /**
   * The milliseconds of every wait so far, in the order they began. Flows that wait side by side in
   * a sync call share the waits of their thread: 10 and 50 ms are a wait of 10 and one of 40 there.
   */
  get sleeps(): readonly number[] {
    return this.#sleeps;
  }

  /**
   * The virtual time of day.
   *
   * @returns Milliseconds since the epoch.
   */
  now(): number {
    return this.#now;
  }

  /**
   * The next number of the seed's sequence.
   *
   * @returns A number from 0 up to, not including, 1.
   */
  random(): number {
    // Mulberry32: 32 bits of state, evenly spread, the same in every engine.
    this.#seed = (this.#seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#seed ^ (this.#seed >>> 15), this.#seed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /**
   * Lets time pass, as between two calls. Sleepers whose time has come wake in the turns after it.
   *
   * @param ms How many milliseconds.
   * @throws {RangeError} If it is negative or not finite.
   *
   * @example Usage
   * ```ts
   * import { VirtualClock } from "jsr:@ax/client/testing";
   * import { assertEquals } from "@std/assert";
   *
   * const clock = new VirtualClock({ now: 1_000 });
   * clock.advance(500);
   * assertEquals(clock.now(), 1_500);
   * ```
   */
  advance(ms: number): void {
    if (!Number.isFinite(ms) || ms < 0) {
      throw new RangeError(`Cannot advance the clock: give 0 or more milliseconds, got ${ms}`);
    }
    this.#now += ms;
  }

  /**
   * Waits in virtual time, without blocking the thread.
   *
   * @param ms How many milliseconds; 0 or less only yields.
   * @param signal Ends the wait at once; the promise then rejects with the signal's reason.
   * @returns Resolves in a later turn of the event loop, when no sleeper is due before.
   */
  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      this.#sleeps.push(ms);
      const abort = (): void => {
        this.#sleepers.splice(this.#sleepers.indexOf(sleeper), 1);
        reject(signal?.reason);
      };
      const sleeper: Sleeper = {
        at: this.#now + length(ms),
        wake: () => {
          signal?.removeEventListener("abort", abort);
          resolve();
        },
      };
      signal?.addEventListener("abort", abort, { once: true });
      const later = this.#sleepers.findIndex(({ at }) => at > sleeper.at);
      this.#sleepers.splice(later < 0 ? this.#sleepers.length : later, 0, sleeper);
      this.#turn();
    });
  }

  /**
   * Waits in virtual time: returns at once, and the time has passed.
   *
   * @param ms How many milliseconds; 0 or less changes nothing.
   */
  sleepSync(ms: number): void {
    this.#sleeps.push(ms);
    this.#now += length(ms);
  }

  /** One sleeper a turn: what it does next, a new sleep included, comes before the next one. */
  #turn(): void {
    if (this.#turning || (this.#sleepers[0]?.at ?? Infinity) === Infinity) return;
    this.#turning = true;
    nextTurn(() => {
      this.#turning = false;
      const sleeper = this.#sleepers.shift();
      if (!sleeper) return;
      this.#now = Math.max(this.#now, sleeper.at);
      sleeper.wake();
      this.#turn();
    });
  }
}

function length(ms: number): number {
  return ms > 0 ? ms : 0;
}
