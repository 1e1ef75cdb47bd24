import { elapsedOn } from "../runtime/clock.ts";
import type { Outcome } from "../http/message.ts";
import {
  type Flow,
  isOperation,
  LimitedFlow,
  type Operation,
  type Starter,
  type WaitingOperation,
} from "./flow.ts";
import { type Ended, GRACE_MS, type Limit } from "./limit.ts";

/** A flow that ignores its end this often is given up. */
const MAX_REFUSALS = 100;

const NOTHING: Outcome<unknown> = { ok: true, value: undefined };

interface Frame {
  readonly iterator: Iterator<Operation, unknown, unknown>;
  readonly limit: Limit;
  readonly outer: Frame | undefined;
}

/** One flow at work: its generators, innermost first, and the limit that each runs under. */
export class Task {
  /** How the flow ended, once it has. */
  outcome: Outcome<unknown> | undefined;
  /** The innermost. */
  #frame: Frame | undefined;
  readonly #starter: (limit: Limit) => Starter;
  readonly #elapsed: () => number;
  /** The limit at the operation where the flow waits. */
  limit: Limit;
  readonly #outer: Limit;
  /** Until it has begun. */
  #flow: Flow<unknown> | undefined;
  #seen: Ended | undefined;
  #seenAt = 0;
  #refusals = 0;

  /**
   * @param elapsed Monotonic milliseconds of the machine: a virtual clock may stand still.
   * @param starter What `next()` is awaited by.
   */
  constructor(
    flow: Flow<unknown>,
    limit: Limit,
    elapsed: () => number,
    starter: (limit: Limit) => Starter,
  ) {
    this.#flow = flow;
    this.limit = this.#outer = limit;
    this.#elapsed = elapsed;
    this.#starter = starter;
  }

  /** Hands the flow an answer and runs it until it waits; `undefined` when it has ended. */
  advance(answer: Outcome<unknown> = NOTHING): WaitingOperation | undefined {
    let input = answer;
    const flow = this.#flow;
    if (flow) {
      this.#flow = undefined;
      input = this.#enter(flow, this.#outer) ?? input;
    }
    for (;;) {
      const frame = this.#frame;
      if (!frame) {
        this.outcome = input;
        return undefined;
      }
      let step: IteratorResult<Operation, unknown> | undefined;
      try {
        step = input.ok ? frame.iterator.next(input.value) : throwInto(frame.iterator, input.error);
        if (step.done) input = { ok: true, value: step.value };
      } catch (error) {
        input = { ok: false, error };
      }
      if (step && !step.done) {
        const result = this.#answer(step.value, frame.limit);
        if ("kind" in result) return result;
        input = result;
      } else {
        this.#frame = frame.outer;
        this.limit = frame.outer?.limit ?? this.#outer;
      }
    }
  }

  #answer(operation: unknown, limit: Limit): WaitingOperation | Outcome<unknown> {
    if (!isOperation(operation)) return { ok: false, error: bareYield(operation) };
    switch (operation.kind) {
      case "now":
        return { ok: true, value: limit.clock.now() };
      case "elapsed":
        return { ok: true, value: elapsedOn(limit.clock) };
      case "random":
        return { ok: true, value: limit.clock.random() };
      case "starter":
        return { ok: true, value: this.#starter(limit) };
      case "checkpoint":
        return this.interrupted() ?? NOTHING;
      case "limit":
        operation.limit.enter(limit);
        return this.#enter(operation.flow, operation.limit) ?? NOTHING;
      default:
        return this.interrupted() ?? operation;
    }
  }

  #enter(flow: Flow<unknown>, limit: Limit): Outcome<unknown> | undefined {
    if (flow instanceof LimitedFlow) {
      flow.limit.enter(limit);
      return this.#enter(flow.flow, flow.limit);
    }
    try {
      this.#frame = { iterator: flow[Symbol.iterator](), limit, outer: this.#frame };
      this.limit = limit;
      return undefined;
    } catch (error) {
      return { ok: false, error };
    }
  }

  /**
   * The error to throw into the flow where it waits, if it was ended: once at the end, and again
   * for each operation that is still waiting or begun when the grace is over.
   */
  interrupted(): Outcome<unknown> | undefined {
    const { ended } = this.limit;
    if (!ended) return undefined;
    if (ended !== this.#seen) {
      this.#seen = ended;
      this.#seenAt = this.#elapsed();
    } else if (this.#elapsed() - this.#seenAt < GRACE_MS) {
      return undefined;
    } else if (++this.#refusals > MAX_REFUSALS) this.abandon();
    return { ok: false, error: ended.error };
  }

  /** Milliseconds that the flow may wait until {@linkcode interrupted} has something to say. */
  allowance(): number {
    const { limit } = this;
    const { ended } = limit;
    if (!ended) return limit.remaining();
    return ended === this.#seen ? Math.max(0, this.#seenAt + GRACE_MS - this.#elapsed()) : 0;
  }

  /** Drops the flow: nothing runs it again. */
  abandon(): void {
    for (let frame = this.#frame; frame; frame = this.#frame) {
      this.#frame = frame.outer;
      try {
        frame.iterator.return?.();
      } catch {
        // Nobody is left to hear of it.
      }
    }
  }
}

function throwInto(
  iterator: Iterator<Operation, unknown, unknown>,
  error: unknown,
): IteratorResult<Operation, unknown> {
  if (!iterator.throw) throw error;
  return iterator.throw(error);
}

function bareYield(value: unknown): TypeError {
  const what = value === null
    ? "null"
    : typeof value === "object" || typeof value === "function"
    ? `a ${value.constructor?.name ?? "value"}`
    : `a ${typeof value}`;
  return new TypeError(
    `Cannot run a flow that yields ${what}: write "yield*" before a flow, and ` +
      `"yield* call(() => promise)" for a promise`,
  );
}
