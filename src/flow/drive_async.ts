import type { ChunkSource, Received } from "../http/received.ts";
import type { NormalizedRequest } from "../http/request.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Outcome } from "../transport/transport.ts";
import { type End, Flights, runBatch, type Spawn } from "./batch.ts";
import type { Flow, Starter, WaitingOperation } from "./flow.ts";
import { Scope } from "./scope.ts";
import { Task } from "./task.ts";

/** What the async driver needs of the outside. */
export interface AsyncHost {
  /** The clock of flows that bring none. */
  readonly clock: Clock;
  /** Monotonic milliseconds. */
  elapsed(): number;
  /** Calls back after that many milliseconds; returns how to stop it. */
  after(ms: number, callback: () => void): () => void;
  /** Sends a request, until it is interrupted. */
  send(request: NormalizedRequest, interruption: Interruption): Promise<Received>;
  /** Reads a chunk, until it is interrupted. */
  read(source: ChunkSource, interruption: Interruption): Promise<Uint8Array | undefined>;
}

/** The end of a wait from outside: what is needed of an `AbortSignal`, without its price. */
export interface Interruption {
  readonly aborted: boolean;
  readonly reason: unknown;
  addEventListener(type: "abort", listener: () => void): void;
  removeEventListener(type: "abort", listener: () => void): void;
  /** A real signal, made when it is asked for. */
  readonly signal: AbortSignal;
}

/** Runs flows with `await`: this thread goes on meanwhile. */
export class AsyncDriver {
  readonly #host: AsyncHost;
  readonly #flights = new Flights();
  readonly #starter = (scope: Scope): Starter => (flow) => this.run(flow, scope);

  constructor(host: AsyncHost) {
    this.#host = host;
  }

  /** Runs a flow, under the limits of the one that started it, if any. */
  run<T>(flow: Flow<T>, scope?: Scope): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#spawn(flow, scope ?? new Scope(this.#host.clock), (outcome) => {
        if (outcome.ok) resolve(outcome.value as T);
        else reject(outcome.error);
      });
    });
  }

  #spawn(flow: Flow<unknown>, scope: Scope, end: End): void {
    const task = new Task(flow, scope, this.#host.elapsed, this.#starter);
    this.#proceed(task, { ok: true, value: undefined }, end);
  }

  #proceed(task: Task, answer: Outcome<unknown>, end: End): void {
    let input: Outcome<unknown> | undefined = answer;
    while (input) {
      const operation = task.advance(input);
      input = undefined;
      if (!operation) return end(task.outcome as Outcome<unknown>);
      // An operation that is answered at once continues this loop instead of growing the stack.
      let atOnce = true;
      this.#perform(task, operation, (outcome) => {
        if (atOnce) input = outcome;
        else this.#proceed(task, outcome, end);
      });
      atOnce = false;
    }
  }

  #perform(task: Task, operation: WaitingOperation, resume: End): void {
    const { scope } = task;
    if (operation.kind === "concurrent") {
      // No wait of its own: every limit reaches the children, and it ends with the last of them.
      const spawn: Spawn = (flow, limits, end) => this.#spawn(flow, scope.enter(limits), end);
      return runBatch(operation, spawn, (outcome) => resume(task.interrupted() ?? outcome));
    }
    const wait = new Wait(task, this.#host, resume);
    if (operation.kind === "share") {
      const { clock } = scope;
      const spawn: Spawn = (flow, limits, end) => this.#spawn(flow, new Scope(clock, limits), end);
      const answer: End = (outcome) => wait.answer(outcome);
      try {
        wait.leave = this.#flights.join(operation.key, operation.flow, scope, spawn, answer);
      } catch (error) {
        answer({ ok: false, error });
      }
      return;
    }
    this.#start(operation, scope, wait).then(
      (value) => wait.answer({ ok: true, value }),
      (error) => wait.answer({ ok: false, error }),
    );
  }

  #start(
    operation: Exclude<WaitingOperation, { kind: "concurrent" | "share" }>,
    scope: Scope,
    wait: Wait,
  ): PromiseLike<unknown> {
    switch (operation.kind) {
      case "send":
        return this.#host.send(operation.request, wait);
      case "read":
        return this.#host.read(operation.source, wait);
      case "sleep":
        return sleepWithin(operation.ms, scope, wait);
      case "settle":
        return Promise.resolve(operation.promise);
      case "invoke":
        return callAsync(operation.fn, operation.args);
    }
  }
}

async function callAsync(
  fn: (...args: unknown[]) => unknown,
  args: readonly unknown[],
): Promise<unknown> {
  return await fn(...args);
}

/** Sleeps no longer than the limits allow, so that a virtual clock stops at a deadline as well. */
async function sleepWithin(ms: number, scope: Scope, wait: Wait): Promise<void> {
  for (let left = ms; left >= 0 && !wait.done;) {
    const step = Math.min(left, wait.allowance());
    await scope.clock.sleep(step, wait.signal);
    left -= step;
    if (left <= 0) return;
    wait.interrupt();
  }
}

/** One operation under way: its answer or a limit, whichever comes first. */
class Wait implements Interruption {
  done = false;
  aborted = false;
  reason: unknown = undefined;
  leave: (() => void) | undefined = undefined;
  // An open stream holds on to the wait for its headers: that must not hold the one who reads it.
  #task: Task | undefined;
  #resume: End | undefined;
  readonly #host: AsyncHost;
  readonly #stops: readonly (() => void)[];
  #stopTimer: (() => void) | undefined;
  #controller: AbortController | undefined;
  readonly #listeners: (() => void)[] = [];

  constructor(task: Task, host: AsyncHost, resume: End) {
    this.#task = task;
    this.#host = host;
    this.#resume = resume;
    this.#stops = task.scope.subscribe(() => this.interrupt());
    this.#arm();
  }

  /** Milliseconds until a limit ends this wait. */
  allowance(): number {
    return this.#task?.allowance() ?? 0;
  }

  #arm(): void {
    const limit = this.allowance();
    if (limit !== Infinity) this.#stopTimer = this.#host.after(limit, () => this.interrupt());
  }

  get signal(): AbortSignal {
    return (this.#controller ??= new AbortController()).signal;
  }

  addEventListener(_: "abort", listener: () => void): void {
    this.#listeners.push(listener);
  }

  removeEventListener(_: "abort", listener: () => void): void {
    const index = this.#listeners.indexOf(listener);
    if (index >= 0) this.#listeners.splice(index, 1);
  }

  /** Takes the operation's answer; one that comes at a limit is late, as in the sync style. */
  answer(outcome: Outcome<unknown>): void {
    if (this.done) return;
    const interrupted = this.#task?.interrupted();
    // A body may have come with the answer that nobody gets.
    if (interrupted && !interrupted.ok) this.#abort(interrupted.error);
    this.#finish(interrupted ?? outcome);
  }

  #abort(error: unknown): void {
    this.aborted = true;
    this.reason = error;
    this.#controller?.abort(error);
    for (const listener of [...this.#listeners]) listener();
  }

  #finish(outcome: Outcome<unknown>): void {
    this.done = true;
    this.#stopTimer?.();
    for (const stop of this.#stops) stop();
    const resume = this.#resume;
    this.#task = this.#resume = undefined;
    resume?.(outcome);
  }

  interrupt(): void {
    if (this.done) return;
    const outcome = this.#task?.interrupted();
    if (!outcome || outcome.ok) {
      // Fired early, or the deadline has moved.
      this.#stopTimer?.();
      return this.#arm();
    }
    this.#abort(outcome.error);
    this.leave?.();
    this.#finish(outcome);
  }
}
