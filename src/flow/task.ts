import type { Outcome } from "../transport/transport.ts";
import {
  type Flow,
  isOperation,
  type Operation,
  type Starter,
  type WaitingOperation,
  Within,
} from "./flow.ts";
import { type Cut, GRACE_MS, type Scope } from "./scope.ts";

/** A flow that ignores its end this often is given up. */
const MAX_REFUSALS = 100;

interface Frame {
  readonly iterator: Iterator<Operation, unknown, unknown>;
  readonly scope: Scope;
  readonly outer: Frame | undefined;
}

/**
 * One flow at work: its generators, innermost last, and the limits that each runs under. Both
 * drivers step tasks; what they differ in is how they wait.
 */
export class Task {
  /** How the flow ended, once it has. */
  outcome: Outcome<unknown> | undefined;
  /** The innermost. */
  #frame: Frame | undefined;
  readonly #elapsed: () => number;
  readonly #starter: (scope: Scope) => Starter;
  readonly #scope: Scope;
  /** Until it has begun. */
  #flow: Flow<unknown> | undefined;
  #seen: Cut | undefined;
  #refusals = 0;

  constructor(
    flow: Flow<unknown>,
    scope: Scope,
    elapsed: () => number,
    starter: (scope: Scope) => Starter,
  ) {
    this.#flow = flow;
    this.#scope = scope;
    this.#elapsed = elapsed;
    this.#starter = starter;
  }

  /** The limits at the operation where the flow waits. */
  get scope(): Scope {
    return this.#frame?.scope ?? this.#scope;
  }

  /** Hands the flow an answer and runs it until it waits; `undefined` when it has ended. */
  advance(answer: Outcome<unknown>): WaitingOperation | undefined {
    let input = answer;
    const flow = this.#flow;
    if (flow) {
      this.#flow = undefined;
      input = this.#enter(flow, this.#scope) ?? input;
    }
    for (;;) {
      const frame = this.#frame;
      if (!frame) {
        this.outcome = input;
        return undefined;
      }
      let step: IteratorResult<Operation, unknown>;
      try {
        step = input.ok ? frame.iterator.next(input.value) : throwInto(frame.iterator, input.error);
      } catch (error) {
        this.#frame = frame.outer;
        input = { ok: false, error };
        continue;
      }
      if (step.done) {
        this.#frame = frame.outer;
        input = { ok: true, value: step.value };
        continue;
      }
      const result = this.#answer(step.value, frame.scope);
      if ("kind" in result) return result;
      input = result;
    }
  }

  #answer(operation: unknown, scope: Scope): WaitingOperation | Outcome<unknown> {
    if (!isOperation(operation)) return { ok: false, error: bareYield(operation) };
    switch (operation.kind) {
      case "now":
        return { ok: true, value: scope.clock.now() };
      case "random":
        return { ok: true, value: scope.clock.random() };
      case "starter":
        return { ok: true, value: this.#starter(scope) };
      case "scope":
        return this.#enter(operation.flow, scope.enter(operation.limits)) ??
          { ok: true, value: undefined };
      default:
        return this.interrupted() ?? operation;
    }
  }

  #enter(flow: Flow<unknown>, scope: Scope): Outcome<unknown> | undefined {
    if (flow instanceof Within) return this.#enter(flow.flow, scope.enter(flow.limits));
    try {
      this.#frame = { iterator: flow[Symbol.iterator](), scope, outer: this.#frame };
      return undefined;
    } catch (error) {
      return { ok: false, error };
    }
  }

  /**
   * The error to throw into the flow where it waits, if a limit was reached: once at the limit,
   * and again for each operation that is still waiting or begun when the grace is over.
   */
  interrupted(): Outcome<unknown> | undefined {
    const cut = this.scope.cut(this.#elapsed);
    if (!cut) return undefined;
    if (cut === this.#seen && this.#elapsed() - cut.at < GRACE_MS) return undefined;
    if (cut === this.#seen && ++this.#refusals > MAX_REFUSALS) this.abandon();
    this.#seen = cut;
    return { ok: false, error: cut.error };
  }

  /** Whether a limit was reached where the flow waits. */
  get cut(): boolean {
    return this.scope.cut(this.#elapsed) !== undefined;
  }

  /** Milliseconds that the flow may wait until {@linkcode interrupted} has something to say. */
  allowance(): number {
    const cut = this.scope.cut(this.#elapsed);
    if (!cut) return this.scope.remaining();
    return cut === this.#seen ? Math.max(0, cut.at + GRACE_MS - this.#elapsed()) : 0;
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
