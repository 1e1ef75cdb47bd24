import { SyncBridgeError } from "../errors.ts";
import type { BodySource, HttpResponse, Settle, Stop } from "../http/message.ts";
import type { Clock } from "../runtime/clock.ts";
import { Flights, runBatch, type Spawn } from "./concurrent.ts";
import type {
  CallSite,
  End,
  Flow,
  InvokeOperation,
  SendOperation,
  SettleOperation,
  Starter,
  WaitingOperation,
} from "./flow.ts";
import { type Limit, RootLimit } from "./limit.ts";
import { doNothing, NOTHING, Task, type TaskHost } from "./task.ts";

/** Starts a flow in the scheduler at work, as the `next()` of an async function needs it. */
export type StartFlow = (flow: Flow<unknown>, end: End) => void;

/** What the scheduler needs of the outside. Each operation returns how to give it up. */
export interface Host {
  /** The clock of flows that bring none. */
  readonly clock: Clock;
  /** Monotonic milliseconds. */
  elapsed(): number;
  send(operation: SendOperation, settle: Settle<HttpResponse>): Stop;
  read(source: BodySource, settle: Settle<Uint8Array | undefined>): Stop;
  /** Runs an `async` user function, no longer than `timeoutMs` without the time in `next()`. */
  invoke(
    operation: InvokeOperation,
    timeoutMs: number | false,
    start: StartFlow,
    settle: Settle<unknown>,
  ): Stop;
  /** Takes the promise of a plain user function. */
  settle(operation: SettleOperation, settle: Settle<unknown>): Stop;
  /** Where this thread goes on meanwhile. */
  readonly loop?: Loop | undefined;
  /** Where it does not: blocks until something was settled, at most that many milliseconds. */
  block?(ms: number): void;
}

/** The event loop, as the scheduler uses it. */
export interface Loop {
  sleep(ms: number, clock: Clock, settle: Settle<void>): Stop;
  /** Calls back after some time; returns how to stop it. */
  after(ms: number, callback: () => void): () => void;
}

/** How often a blocked wait looks whether another thread has cancelled it. */
const REMOTE_SLICE_MS = 10;

/**
 * Runs flows until each one waits; answers and limits take them on. `run` lets the thread go on
 * meanwhile, `runBlocking` blocks it.
 */
export class Scheduler implements TaskHost {
  readonly #host: Host;
  readonly #ready: Task[] = [];
  /** Of a blocked thread, which looks at all of them; elsewhere each one is told. */
  readonly #waiting = new Set<Task>();
  readonly #root: Limit;
  #flights: Flights | undefined = undefined;
  #draining = false;

  constructor(host: Host) {
    this.#host = host;
    this.#root = new RootLimit(host.clock);
  }

  /** Runs a flow while this thread goes on, under the limit of the one that started it, if any. */
  run<T>(flow: Flow<T>, limit: Limit = this.#root, site?: CallSite): Promise<T> {
    let resolve: (value: T) => void = doNothing;
    let reject: (error: unknown) => void = doNothing;
    // What a closure sees lives as long as the call: these two, and not the flow.
    const promise = new Promise<T>((...ends) => [resolve, reject] = ends);
    const end: End = (outcome) => {
      if (outcome.ok) resolve(outcome.value as T);
      else reject(outcome.error);
    };
    this.#step(new Task(flow, limit, site ? counted(site, limit, end) : end, this));
    return promise;
  }

  /** Runs a flow to its end without leaving the stack. */
  runBlocking<T>(flow: Flow<T>): T {
    const task = new Task(flow, this.#root, doNothing, this);
    try {
      this.#step(task);
      for (this.#drain(); !task.over || this.#cleaning(); this.#drain()) this.#block();
    } finally {
      for (const waiting of this.#waiting) {
        waiting.stop();
        waiting.abandon();
      }
    }
    if (!task.answer.ok) throw task.answer.error;
    return task.answer.value as T;
  }

  elapsed(): number {
    return this.#host.elapsed();
  }

  starter(limit: Limit): Starter {
    if (!this.#host.loop) return refuseStart;
    return (flow, site) => this.run(flow, limit, site);
  }

  #spawn(flow: Flow<unknown>, limit: Limit, end: End): void {
    this.#ready.push(new Task(flow, limit, end, this));
  }

  #drain(): void {
    if (this.#draining) return;
    this.#draining = true;
    try {
      for (let task = this.#ready.shift(); task; task = this.#ready.shift()) this.#step(task);
    } finally {
      this.#draining = false;
    }
  }

  /** Runs a task until it waits, and has what it waits for begun. */
  #step(task: Task): void {
    const operation = task.advance();
    if (!operation) return task.end(task.answer);
    const turn = ++task.turn;
    const settle: End = (outcome) => {
      if (task.turn !== turn) return;
      // What was cancelled while its answer came counts as cancelled, unless the answer is to that.
      const ended = task.interrupted();
      const interrupted = task.site?.open ? undefined : ended;
      if (interrupted) task.stop(interrupted.error);
      this.#resume(task, interrupted ?? outcome);
    };
    // The flows of a batch are told of every limit themselves; it ends with the last of them.
    const isTold = operation.kind !== "concurrent";
    const { loop } = this.#host;
    if (!loop && isTold) this.#waiting.add(task);
    try {
      const stop = this.#begin(task, operation, settle);
      if (task.turn === turn) task.stop = stop;
    } catch (error) {
      settle({ ok: false, error });
    }
    if (!loop) return;
    if (isTold && task.turn === turn) {
      // A timer may have fired early, or the deadline has moved.
      const told = (): void => {
        if (task.turn === turn && !this.#look(task)) this.#arm(task, told);
      };
      task.unsubscribe = task.limit.subscribe(told);
      if (task.allowance() !== Infinity) this.#arm(task, told);
      // Something may have ended it while it was listened for.
      if (task.turn !== turn) unwatch(task);
    }
    if (this.#ready.length > 0) this.#drain();
  }

  #begin(task: Task, operation: WaitingOperation, settle: End): Stop {
    const host = this.#host;
    const { limit } = task;
    task.io = operation.kind === "send" || operation.kind === "read" || operation.kind === "invoke";
    switch (operation.kind) {
      case "send":
        return host.send(operation, settle);
      case "read":
        return host.read(operation.source, settle);
      case "settle":
        task.site = operation.site;
        return host.settle(operation, settle);
      case "invoke": {
        const site = task.site = operation.site;
        const start: StartFlow = (flow, ended) => {
          this.#spawn(flow, limit, counted(site, limit, ended));
          if (host.loop) this.#drain();
        };
        return host.invoke(operation, limit.functionTimeoutMs, start, settle);
      }
      case "sleep":
        if (host.loop) return this.#sleep(operation.ms, task, host.loop, settle);
        task.until = limit.now + operation.ms;
        return doNothing;
      case "concurrent":
        runBatch(operation, limit, this.#spawner, settle);
        return doNothing;
      case "share": {
        const flights = this.#flights ??= new Flights();
        return flights.join(operation.key, operation.flow, limit, this.#spawner, settle);
      }
    }
  }

  get #spawner(): Spawn {
    return (flow, limit, end) => this.#spawn(flow, limit, end);
  }

  /** Sleeps no longer than the limit allows, so that a virtual clock stops at a deadline as well. */
  #sleep(ms: number, task: Task, loop: Loop, settle: Settle<void>): Stop {
    let stop: Stop = doNothing;
    const step = (left: number): void => {
      const slice = Math.min(left, task.allowance());
      stop = loop.sleep(slice, task.limit.clock, (outcome) => {
        if (slice >= left || !outcome.ok) settle(outcome);
        else if (!task.limit.ended) step(left - slice);
      });
    };
    step(ms);
    return (error) => stop(error);
  }

  /** Ends the wait of a task. */
  #resume(task: Task, answer: Task["answer"]): void {
    task.turn++;
    task.answer = answer;
    task.stop = doNothing;
    task.until = task.site = undefined;
    unwatch(task);
    this.#ready.push(task);
    if (this.#host.loop) this.#drain();
    else this.#waiting.delete(task);
  }

  /** Looks at the limit of a wait; ends it where that was reached. */
  #look(task: Task): boolean {
    const interrupted = task.interrupted();
    if (!interrupted) return false;
    // A function hears of it where it awaits `next()`, and may answer within the grace.
    const hears = task.site?.open;
    task.site = undefined;
    if (hears) return false;
    task.stop(interrupted.error);
    this.#resume(task, interrupted);
    return true;
  }

  #arm(task: Task, told: () => void): void {
    task.stopTimer?.();
    const ms = task.allowance();
    task.stopTimer = ms === Infinity ? undefined : this.#host.loop?.after(ms, told);
  }

  /** Whether flows that were ended are still in their `finally`: shared ones, which nobody awaits. */
  #cleaning(): boolean {
    for (const { limit } of this.#waiting) if (limit.ended) return true;
    return false;
  }

  #block(): void {
    const host = this.#host;
    let io = false;
    let limit = Infinity;
    let sleeper: Limit | undefined;
    for (const task of this.#waiting) io ||= task.io;
    for (const task of this.#waiting) {
      const { until, limit: { clock, remote, now } } = task;
      limit = Math.min(limit, task.allowance());
      // The host waits in real time; a sleep on another clock has its turn when nothing is on the wire.
      if (remote && (io || clock === host.clock)) limit = Math.min(limit, REMOTE_SLICE_MS);
      if (until === undefined || (io && clock !== host.clock)) continue;
      sleeper ??= task.limit;
      if (clock === sleeper.clock) limit = Math.min(limit, until - now);
    }
    const ms = Math.max(0, limit);
    if (io) {
      host.block?.(ms);
      return this.#wake();
    }
    if (!sleeper && limit === Infinity) {
      throw new SyncBridgeError("Cannot go on: no flow has anything to wait for");
    }
    const { clock, now } = sleeper ?? this.#root;
    clock.sleepSync(ms);
    this.#wake(clock, now + ms);
  }

  /** Takes on what was ended, or has slept; a clock that stands still has slept all the same. */
  #wake(slept?: Clock, end = -Infinity): void {
    for (const task of [...this.#waiting]) {
      if (!this.#waiting.has(task) || this.#look(task) || task.until === undefined) continue;
      const { clock, now } = task.limit;
      if ((clock === slept ? Math.max(end, now) : now) >= task.until) this.#resume(task, NOTHING);
    }
  }
}

function unwatch(task: Task): void {
  task.stopTimer?.();
  task.unsubscribe?.();
  task.stopTimer = task.unsubscribe = undefined;
}

/** Counts a flow that a function waits for. */
function counted(site: CallSite, limit: Limit, end: End): End {
  site.open = (site.open ?? 0) + 1;
  return (outcome) => {
    if (!limit.ended) site.open = (site.open ?? 0) - 1;
    end(outcome);
  };
}

function refuseStart(): never {
  throw new SyncBridgeError(
    `Cannot wait with "await" or "then" in a sync call: return "next(request)", or ` +
      `"yield* next(request)" in a generator`,
  );
}
