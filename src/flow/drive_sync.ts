import { SyncBridgeError } from "../errors.ts";
import type { ChunkSource, Received } from "../http/received.ts";
import type { NormalizedRequest } from "../http/request.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Outcome } from "../transport/transport.ts";
import { refuseAsync } from "../user_function.ts";
import { type End, Flights, runBatch, type Spawn } from "./batch.ts";
import type { Flow, InvokeOperation, Starter, WaitingOperation } from "./flow.ts";
import { Scope } from "./scope.ts";
import { Task } from "./task.ts";

/** How often a blocked wait looks whether another thread has cancelled it. */
const REMOTE_SLICE_MS = 10;

/** Tells how an operation ended; only from inside `wait`, or before the call that began it returns. */
export type Settle<T> = (outcome: Outcome<T>) => void;

/** What the sync driver needs of the outside. Each operation returns how to give it up. */
export interface SyncHost {
  /** The clock of flows that bring none. */
  readonly clock: Clock;
  /** Monotonic milliseconds. */
  elapsed(): number;
  /** Sends a request. */
  send(request: NormalizedRequest, settle: Settle<Received>): () => void;
  /** Reads a chunk of a streamed body. */
  read(source: ChunkSource, settle: Settle<Uint8Array | undefined>): () => void;
  /**
   * Runs an `async` user function elsewhere, no longer than `timeout` ms without the time in
   * `next()`; `start` adds what its `next()` begins.
   */
  invoke(
    operation: InvokeOperation,
    timeout: number | false,
    start: (flow: Flow<unknown>, end: End) => void,
    settle: Settle<unknown>,
  ): () => void;
  /** Blocks until something was settled, at most that many milliseconds (`Infinity`: no limit). */
  wait(ms: number): void;
}

/** Runs a flow to its end without leaving the stack: this thread blocks. */
export function driveSync<T>(flow: Flow<T>, host: SyncHost): T {
  const outcome = new Scheduler(host).run(flow);
  if (!outcome.ok) throw outcome.error;
  return outcome.value as T;
}

interface Waiter {
  readonly task: Task;
  /** On the scope's clock; only for a sleep. */
  until?: number;
  /** Whether the answer comes from the host, which can wait for it. */
  readonly io: boolean;
  giveUp: () => void;
  resume: End;
}

/** Advances every flow until each one waits, blocks until any answer arrives, goes on. */
class Scheduler {
  readonly #host: SyncHost;
  readonly #ready: { task: Task; answer: Outcome<unknown>; end: End }[] = [];
  readonly #waiting = new Set<Waiter>();
  readonly #flights = new Flights();

  constructor(host: SyncHost) {
    this.#host = host;
  }

  run(flow: Flow<unknown>): Outcome<unknown> {
    let result: Outcome<unknown> | undefined;
    this.#spawn(flow, new Scope(this.#host.clock), (outcome) => result = outcome);
    try {
      for (;;) {
        this.#advanceAll();
        if (result && !this.#cleaning()) return result;
        this.#block();
      }
    } finally {
      for (const waiter of this.#waiting) {
        waiter.giveUp();
        waiter.task.abandon();
      }
    }
  }

  /** Whether flows that were ended are still in their `finally`: shared ones, which nobody awaits. */
  #cleaning(): boolean {
    for (const { task } of this.#waiting) if (task.cut) return true;
    return false;
  }

  #spawn(flow: Flow<unknown>, scope: Scope, end: End): void {
    const task = new Task(flow, scope, this.#host.elapsed, () => refuseStart as Starter);
    this.#ready.push({ task, answer: { ok: true, value: undefined }, end });
  }

  #advanceAll(): void {
    for (let item = this.#ready.shift(); item; item = this.#ready.shift()) {
      const { task, answer, end } = item;
      const operation = task.advance(answer);
      if (operation) this.#perform(task, operation, end);
      else end(task.outcome as Outcome<unknown>);
    }
  }

  #perform(task: Task, operation: WaitingOperation, end: End): void {
    const host = this.#host;
    const { scope } = task;
    const resume: End = (answer) => this.#ready.push({ task, answer, end });
    const nested: Spawn = (flow, limits, ended) => this.#spawn(flow, scope.enter(limits), ended);
    switch (operation.kind) {
      case "concurrent":
        return runBatch(operation, nested, (outcome) => resume(task.interrupted() ?? outcome));
      case "settle":
        operation.promise.then(undefined, () => {});
        return resume({ ok: false, error: refuseAsync(operation.fn, operation.site, "promise") });
      case "sleep": {
        const until = scope.clock.now() + operation.ms;
        return void this.#wait(task, resume, () => () => {}, { until, io: false });
      }
      case "share": {
        const detached: Spawn = (flow, limits, ended) =>
          this.#spawn(flow, new Scope(scope.clock, limits), ended);
        const { key, flow } = operation;
        const begin = (settle: End) => this.#flights.join(key, flow, scope, detached, settle);
        return this.#wait(task, resume, begin, { io: false });
      }
      case "send":
        return this.#wait(task, resume, (settle) => host.send(operation.request, settle));
      case "read":
        return this.#wait(task, resume, (settle) => host.read(operation.source, settle));
      case "invoke": {
        const start = (flow: Flow<unknown>, ended: End) => this.#spawn(flow, scope, ended);
        return this.#wait(
          task,
          resume,
          (settle) => host.invoke(operation, scope.functionTimeout, start, settle),
        );
      }
    }
  }

  #wait(
    task: Task,
    resume: End,
    begin: (settle: End) => () => void,
    kind: { io: boolean; until?: number } = { io: true },
  ): void {
    const settle: End = (outcome) => {
      if (!this.#waiting.delete(waiter)) return;
      // What was cancelled while its answer came counts as cancelled, as in the async style.
      const interrupted = task.interrupted();
      if (interrupted) waiter.giveUp();
      resume(interrupted ?? outcome);
    };
    const waiter: Waiter = { task, ...kind, giveUp: () => {}, resume };
    this.#waiting.add(waiter);
    try {
      waiter.giveUp = begin(settle);
    } catch (error) {
      settle({ ok: false, error });
    }
  }

  #block(): void {
    const host = this.#host;
    let io = false;
    let limit = Infinity;
    let sleeper: Clock | undefined;
    for (const waiter of this.#waiting) io ||= waiter.io;
    for (const { task, until } of this.#waiting) {
      const { clock } = task.scope;
      limit = Math.min(limit, task.allowance());
      // The host waits in real time; a sleep on another clock has its turn when nothing is on the wire.
      if (task.scope.remote && (io || clock === host.clock)) {
        limit = Math.min(limit, REMOTE_SLICE_MS);
      }
      if (until === undefined || (io && clock !== host.clock)) continue;
      sleeper ??= clock;
      if (clock === sleeper) limit = Math.min(limit, until - clock.now());
    }
    const ms = Math.max(0, limit);
    if (io) host.wait(ms);
    else if (sleeper) this.#sleep(sleeper, ms);
    else if (limit === Infinity) {
      throw new SyncBridgeError("Cannot go on: no flow has anything to wait for");
    } else host.clock.sleepSync(ms);
    this.#wake();
  }

  /** A clock that stands still, or is set back meanwhile, has slept all the same. */
  #sleep(clock: Clock, ms: number): void {
    const end = clock.now() + ms;
    clock.sleepSync(ms);
    for (const waiter of this.#waiting) {
      const { until = Infinity, task } = waiter;
      if (until <= end && task.scope.clock === clock) waiter.until = -Infinity;
    }
  }

  #wake(): void {
    for (const waiter of [...this.#waiting]) {
      const { task, until } = waiter;
      const interrupted = task.interrupted();
      const answer = interrupted ??
        (until !== undefined && task.scope.clock.now() >= until
          ? { ok: true as const, value: undefined }
          : undefined);
      if (!answer || !this.#waiting.delete(waiter)) continue;
      waiter.giveUp();
      waiter.resume(answer);
    }
  }
}

function refuseStart(): never {
  throw new SyncBridgeError(
    `Cannot wait with "await" or "then" in a sync call: return "next(request)", or ` +
      `"yield* next(request)" in a generator`,
  );
}
