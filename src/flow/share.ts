import { CancelError } from "../errors.ts";
import type { Spawn } from "./concurrent.ts";
import { ask, claim, type End, type Flow, isFlow, type Operation } from "./flow.ts";
import { Limit } from "./limit.ts";

/**
 * Runs one flow for all that ask for the same key at the same time; each gets its result or its
 * error. Async calls share among each other, and the flows of one `allSync` or `concurrent`; a
 * sync call never waits for an async one of its own thread, it runs its own.
 *
 * @typeParam T What the flow returns.
 * @param key What tells flows apart: an object, compared by identity. A primitive would be shared
 * by all clients of the thread.
 * @param flow The flow to run, unless one of that key is running.
 * @returns The result of the flow that ran.
 * @throws {TypeError} If the key is no object, or the flow would wait for itself, as it asks for
 * its own key.
 *
 * @example Usage
 * ```ts
 * import { concurrent, runSync, share, sleep } from "jsr:@ax/client";
 * import { assertEquals } from "@std/assert";
 *
 * const key = {};
 * let refreshed = 0;
 * function* refresh() {
 *   yield* sleep(1);
 *   return ++refreshed;
 * }
 * function* both() {
 *   return yield* concurrent([share(key, refresh()), share(key, refresh())]);
 * }
 * assertEquals(runSync(both()), [1, 1]);
 * ```
 */
export function* share<T>(key: object, flow: Flow<T>): Generator<Operation, T, unknown> {
  if ((typeof key !== "object" && typeof key !== "function") || key === null) {
    throw new TypeError(
      `Cannot share a flow: the key is a ${key === null ? "null" : typeof key}, which every ` +
        `client of this thread would share; give an object that yours alone know`,
    );
  }
  if (!isFlow(flow)) throw new TypeError("Cannot share a flow: give a generator or a flow");
  return yield* ask<T>({ kind: "share", key, flow: claim(flow) });
}

/** What ends a shared flow: that nobody waits for it any more. */
class Flight extends Limit {
  readonly waiting: Set<End> = new Set();
  /** The flights that a flow of this one waits for. */
  readonly blockedOn: Set<Flight> = new Set();
  readonly #functionTimeoutMs: number | false;

  constructor({ clock, functionTimeoutMs }: Limit) {
    super(clock);
    this.#functionTimeoutMs = functionTimeoutMs;
  }

  /** As in the call that began it. */
  override get functionTimeoutMs(): number | false {
    return this.#functionTimeoutMs;
  }

  /** Whether it is another one, or waits for it. */
  waitsFor(other: Flight): boolean {
    if (this === other) return true;
    for (const next of this.blockedOn) if (next.waitsFor(other)) return true;
    return false;
  }
}

/** The flows that run for all that ask for their key. */
export class Flights {
  readonly #running = new Map<object, Flight>();

  /**
   * Joins the flight of that key or starts one. A flight runs under nobody's limit but its own
   * calls', so that one that is cancelled leaves without harm to the others; the last one to
   * leave cancels it.
   *
   * @param asking Where the flow that asks runs.
   * @throws {TypeError} If the flight could only wait for itself.
   */
  join(key: object, flow: Flow<unknown>, asking: Limit, spawn: Spawn, end: End): () => void {
    const { outermost } = asking;
    const owner = outermost instanceof Flight ? outermost : undefined;
    const running = this.#running.get(key);
    if (owner && running?.waitsFor(owner)) {
      throw new TypeError(
        'Cannot wait for a shared flow: it waits for itself, as it asks for its own key ("share")',
      );
    }
    const flight = running ?? new Flight(asking);
    const leave = (): void => {
      flight.waiting.delete(settle);
      owner?.blockedOn.delete(flight);
    };
    const settle: End = (outcome) => {
      leave();
      end(outcome);
    };
    flight.waiting.add(settle);
    owner?.blockedOn.add(flight);
    if (!running) {
      this.#running.set(key, flight);
      spawn(flow, flight, (outcome) => {
        this.#forget(key, flight);
        for (const waiting of [...flight.waiting]) waiting(outcome);
      });
    }
    return () => {
      leave();
      if (flight.waiting.size > 0) return;
      this.#forget(key, flight);
      flight.end(new CancelError("Cancelled: nobody waits for this shared flow any more"));
    };
  }

  #forget(key: object, flight: Flight): void {
    if (this.#running.get(key) === flight) this.#running.delete(key);
  }
}
