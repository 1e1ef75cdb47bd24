/**
 * Streams over a scripted source, without network and without real time: the flows run on the
 * scheduler of the package, whose host answers from the script.
 */

import { checkpoint, type Flow, within } from "../../src/flow/flow.ts";
import { Limit } from "../../src/flow/limit.ts";
import type { Host, Loop } from "../../src/flow/scheduler.ts";
import { Scheduler } from "../../src/flow/scheduler.ts";
import type { BodySource, Settle, Stop } from "../../src/http/message.ts";
import type { Clock } from "../../src/runtime/clock.ts";
import type { FlowRunner } from "../../src/stream/items.ts";
import type { FlowStream, StreamResponse, SyncStreamResponse } from "../../src/stream/members.ts";
import { OpenStreams } from "../../src/stream/open_streams.ts";
import { restyle } from "../../src/stream/items.ts";
import type { Resend, StreamedResponse, StreamRules } from "../../src/stream/body.ts";

/** The names of the call styles that run something. */
export type RunStyle = "async" | "sync";

const encoder = new TextEncoder();

/** Gives its script chunk by chunk; an error in it is where it breaks, `"hang"` never comes. */
export class ScriptedSource implements BodySource {
  readonly blocking = false;
  /** How many chunks were asked for. */
  reads = 0;
  /** How often it was closed. */
  closed = 0;
  /** How often a read was given up. */
  stopped = 0;
  /** Whether it may give the same buffer again. */
  reused = false;
  readonly #script: (string | Uint8Array | Error)[];

  constructor(...script: (string | Uint8Array | Error)[]) {
    this.#script = script;
  }

  reuse(): boolean {
    return this.reused = true;
  }

  read(settle: Settle<Uint8Array | undefined>): Stop {
    this.reads++;
    const next = this.#script.shift();
    if (next !== "hang") {
      if (next instanceof Error) settle({ ok: false, error: next });
      else settle({ ok: true, value: typeof next === "string" ? encoder.encode(next) : next });
    }
    return () => this.stopped++;
  }

  close(): void {
    this.closed++;
  }
}

/** A world with one of the two engines, whose time passes only in waits. */
export class World {
  /** Milliseconds since it began. */
  time = 0;
  /** How long each sleep was. */
  readonly sleeps: number[] = [];
  readonly style: RunStyle;
  readonly engine: FlowRunner;
  readonly clock: Clock = {
    now: () => this.time,
    random: () => 0.5,
    sleep: () => Promise.reject(new Error("The loop sleeps")),
    sleepSync: (ms) => {
      this.sleeps.push(ms);
      this.time += ms;
    },
  };
  readonly #timers = new Set<{ at: number; fire: () => void }>();

  constructor(style: RunStyle) {
    this.style = style;
    const refuse = (): never => {
      throw new Error("The script knows nothing but reads");
    };
    const loop: Loop = {
      sleep: (ms, _clock, settle) => {
        let stopped = false;
        this.sleeps.push(ms);
        queueMicrotask(() => {
          this.pass(ms);
          if (!stopped) settle({ ok: true, value: undefined });
        });
        return () => stopped = true;
      },
      after: (ms, fire) => {
        const timer = { at: this.time + ms, fire };
        this.#timers.add(timer);
        return () => this.#timers.delete(timer);
      },
    };
    const host: Host = {
      ...{ clock: this.clock, send: refuse, invoke: refuse, settle: refuse },
      elapsed: () => this.time,
      read: (source, settle) => source.read(settle),
      ...style === "async" ? { loop } : {},
      block: (ms) => {
        if (ms === Infinity) throw new Error("The thread waits for ever");
        this.time += ms;
      },
    };
    const scheduler = new Scheduler(host);
    this.engine = {
      run: (flow) => scheduler.run(flow),
      runBlocking: (flow) => scheduler.runBlocking(flow),
    };
  }

  /** How many timers are still set. */
  get timers(): number {
    return this.#timers.size;
  }

  /** Lets time pass, with the timers in it. */
  pass(ms: number): void {
    this.time += ms;
    for (const timer of [...this.#timers]) {
      if (timer.at <= this.time && this.#timers.delete(timer)) timer.fire();
    }
  }

  /** Runs a flow. */
  async run<T>(flow: Flow<T>): Promise<T> {
    return this.style === "async" ? await this.engine.run(flow) : this.engine.runBlocking(flow);
  }

  /** A stream in the form of this style; `for await` and `await` read it in both. */
  form(stream: FlowStream): StreamResponse | SyncStreamResponse {
    return this.style === "async"
      ? restyle(stream, "awaiting", this.engine) as StreamResponse
      : restyle(stream, "blocking", this.engine) as SyncStreamResponse;
  }
}

/** Registers `name [async]` and `name [sync]`. */
export function inBothStyles(name: string, fn: (world: World) => Promise<void> | void): void {
  for (const style of ["async", "sync"] as const) {
    Deno.test(`${name} [${style}]`, () => fn(new World(style)));
  }
}

/** What a scripted call answers with. */
export interface ScriptedCall {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly body?: BodySource | Uint8Array | null | undefined;
  readonly rules?: Partial<StreamRules>;
  readonly limit?: Limit;
  readonly resend?: Resend;
  readonly streams?: OpenStreams;
}

/** The URL of every scripted call; its token is masked. */
export const URL_WITH_TOKEN = "https://example.com/a?token=s3cret";

const NEVER: Resend = {
  refusal: () => "the script has no second answer",
  open: () => {
    throw new Error("Sent again");
  },
};

/** Opens a response as the pipeline does. */
export function openResponse(call: ScriptedCall): StreamedResponse {
  const { status = 200, headers = {}, body = null, rules, streams = new OpenStreams() } = call;
  const request = { method: "GET", url: URL_WITH_TOKEN, headers: [], redact: ["token"] };
  const response = {
    ...{ status, statusText: "", url: URL_WITH_TOKEN, redirected: false, body },
    headers: Object.entries(headers),
  };
  return streams.open({ response, request }, {
    maxResponseSize: 1000,
    redact: ["token"],
    ...rules,
  });
}

/** The flow of a call that answers with a stream. */
export function scriptedCall(call: ScriptedCall): Flow<FlowStream> {
  const { streams = new OpenStreams(), limit = new Limit(), resend = NEVER, rules } = call;
  const all = { maxResponseSize: 1000, redact: ["token"], ...rules };
  const answer = function* () {
    yield* checkpoint();
    return openResponse({ ...call, streams });
  };
  return within(limit, streams.deliver(answer(), limit, all, resend));
}

/** Every item. */
export async function list<T>(items: Iterable<T> | AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** The error that something fails with. */
export async function failure<E extends Error>(
  call: () => unknown,
  ErrorClass: abstract new (...args: never[]) => E,
): Promise<E> {
  try {
    await call();
  } catch (error) {
    if (error instanceof ErrorClass) return error;
    throw error;
  }
  throw new Error(`Expected ${ErrorClass.name}, but nothing failed`);
}
