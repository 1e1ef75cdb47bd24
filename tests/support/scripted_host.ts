/**
 * Flows run in both ways without network and without real time: a {@linkcode World} holds a virtual
 * timeline, and both hosts answer from a script on it.
 */

import { type Flow, type Operation, send } from "../../src/flow/flow.ts";
import { type Ended, Limit } from "../../src/flow/limit.ts";
import type { Host } from "../../src/flow/scheduler.ts";
import { Scheduler } from "../../src/flow/scheduler.ts";
import { refuseAsync } from "../../src/flow/user_function.ts";
import type { HttpRequest } from "../../src/http/message.ts";
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
      if (ms === Infinity) throw new Error("The scheduler sleeps for ever");
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

/** What both hosts answer alike. */
function answers(world: World): Pick<Host, "clock" | "elapsed" | "send" | "read"> {
  return {
    clock: world.clock,
    elapsed: () => world.time,
    send: ({ request: { url } }, settle) => world.answer(url, settle as never),
    read: (_source, settle) => world.answer("chunk", settle as never),
  };
}

function awaitingHost(world: World): Host {
  const awaited = (promise: PromiseLike<unknown>, settle: (answer: never) => void) => {
    const give = settle as (answer: { ok: true; value: unknown } | Failure) => void;
    Promise.resolve(promise).then(
      (value) => give({ ok: true, value }),
      (error) => give({ ok: false, error }),
    );
    return () => {};
  };
  return {
    ...answers(world),
    loop: {
      after: (ms, callback) => world.after(ms, callback),
      sleep(ms, clock, settle) {
        const controller = new AbortController();
        awaited(clock.sleep(ms, controller.signal), settle as never);
        return (error) => controller.abort(error);
      },
    },
    settle: ({ promise }, settle) => awaited(promise, settle as never),
    invoke: ({ fn, args }, _timeout, _start, settle) =>
      awaited((async () => await fn(...args))(), settle as never),
  };
}

function blockingHost(world: World): Host {
  return {
    ...answers(world),
    settle({ fn, site, promise }, settle) {
      promise.then(undefined, () => {});
      settle({ ok: false, error: refuseAsync(fn, site, "promise") });
      return () => {};
    },
    invoke(operation, _timeout, start, settle) {
      // As the user worker does: what it calls back with runs in the caller's scheduler.
      const [flow] = operation.args as [Flow<unknown>];
      start(flow, settle);
      return () => world.log.push("invoke given up");
    },
    block(ms) {
      if (ms === Infinity && world.pending === 0) throw new Error("The scheduler waits for ever");
      if (!world.step(world.time + ms)) world.passTo(world.time + ms);
    },
  };
}

/** What a test body of {@linkcode bothWays} gets. */
export interface RunKit {
  readonly style: Style;
  readonly world: World;
  readonly log: string[];
  /** Runs a flow in this style. */
  run<T>(flow: Flow<T>): Promise<T>;
  /** The error that the flow ends with. */
  fails(flow: Flow<unknown>): Promise<unknown>;
}

/** Makes the kit of one style. */
export function createRunner(style: Style): RunKit {
  const world = new World();
  const scheduler = new Scheduler(awaitingHost(world));
  const run = async <T>(flow: Flow<T>): Promise<T> =>
    style === "async"
      ? await scheduler.run(flow)
      : world.block(() => new Scheduler(blockingHost(world)).runBlocking(flow));
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

/** Registers `name [async]` and `name [sync]`: one flow, run in both ways. */
export function bothWays(name: string, fn: (t: RunKit) => Promise<void> | void): void {
  for (const style of ["async", "sync"] as const) {
    Deno.test(`${name} [${style}]`, () => fn(createRunner(style)));
  }
}
/** The flow that sends a request of that URL; the world's script answers it. */
export function* get(url: string): Generator<Operation, string, unknown> {
  return String(yield* send({ url } as HttpRequest, {}));
}

/** Something that can cancel. */
export interface Source {
  readonly cancelled: boolean;
  onCancel(listener: () => void): () => void;
}

class TestLimit extends Limit {
  readonly #error: unknown;
  readonly #sources: readonly Source[];

  constructor(deadline: number, error: unknown, sources: readonly Source[], clock?: Clock) {
    super(clock);
    this.deadline = deadline;
    this.#error = error;
    this.#sources = sources;
  }

  override subscribe(listener: () => void): () => void {
    const stops = this.#sources.map((source) => source.onCancel(listener));
    stops.push(super.subscribe(listener));
    return () => stops.forEach((stop) => stop());
  }

  protected override cancelled(): Ended | undefined {
    return this.#sources.some(({ cancelled }) => cancelled) ? { error: this.#error } : undefined;
  }

  protected override overdue(): unknown {
    return this.#error;
  }
}

/** A limit with a deadline, whose error is a word. */
export function until(
  deadline: number,
  error: unknown = `deadline ${deadline}`,
  clock?: Clock,
): Limit {
  return new TestLimit(deadline, error, [], clock);
}

/** A limit with sources that can cancel. */
export function unless(...sources: Source[]): Limit {
  return new TestLimit(Infinity, "cancelled", sources);
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
