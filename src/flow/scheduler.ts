import { SyncBridgeError } from "../errors.ts";
import type { Outcome, Settle, Stop } from "../http/message.ts";
import { type Clock, elapsedOn } from "../runtime/clock.ts";
import { runBatch, type Spawn } from "./concurrent.ts";
import type { CallSite, End, Flow, Starter, WaitingOperation } from "./flow.ts";
import type { Host, Loop, StartFlow } from "./host.ts";
import { type Limit, RootLimit } from "./limit.ts";
import { Flights } from "./share.ts";
import { Task } from "./task.ts";

/** How often a blocked wait looks whether another thread has cancelled it. */
const REMOTE_SLICE_MS = 10;

/** A task at an operation. */
interface Wait {
  readonly task: Task;
  /** On its clock; only for a sleep of a blocked thread. */
  readonly until: number | undefined;
  /** Whether the answer comes from the host. */
  readonly io: boolean;
  /** The function that it waits for, until that has been given time to answer after an end. */
  site: CallSite | undefined;
  /** Until the wait is over: an open stream holds the wait for its headers. */
  end: End | undefined;
  stop: Stop;
  /** Where this thread is told of the limit: how that ends. */
  unsubscribe: (() => void) | undefined;
  stopTimer: (() => void) | undefined;
}

/**
 * Runs flows until each one waits; answers and limits take them on. `run` lets the thread go on
 * meanwhile, `runBlocking` blocks it.
 */
export class Scheduler {
  readonly #host: Host;
  readonly #ready: { task: Task; answer: Outcome<unknown>; end: End }[] = [];
  /** Of a blocked thread, which looks at all of them; elsewhere each one is told. */
  readonly #waiting = new Set<Wait>();
  readonly #flights = new Flights();
  readonly #root: RootLimit;
  readonly #starter: (limit: Limit) => Starter;
  #draining = false;

  constructor(host: Host) {
    this.#host = host;
    this.#root = new RootLimit(host.clock);
    this.#starter = host.loop
      ? (limit) => (flow, site) => this.run(flow, limit, site)
      : () => refuseStart as Starter;
  }

  /** Runs a flow while this thread goes on, under the limit of the one that started it, if any. */
  run<T>(flow: Flow<T>, limit: Limit = this.#root, site?: CallSite): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const end: End = (outcome) => {
        if (outcome.ok) resolve(outcome.value as T);
        else reject(outcome.error);
      };
      const task = new Task(flow, limit, this.#host.elapsed, this.#starter);
      this.#advance(task, NOTHING, site ? counted(site, limit, end) : end);
      this.#drain();
    });
  }

  /** Runs a flow to its end without leaving the stack. */
  runBlocking<T>(flow: Flow<T>): T {
    let result: Outcome<unknown> | undefined;
    this.#spawn(flow, this.#root, (outcome) => result = outcome);
    try {
      for (this.#drain(); !result || this.#cleaning(); this.#drain()) this.#block();
    } finally {
      for (const { stop, task } of this.#waiting) {
        stop();
        task.abandon();
      }
    }
    if (!result.ok) throw result.error;
    return result.value as T;
  }

  #spawn(flow: Flow<unknown>, limit: Limit, end: End): void {
    const task = new Task(flow, limit, this.#host.elapsed, this.#starter);
    this.#ready.push({ task, answer: NOTHING, end });
  }

  #drain(): void {
    if (this.#draining) return;
    this.#draining = true;
    try {
      for (let item = this.#ready.shift(); item; item = this.#ready.shift()) {
        this.#advance(item.task, item.answer, item.end);
      }
    } finally {
      this.#draining = false;
    }
  }

  #advance(task: Task, answer: Outcome<unknown>, end: End): void {
    const operation = task.advance(answer);
    if (operation) this.#perform(task, operation, end);
    else end(task.outcome as Outcome<unknown>);
  }

  #perform(task: Task, operation: WaitingOperation, end: End): void {
    const host = this.#host;
    const { limit } = task;
    switch (operation.kind) {
      case "send":
        return this.#wait(task, end, true, (settle) => host.send(operation, settle));
      case "read":
        return this.#wait(task, end, true, (settle) => host.read(operation.source, settle));
      case "settle":
        return this.#wait(task, end, false, (settle) => host.settle(operation, settle), operation);
      case "invoke": {
        const { site } = operation;
        const start: StartFlow = (flow, ended) => {
          this.#spawn(flow, limit, counted(site, limit, ended));
          if (host.loop) this.#drain();
        };
        return this.#wait(
          task,
          end,
          true,
          (settle) => host.invoke(operation, limit.functionTimeoutMs, start, settle),
          { site },
        );
      }
      case "sleep": {
        const { ms } = operation;
        if (!host.loop) {
          return this.#wait(task, end, false, () => nothing, { until: limit.now + ms });
        }
        return this.#wait(task, end, false, (settle) => this.#sleep(ms, task, settle));
      }
      case "concurrent": {
        const spawn: Spawn = (flow, limit, ended) => this.#spawn(flow, limit, ended);
        // No wait of its own: every limit reaches the children, and it ends with the last of them.
        runBatch(operation, limit, spawn, (outcome) => {
          this.#ready.push({ task, answer: task.interrupted() ?? outcome, end });
          if (host.loop) this.#drain();
        });
        if (host.loop) this.#drain();
        return;
      }
      case "share": {
        const spawn: Spawn = (flow, limit, ended) => this.#spawn(flow, limit, ended);
        const { key, flow } = operation;
        this.#wait(
          task,
          end,
          false,
          (settle) => this.#flights.join(key, flow, limit, spawn, settle),
        );
        if (host.loop) this.#drain();
      }
    }
  }

  /** Sleeps no longer than the limit allows, so that a virtual clock stops at a deadline as well. */
  #sleep(ms: number, task: Task, settle: Settle<void>): Stop {
    const loop = this.#host.loop as Loop;
    let stop: Stop = nothing;
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

  #wait(
    task: Task,
    end: End,
    io: boolean,
    begin: (settle: End) => Stop,
    { until, site }: { readonly until?: number; readonly site?: CallSite } = {},
  ): void {
    const wait: Wait = {
      task,
      until,
      io,
      site,
      end,
      stop: nothing,
      unsubscribe: undefined,
      stopTimer: undefined,
    };
    if (!this.#host.loop) this.#waiting.add(wait);
    let settled = false;
    const settle: End = (outcome) => {
      if (settled) return;
      settled = true;
      // What was cancelled while its answer came counts as cancelled, unless the answer is to that.
      const ended = wait.end ? task.interrupted() : undefined;
      const interrupted = wait.site?.open ? undefined : ended;
      if (interrupted && !interrupted.ok) wait.stop(interrupted.error);
      this.#resume(wait, interrupted ?? outcome);
    };
    try {
      wait.stop = begin(settle);
    } catch (error) {
      settle({ ok: false, error });
    }
    if (this.#host.loop && wait.end) this.#watch(wait);
  }

  #resume(wait: Wait, answer: Outcome<unknown>): void {
    const { task, end } = wait;
    if (!end) return;
    wait.end = undefined;
    wait.stop = nothing;
    unwatch(wait);
    this.#ready.push({ task, answer, end });
    if (this.#host.loop) this.#drain();
    else this.#waiting.delete(wait);
  }

  /** Looks at the limit of a wait; ends it where that was reached. */
  #look(wait: Wait): boolean {
    const interrupted = wait.task.interrupted();
    if (!interrupted) return false;
    // A function hears of it where it awaits `next()`, and may answer within the grace.
    const hears = wait.site?.open;
    wait.site = undefined;
    if (hears) return false;
    if (!interrupted.ok) wait.stop(interrupted.error);
    this.#resume(wait, interrupted);
    return true;
  }

  /** Has this thread told of the limit of a wait. */
  #watch(wait: Wait): void {
    wait.unsubscribe = wait.task.limit.subscribe(() => this.#told(wait));
    this.#arm(wait);
    // Something may have ended it while it was listened for.
    if (!wait.end) unwatch(wait);
  }

  #arm(wait: Wait): void {
    wait.stopTimer?.();
    const limit = wait.task.allowance();
    wait.stopTimer = limit === Infinity
      ? undefined
      : this.#host.loop?.after(limit, () => this.#told(wait));
  }

  /** A timer may have fired early, or the deadline has moved. */
  #told(wait: Wait): void {
    if (wait.end && !this.#look(wait)) this.#arm(wait);
  }

  /** Whether flows that were ended are still in their `finally`: shared ones, which nobody awaits. */
  #cleaning(): boolean {
    for (const { task } of this.#waiting) if (task.limit.ended) return true;
    return false;
  }

  #block(): void {
    const host = this.#host;
    let io = false;
    let limit = Infinity;
    let sleeper: Clock | undefined;
    for (const wait of this.#waiting) io ||= wait.io;
    for (const { task, until } of this.#waiting) {
      const { clock, remote, now } = task.limit;
      limit = Math.min(limit, task.allowance());
      // The host waits in real time; a sleep on another clock has its turn when nothing is on the wire.
      if (remote && (io || clock === host.clock)) limit = Math.min(limit, REMOTE_SLICE_MS);
      if (until === undefined || (io && clock !== host.clock)) continue;
      sleeper ??= clock;
      if (clock === sleeper) limit = Math.min(limit, until - now);
    }
    const ms = Math.max(0, limit);
    if (io) {
      host.block?.(ms);
      return this.#wake();
    }
    if (!sleeper && limit === Infinity) {
      throw new SyncBridgeError("Cannot go on: no flow has anything to wait for");
    }
    const clock = sleeper ?? host.clock;
    const end = elapsedOn(clock) + ms;
    clock.sleepSync(ms);
    this.#wake(clock, end);
  }

  /** Takes on what was ended, or has slept; a clock that stands still has slept all the same. */
  #wake(slept?: Clock, end = -Infinity): void {
    for (const wait of [...this.#waiting]) {
      const { until, task: { limit } } = wait;
      if (!wait.end || this.#look(wait) || until === undefined) continue;
      const now = limit.clock === slept ? Math.max(end, limit.now) : limit.now;
      if (now >= until) this.#resume(wait, NOTHING);
    }
  }
}

const NOTHING: Outcome<undefined> = { ok: true, value: undefined };

function unwatch(wait: Wait): void {
  wait.stopTimer?.();
  wait.unsubscribe?.();
  wait.stopTimer = wait.unsubscribe = undefined;
}

/** Counts a flow that a function waits for. */
function counted(site: CallSite, limit: Limit, end: End): End {
  site.open = (site.open ?? 0) + 1;
  return (outcome) => {
    if (!limit.ended) site.open = (site.open ?? 0) - 1;
    end(outcome);
  };
}

function nothing(): void {}

function refuseStart(): never {
  throw new SyncBridgeError(
    `Cannot wait with "await" or "then" in a sync call: return "next(request)", or ` +
      `"yield* next(request)" in a generator`,
  );
}
