import type { Outcome, Stop } from "../http/message.ts";
import {
  type AnyOperation,
  type CallSite,
  type End,
  type Flow,
  LimitedFlow,
  OPERATION,
  type Operation,
  type Starter,
  type WaitingOperation,
} from "./flow.ts";
import { type Ended, GRACE_MS, type Limit } from "./limit.ts";

/** A flow that ignores its end this often is given up. */
const MAX_REFUSALS = 100;

/** The answer of what answers nothing. */
export const NOTHING: Outcome<undefined> = { ok: true, value: undefined };

interface Frame {
  readonly iterator: Iterator<Operation, unknown, unknown>;
  readonly limit: Limit;
  readonly outer: Frame | undefined;
}

/** What a task needs of the scheduler that runs it. */
export interface TaskHost {
  /** Monotonic milliseconds of the machine: a virtual clock may stand still. */
  elapsed(): number;
  /** What `next()` is awaited by. */
  starter(limit: Limit): Starter;
}

/**
 * One flow at work: its generators, innermost first, the limit that each runs under, and the wait
 * for its operation.
 */
export class Task {
  /** The limit at the operation where the flow waits. */
  limit: Limit;
  /** Told how the flow ended. */
  readonly end: End;
  /** What the flow is handed next; when it is over, how it ended. */
  answer: Outcome<unknown> = NOTHING;
  over = false;
  /** Counts the waits; while one lasts it is odd, so that a late answer is known. */
  turn = 0;
  /** Whether the answer comes from the host. */
  io = false;
  /** On its clock; only for a sleep of a blocked thread. */
  until: number | undefined = undefined;
  /** The function that it waits for, until that has been given time to answer after an end. */
  site: CallSite | undefined = undefined;
  /** Gives the operation up. */
  stop: Stop = doNothing;
  /** Where this thread is told of the limit: how that ends. */
  unsubscribe: (() => void) | undefined = undefined;
  stopTimer: (() => void) | undefined = undefined;
  /** The innermost. */
  #frame: Frame | undefined = undefined;
  readonly #host: TaskHost;
  readonly #outer: Limit;
  /** Until it has begun. */
  #flow: Flow<unknown> | undefined;
  #seen: Ended | undefined = undefined;
  #seenAt = 0;
  #refusals = 0;

  constructor(flow: Flow<unknown>, limit: Limit, end: End, host: TaskHost) {
    this.#flow = flow;
    this.limit = this.#outer = limit;
    this.end = end;
    this.#host = host;
  }

  /** Hands the flow its answer and runs it until it waits; `undefined` when it has ended. */
  advance(): WaitingOperation | undefined {
    let input = this.answer;
    if (this.#flow) {
      input = this.#enter(this.#flow, this.#outer) ?? input;
      this.#flow = undefined;
    }
    for (let frame = this.#frame; frame; frame = this.#frame) {
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
    this.answer = input;
    this.over = true;
    return undefined;
  }

  /** The answer of an operation, or the operation where it has to be waited for. */
  #answer(yielded: unknown, limit: Limit): WaitingOperation | Outcome<unknown> {
    if (typeof yielded !== "object" || yielded === null || !(OPERATION in yielded)) {
      return { ok: false, error: bareYield(yielded) };
    }
    const operation = yielded as object as AnyOperation;
    switch (operation.kind) {
      case "now":
        return { ok: true, value: limit.clock.now() };
      case "elapsed":
        return { ok: true, value: limit.now };
      case "random":
        return { ok: true, value: limit.clock.random() };
      case "starter":
        return { ok: true, value: this.#host.starter(limit) };
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
      ({ limit, flow } = flow as LimitedFlow<unknown>);
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
  interrupted(): { readonly ok: false; readonly error: unknown } | undefined {
    const { ended } = this.limit;
    if (!ended) return undefined;
    if (ended !== this.#seen) {
      this.#seen = ended;
      this.#seenAt = this.#host.elapsed();
    } else if (this.#host.elapsed() - this.#seenAt < GRACE_MS) {
      return undefined;
    } else if (++this.#refusals > MAX_REFUSALS) this.abandon();
    return { ok: false, error: ended.error };
  }

  /** Milliseconds that the flow may wait until {@linkcode interrupted} has something to say. */
  allowance(): number {
    const { limit } = this;
    const { ended } = limit;
    if (!ended) return limit.remaining();
    return ended === this.#seen ? Math.max(0, this.#seenAt + GRACE_MS - this.#host.elapsed()) : 0;
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

/** Gives nothing up: there is nothing under way. */
export function doNothing(): void {}

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
