import { type Clock, elapsedOn, realClock } from "../runtime/clock.ts";

/** How long a flow that was ended may go on waiting in its `catch` and `finally`. */
export const GRACE_MS = 1000;

/** How a flow was ended from outside. */
export interface Ended {
  readonly error: unknown;
}

/**
 * What may end a flow from outside: a deadline, a cancel, and whatever ends the flow around it. It
 * travels with the flow, and every operation below honours it. Times are monotonic.
 */
export class Limit {
  /** The limit around it, where that can end a flow; set when a flow enters this one. */
  parent: Limit | undefined;
  /** When the flow ends, on {@linkcode now}; may change while the flow runs. */
  deadline = Infinity;
  /** The clock of the operations below: its own, else that of the limit around it. */
  clock: Clock;
  readonly #own: Clock | undefined;
  #ended: Ended | undefined;
  #listeners: Set<() => void> | undefined;

  /** @param clock The clock of the operations below; the parent's by default. */
  constructor(clock?: Clock) {
    this.#own = clock;
    this.clock = clock ?? realClock;
  }

  /** Monotonic milliseconds. */
  get now(): number {
    return elapsedOn(this.clock);
  }

  /** Told when a flow enters it. */
  enter(parent: Limit | undefined): void {
    this.parent = parent instanceof RootLimit ? undefined : parent;
    if (parent && !this.#own) this.clock = parent.clock;
  }

  /** How the flow was ended, here or further out, if it was. */
  get ended(): Ended | undefined {
    return this.parent?.ended ?? this.endedHere();
  }

  /** How the flow was ended by this limit alone. */
  endedHere(): Ended | undefined {
    if (this.#ended) return this.#ended;
    const cancelled = this.cancelled();
    if (cancelled) return this.#ended = cancelled;
    if (this.deadline === Infinity || this.now < this.deadline) return undefined;
    return this.#ended = { error: this.overdue() };
  }

  /** Ends the flow. */
  end(error: unknown): void {
    if (this.#ended) return;
    this.#ended = { error };
    const listeners = this.#listeners ?? [];
    this.#listeners = undefined;
    for (const listener of listeners) listener();
  }

  /** Milliseconds until the nearest deadline, here or further out. */
  remaining(): number {
    const outer = this.parent?.remaining() ?? Infinity;
    return this.deadline === Infinity ? outer : Math.min(outer, this.deadline - this.now);
  }

  /** Milliseconds that an async user function below may take in a sync call. */
  get functionTimeoutMs(): number | false {
    return this.parent?.functionTimeoutMs ?? false;
  }

  /** Whether another thread can end it, so that a blocked wait has to look from time to time. */
  get remote(): boolean {
    return this.parent?.remote ?? false;
  }

  /** The limit furthest out. */
  get outermost(): Limit {
    return this.parent?.outermost ?? this;
  }

  /** Calls the listener when something may have ended the flow; returns how to stop listening. */
  subscribe(listener: () => void): () => void {
    const listeners = this.#listeners ??= new Set();
    listeners.add(listener);
    const outer = this.parent?.subscribe(listener);
    return () => {
      listeners.delete(listener);
      outer?.();
    };
  }

  /** The error of a cancel that has happened; for limits that have other ways to end. */
  protected cancelled(): Ended | undefined {
    return undefined;
  }

  /** The error for a deadline that has passed. */
  protected overdue(): unknown {
    return new Error("Out of time");
  }
}

/** What is around all flows of a scheduler: it has the clock, and ends nothing. */
export class RootLimit extends Limit {
  override subscribe(): () => void {
    return () => {};
  }
}
