import type { Outcome } from "../http/message.ts";
import { checkNames } from "../http/pairs.ts";
import {
  ask,
  claim,
  type ConcurrentOperation,
  type End,
  type Flow,
  type FlowValue,
  isFlow,
  type Operation,
} from "./flow.ts";
import { CancelError } from "../errors.ts";
import { Limit } from "./limit.ts";

/** How {@linkcode concurrent} and `allSync` run their flows. */
export interface ConcurrentOptions {
  /**
   * How many flows run at once.
   *
   * @default {Infinity}
   */
  concurrency?: number | undefined;
  /**
   * `true`: every flow runs to its end and each result is an outcome as in `Promise.allSettled`;
   * `false`: the first error cancels the rest and is thrown.
   *
   * @default {false}
   */
  settled?: boolean | undefined;
}

/** The result of each flow, in order: outcomes with `settled: true`, values otherwise. */
export type ConcurrentResult<T extends readonly unknown[], O> = O extends { settled: true }
  ? { -readonly [K in keyof T]: PromiseSettledResult<FlowValue<T[K]>> }
  : { -readonly [K in keyof T]: FlowValue<T[K]> };

/**
 * Runs flows at once, in both call styles: also while this thread is blocked.
 *
 * @param flows Flows, or functions that make one.
 * @param options How many at once, and what happens on an error.
 * @returns The results, in the order of the flows.
 * @throws {RangeError} If `concurrency` is no integer of 1 or more.
 * @throws {TypeError} If an item is no flow, or one that was run before, or for an unknown option.
 *
 * @example Usage
 * ```ts
 * import { concurrent, runSync, sleep } from "jsr:@ax/client";
 * import { assertEquals } from "@std/assert";
 *
 * function* twice(n: number) {
 *   yield* sleep(1);
 *   return n * 2;
 * }
 * function* both() {
 *   return yield* concurrent([twice(1), twice(2)]);
 * }
 * assertEquals(runSync(both()), [2, 4]);
 * ```
 */
export function* concurrent<
  const T extends readonly (Flow<unknown> | (() => Flow<unknown>))[],
  const O extends ConcurrentOptions = { settled: false },
>(flows: T, options?: O): Generator<Operation, ConcurrentResult<T, O>, unknown> {
  if (options !== undefined) {
    checkNames(options, ["concurrency", "settled"], '"concurrent" and "allSync"');
  }
  const { concurrency = Infinity, settled = false } = options ?? {};
  if (!(concurrency >= 1) || (concurrency !== Infinity && !Number.isInteger(concurrency))) {
    throw new RangeError(
      `Cannot run flows: "concurrency" must be an integer of 1 or more, got ${concurrency}`,
    );
  }
  const list = [...flows];
  const odd = list.findIndex((flow) => !isFlow(flow) && typeof flow !== "function");
  if (odd >= 0) throw notAFlow(odd);
  return yield* ask<ConcurrentResult<T, O>>({
    kind: "concurrent",
    flows: list.map((flow) => typeof flow === "function" ? flow : claim(flow)),
    concurrency,
    settled,
  });
}

function notAFlow(item: number): TypeError {
  return new TypeError(
    `Cannot run flows: item ${item} is no flow; pass "api.flow.get(…)" or a function that returns one`,
  );
}

/** Starts a flow of its own under a limit. */
export type Spawn = (flow: Flow<unknown>, limit: Limit, end: End) => void;

/** What ends the flows that run at once with one that has failed. */
class SiblingLimit extends Limit {
  failure: { readonly error: unknown } | undefined;

  fail(error: unknown): void {
    this.failure = { error };
    this.end(
      new CancelError("Cancelled: another of the flows that run at once failed", {
        reason: "another flow failed",
        cause: error,
      }),
    );
  }
}

/** Runs the flows of one `concurrent` operation; ends when the last of them has ended. */
export function runBatch(
  { flows, concurrency, settled }: ConcurrentOperation,
  around: Limit,
  spawn: Spawn,
  end: End,
): void {
  const results: unknown[] = new Array(flows.length);
  const limit = new SiblingLimit();
  limit.enter(around);
  let next = 0;
  let running = 0;
  let filling = false;
  let ended = false;

  const finish = (index: number, outcome: Outcome<unknown>): void => {
    running--;
    if (settled) {
      results[index] = outcome.ok
        ? { status: "fulfilled", value: outcome.value }
        : { status: "rejected", reason: outcome.error };
    } else if (outcome.ok) {
      results[index] = outcome.value;
    } else if (!limit.failure) {
      limit.fail(outcome.error);
    }
    fill();
  };

  const begin = (index: number): void => {
    running++;
    try {
      const item = flows[index] as Flow<unknown> | (() => Flow<unknown>);
      const flow = typeof item === "function" ? item() : item;
      if (!isFlow(flow)) throw notAFlow(index);
      spawn(flow === item ? flow : claim(flow), limit, (outcome) => finish(index, outcome));
    } catch (error) {
      finish(index, { ok: false, error });
    }
  };

  function fill(): void {
    // A flow that ends while it is spawned comes back here; the loop below goes on for it.
    if (filling) return;
    filling = true;
    while (running < concurrency && next < flows.length && !limit.failure) begin(next++);
    filling = false;
    // The cancel after a failure may end the others before the one that failed is through here.
    if (running > 0 || ended) return;
    ended = true;
    end(limit.failure ? { ok: false, ...limit.failure } : { ok: true, value: results });
  }
  fill();
}

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
