import type { Clock } from "../runtime/clock.ts";

/** Where a cancel can come from: a signal, a token, a client that is closed, a failed sibling. */
export interface CancelSource {
  /** Whether it has happened. */
  readonly cancelled: boolean;
  /** Whether another thread can do it, so that a blocked wait has to look from time to time. */
  readonly remote: boolean;
  /** Calls the listener once when it happens, never at once; returns how to stop listening. */
  subscribe(listener: () => void): () => void;
}

/** What may end a flow from outside. Limits travel as data, every wait below honours them. */
export interface Limits {
  /** The clock of the operations below; inherited where it is not given. */
  readonly clock?: Clock | undefined;
  /** When the flow ends, on that clock; `Infinity` for never. May change while the flow runs. */
  deadline: number;
  /** What can cancel the flow. May change while the flow runs. */
  sources: readonly CancelSource[];
  /** Milliseconds that an async user function may take in a sync call. */
  readonly functionTimeout?: number | false | undefined;
  /** Told the clock at work whenever a flow begins under them. */
  begin?(clock: Clock): void;
  /** The error for a limit that was reached. */
  error(reached: "deadline" | CancelSource): unknown;
}

/** A limit that was reached. */
export interface Cut {
  readonly error: unknown;
  /** When, in monotonic milliseconds: cleanup has {@linkcode GRACE_MS} from here. */
  readonly at: number;
}

/** How long a flow that was ended may go on waiting in its `catch` and `finally`. */
export const GRACE_MS = 1000;

/** The limits of a flow and of those around it. */
export class Scope {
  readonly parent: Scope | undefined;
  readonly clock: Clock;
  readonly #limits: Limits | undefined;
  #cut: Cut | undefined;

  constructor(clock: Clock, limits?: Limits, parent?: Scope) {
    this.clock = limits?.clock ?? clock;
    this.#limits = limits;
    this.parent = parent;
  }

  /** A scope inside this one. */
  enter(limits: Limits): Scope {
    const scope = new Scope(this.clock, limits, this);
    limits.begin?.(scope.clock);
    return scope;
  }

  /** The limit that was reached here or further out, if any; `elapsed` gives monotonic milliseconds. */
  cut(elapsed: () => number): Cut | undefined {
    if (this.#cut) return this.#cut;
    const outer = this.parent?.cut(elapsed);
    if (outer) return this.#cut = outer;
    const limits = this.#limits;
    if (!limits) return undefined;
    for (const source of limits.sources) {
      if (source.cancelled) return this.#cut = { error: limits.error(source), at: elapsed() };
    }
    if (limits.deadline !== Infinity && this.clock.now() >= limits.deadline) {
      return this.#cut = { error: limits.error("deadline"), at: elapsed() };
    }
    return undefined;
  }

  /** Milliseconds until the nearest deadline, here or further out. */
  remaining(): number {
    let least = this.parent?.remaining() ?? Infinity;
    const deadline = this.#limits?.deadline ?? Infinity;
    if (deadline !== Infinity) least = Math.min(least, deadline - this.clock.now());
    return least;
  }

  /** Milliseconds that an async user function below may take in a sync call. */
  get functionTimeout(): number | false {
    return this.#limits?.functionTimeout ?? this.parent?.functionTimeout ?? false;
  }

  /** Whether a source is cancelled by another thread, so that nothing wakes a blocked wait. */
  get remote(): boolean {
    return (this.#limits?.sources.some((source) => source.remote) ?? false) ||
      (this.parent?.remote ?? false);
  }

  /** The limits furthest out. */
  get outermost(): Limits | undefined {
    return this.parent?.outermost ?? this.#limits;
  }

  /** Listens to every source, here and further out; returns how to stop. */
  subscribe(listener: () => void): (() => void)[] {
    const stops: (() => void)[] = [];
    for (let scope: Scope | undefined = this as Scope; scope; scope = scope.parent) {
      for (const source of scope.#limits?.sources ?? []) stops.push(source.subscribe(listener));
    }
    return stops;
  }
}

/** A source that code of ours fires. */
export class ManualSource implements CancelSource {
  cancelled = false;
  readonly remote = false;
  readonly #listeners = new Set<() => void>();

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  cancel(): void {
    if (this.cancelled) return;
    this.cancelled = true;
    for (const listener of [...this.#listeners]) listener();
    this.#listeners.clear();
  }
}
