import { CancelError } from "../errors.ts";
import type { Outcome } from "../transport/transport.ts";
import { type ConcurrentOperation, type Flow, isFlow, notAFlow } from "./flow.ts";
import { type Limits, ManualSource, type Scope } from "./scope.ts";

/** How a flow's end is told. */
export type End = (outcome: Outcome<unknown>) => void;

/** Starts a flow of its own under limits; what a driver gives to a batch. */
export type Spawn = (flow: Flow<unknown>, limits: Limits, end: End) => void;

/** Runs the flows of one `concurrent` operation; ends when the last of them has ended. */
export function runBatch(operation: ConcurrentOperation, spawn: Spawn, end: End): void {
  const { flows, concurrency, settled } = operation;
  const results: unknown[] = new Array(flows.length);
  const source = new ManualSource();
  let failure: { error: unknown } | undefined;
  let next = 0;
  let running = 0;
  let filling = false;
  let ended = false;

  const limits = (): Limits => ({
    deadline: Infinity,
    sources: [source],
    error: () =>
      new CancelError("Cancelled: another of the flows that run at once failed", {
        reason: "another flow failed",
        cause: failure?.error,
      }),
  });

  const finish = (index: number, outcome: Outcome<unknown>): void => {
    running--;
    if (settled) {
      results[index] = outcome.ok
        ? { status: "fulfilled", value: outcome.value }
        : { status: "rejected", reason: outcome.error };
    } else if (outcome.ok) {
      results[index] = outcome.value;
    } else if (!failure) {
      failure = { error: outcome.error };
      source.cancel();
    }
    fill();
  };

  const begin = (index: number): void => {
    running++;
    try {
      const item = flows[index] as Flow<unknown> | (() => Flow<unknown>);
      const flow = typeof item === "function" ? item() : item;
      if (!isFlow(flow)) throw notAFlow(index);
      spawn(flow, limits(), (outcome) => finish(index, outcome));
    } catch (error) {
      finish(index, { ok: false, error });
    }
  };

  function fill(): void {
    // A flow that ends while it is spawned comes back here; the loop below goes on for it.
    if (filling) return;
    filling = true;
    while (running < concurrency && next < flows.length && !failure) begin(next++);
    filling = false;
    // The cancel after a failure may end the others before the one that failed is through here.
    if (running > 0 || ended) return;
    ended = true;
    end(failure ? { ok: false, ...failure } : { ok: true, value: results });
  }
  fill();
}

interface Flight {
  readonly waiting: Set<End>;
  readonly limits: Limits;
  readonly source: ManualSource;
  /** The flights that a flow of this one waits for. */
  readonly blockedOn: Set<Flight>;
}

/** The flows that run for all that ask for their key (`share`). */
export class Flights {
  readonly #running = new Map<unknown, Flight>();

  /**
   * Joins the flight of that key or starts one. A flight runs under nobody's limits but its own
   * calls', so that one that is cancelled leaves without harm to the others; the last one to
   * leave cancels it.
   *
   * @param asking Where the flow that asks runs.
   * @throws {TypeError} If the flight could only wait for itself.
   */
  join(key: unknown, flow: Flow<unknown>, asking: Scope, spawn: Spawn, end: End): () => void {
    const owner = [...this.#running.values()].find(({ limits }) => limits === asking.outermost);
    const running = this.#running.get(key);
    if (owner && running && waitsFor(running, owner)) {
      throw new TypeError(
        'Cannot wait for a shared flow: it waits for itself, as it asks for its own key ("share")',
      );
    }
    const flight = running ?? this.#start(key);
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
      spawn(flow, flight.limits, (outcome) => {
        if (this.#running.get(key) === flight) this.#running.delete(key);
        for (const waiting of [...flight.waiting]) waiting(outcome);
      });
    }
    return () => {
      leave();
      if (flight.waiting.size > 0) return;
      if (this.#running.get(key) === flight) this.#running.delete(key);
      flight.source.cancel();
    };
  }

  #start(key: unknown): Flight {
    const source = new ManualSource();
    const limits: Limits = {
      deadline: Infinity,
      sources: [source],
      error: () => new CancelError("Cancelled: nobody waits for this shared flow any more"),
    };
    const flight: Flight = { waiting: new Set(), limits, source, blockedOn: new Set() };
    this.#running.set(key, flight);
    return flight;
  }
}

/** Whether a flight is another one, or waits for it. */
function waitsFor(flight: Flight, other: Flight): boolean {
  if (flight === other) return true;
  for (const next of flight.blockedOn) if (waitsFor(next, other)) return true;
  return false;
}
