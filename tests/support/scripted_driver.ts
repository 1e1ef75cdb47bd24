/**
 * Flows under both drivers without network and without real time: a {@linkcode World} holds a
 * virtual timeline, and both hosts answer from a script on it.
 */

import { AsyncDriver, type AsyncHost, type Interruption } from "../../src/flow/drive_async.ts";
import { driveSync, type SyncHost } from "../../src/flow/drive_sync.ts";
import { type Flow, type Operation, send } from "../../src/flow/flow.ts";
import type { CancelSource, Limits } from "../../src/flow/scope.ts";
import type { NormalizedRequest } from "../../src/http/request.ts";
import type { Clock } from "../../src/runtime/clock.ts";
import type { Style } from "./styles.ts";

/** How the world answers a request, `ms` after it was sent. */
export interface ScriptedAnswer {
  ms?: number;
  value?: unknown;
  error?: unknown;
}

interface Entry {
  readonly at: number;
  readonly fire: () => void;
}

/** A timeline where time passes only when everybody waits. */
export class World {
  /** What happened, in order; tests add to it. */
  readonly log: string[] = [];
  /** Answers by URL; without one the URL itself comes back at once. */
  readonly script: Record<string, ScriptedAnswer> = {};
  /** Milliseconds since the world began. */
  time = 0;
  /** The numbers that `random` gives, in a circle. */
  readonly clock: Clock = {
    now: () => this.time,
    random: () => 0.25,
    sleep: (ms, signal) => this.#sleep(ms, signal),
    sleepSync: (ms) => {
      if (ms === Infinity) throw new Error("The driver sleeps for ever");
      this.passTo(this.time + ms);
    },
  };
  readonly #entries = new Set<Entry>();
  #pumping = false;
  #blocked = false;

  /** Calls back at a time from now; returns how to stop it. */
  after(ms: number, fire: () => void): () => void {
    const entry = { at: this.time + Math.max(0, ms), fire };
    this.#entries.add(entry);
    this.#pump();
    return () => this.#entries.delete(entry);
  }

  /** Lets time pass, with what happens meanwhile. */
  passTo(end: number): void {
    while (this.step(end));
    this.time = Math.max(this.time, end);
  }

  /** Goes on to the next thing that happens, if it does so in time. */
  step(end = Infinity): boolean {
    let next: Entry | undefined;
    for (const entry of this.#entries) if (!next || entry.at < next.at) next = entry;
    if (!next || next.at > end) return false;
    this.#entries.delete(next);
    this.time = Math.max(this.time, next.at);
    next.fire();
    return true;
  }

  /** How many things are still to happen: timers and answers that nobody took back. */
  get pending(): number {
    return this.#entries.size;
  }

  /** Runs code during which no event loop may turn. */
  block<T>(fn: () => T): T {
    this.#blocked = true;
    try {
      return fn();
    } finally {
      this.#blocked = false;
    }
  }

  /** Time goes on when the event loop has nothing else to do. */
  #pump(): void {
    if (this.#pumping || this.#blocked) return;
    this.#pumping = true;
    setTimeout(() => {
      this.#pumping = false;
      if (this.step() && this.#entries.size > 0) this.#pump();
    });
  }

  #sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const stop = this.after(ms, resolve);
      signal?.addEventListener("abort", () => {
        stop();
        reject(signal.reason);
      });
    });
  }

  /** Begins what the script says of a URL; returns how to take it back. */
  answer(
    url: string,
    settle: (answer: { ok: true; value: unknown } | Failure) => void,
  ): () => void {
    this.log.push(`send ${url}`);
    const { ms = 0, value = url, error } = this.script[url] ?? {};
    const stop = this.after(ms, () => settle(error ? { ok: false, error } : { ok: true, value }));
    return () => {
      stop();
      this.log.push(`abort ${url}`);
    };
  }
}

interface Failure {
  ok: false;
  error: unknown;
}

function asyncHost(world: World): AsyncHost {
  const wait = (url: string, signal: Interruption) =>
    new Promise<never>((resolve, reject) => {
      const stop = world.answer(url, (answer) => {
        if (answer.ok) resolve(answer.value as never);
        else reject(answer.error);
      });
      signal.addEventListener("abort", () => {
        stop();
        reject(signal.reason);
      });
    });
  return {
    clock: world.clock,
    elapsed: () => world.time,
    after: (ms, callback) => world.after(ms, callback),
    send: ({ url }, signal) => wait(url, signal),
    read: (_source, signal) => wait("chunk", signal),
  };
}

function syncHost(world: World): SyncHost {
  return {
    clock: world.clock,
    elapsed: () => world.time,
    send: ({ url }, settle) => world.answer(url, settle as never),
    read: (_source, settle) => world.answer("chunk", settle as never),
    invoke(operation, _timeout, start, settle) {
      // As the user worker does: what it calls back with runs in the caller's scheduler.
      const [flow] = operation.args as [Flow<unknown>];
      start(flow, settle);
      return () => world.log.push("invoke given up");
    },
    wait(ms) {
      if (ms === Infinity && world.pending === 0) throw new Error("The driver waits for ever");
      if (!world.step(world.time + ms)) world.passTo(world.time + ms);
    },
  };
}

/** What a test body of {@linkcode bothDrivers} gets. */
export interface DriverKit {
  readonly style: Style;
  readonly world: World;
  readonly log: string[];
  /** Runs a flow by the driver of this style. */
  run<T>(flow: Flow<T>): Promise<T>;
  /** The error that the flow ends with. */
  fails(flow: Flow<unknown>): Promise<unknown>;
}

/** Makes the kit of one driver. */
export function createDriver(style: Style): DriverKit {
  const world = new World();
  const driver = new AsyncDriver(asyncHost(world));
  const run = async <T>(flow: Flow<T>): Promise<T> =>
    style === "async"
      ? await driver.run(flow)
      : world.block(() => driveSync(flow, syncHost(world)));
  return {
    style,
    world,
    log: world.log,
    run,
    fails: (flow) =>
      run(flow).then(
        (value) => Promise.reject(new Error(`Expected an error, got ${Deno.inspect(value)}`)),
        (error) => error,
      ),
  };
}

/** Registers `name [async]` and `name [sync]`: one flow under each driver. */
export function bothDrivers(name: string, fn: (t: DriverKit) => Promise<void> | void): void {
  for (const style of ["async", "sync"] as const) {
    Deno.test(`${name} [${style}]`, () => fn(createDriver(style)));
  }
}

/** The flow that sends a request of that URL; the world's script answers it. */
export function* get(url: string): Generator<Operation, string, unknown> {
  return String(yield* send({ url } as NormalizedRequest));
}

/** Limits with a deadline, whose error is a word. */
export function until(deadline: number, error: unknown = `deadline ${deadline}`): Limits {
  return { deadline, sources: [], error: () => error };
}

/** Limits with sources that can cancel. */
export function unless(...sources: CancelSource[]): Limits {
  return { deadline: Infinity, sources, error: () => "cancelled" };
}

/** A flow that notes when it begins, waits, and ends; `cleanup` ms of its `finally` included. */
export function* work(
  world: World,
  name: string,
  url: string,
  cleanup?: Flow<unknown>,
): Generator<Operation, string, unknown> {
  world.log.push(`${name} begins`);
  try {
    const answer = yield* get(url);
    world.log.push(`${name} has ${answer}`);
    return answer;
  } catch (error) {
    world.log.push(`${name} fails: ${error instanceof Error ? error.message : error}`);
    throw error;
  } finally {
    if (cleanup) {
      yield* cleanup;
      world.log.push(`${name} cleaned up`);
    }
  }
}
