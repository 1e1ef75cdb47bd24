import type {
  Attachments,
  BodySource,
  HttpRequest,
  HttpResponse,
  Outcome,
} from "../http/message.ts";
import type { Limit } from "./limit.ts";

/** The mark of what is yielded here, also by another copy of the package. */
export const OPERATION: unique symbol = Symbol.for("@ax/client.operation") as never;
const FLOW = Symbol.for("@ax/client.flow");

/** What a flow asks of the scheduler that runs it. Made by `yield*` on this package's flows only. */
export interface Operation {
  /** Which operation it is. */
  readonly kind: string;
}

/**
 * A computation that runs in both call styles: `run` runs it without blocking, `runSync` blocks
 * this thread. It is lazy, runs once, and composes with `yield*`. Every generator that yields
 * nothing but what `yield*` on flows yields is a flow.
 *
 * @typeParam T What the flow returns.
 */
export interface Flow<T> {
  /** Starts the flow; `yield*` calls it. */
  [Symbol.iterator](): Iterator<Operation, T, unknown>;
}

/** What a flow, or a function that makes one, returns. */
export type FlowValue<F> = F extends Flow<infer T> ? T
  : F extends () => Flow<infer T> ? T
  : never;

/** A function that the user gave, of any colour. */
// deno-lint-ignore no-explicit-any -- only `any` takes every parameter list
export type UserFunction = (...args: any[]) => unknown;

/** Where a user function stands, for errors: `request interceptor`, `middleware`. */
export interface CallSite {
  /** The role of the function. */
  readonly role: string;
  /** Its place among those of its role, from 0; for errors. */
  readonly index?: number | undefined;
  /** The object that the function is a method of, and its name there. */
  readonly method?: { readonly object: object; readonly name: string } | undefined;
  /**
   * How many flows it waits for, such as that of `next()`: there it hears when the call is ended.
   * One that was ended still counts.
   */
  open?: number;
}

/** Sends one request; the answer is an {@linkcode HttpResponse}. */
export interface SendOperation extends Operation {
  readonly kind: "send";
  readonly request: HttpRequest;
  readonly attachments: Attachments;
}

/** Reads the next chunk of a streamed body; the answer is `undefined` at its end. */
export interface ReadOperation extends Operation {
  readonly kind: "read";
  readonly source: BodySource;
}

/** Waits. */
export interface SleepOperation extends Operation {
  readonly kind: "sleep";
  readonly ms: number;
}

/** Calls an `async` user function: awaited, or run in the user worker while this thread blocks. */
export interface InvokeOperation extends Operation {
  readonly kind: "invoke";
  readonly fn: UserFunction;
  readonly args: readonly unknown[];
  readonly site: CallSite;
}

/** Takes the promise that a plain user function returned: awaited, or refused in a sync call. */
export interface SettleOperation extends Operation {
  readonly kind: "settle";
  readonly promise: PromiseLike<unknown>;
  readonly fn: UserFunction;
  readonly site: CallSite;
}

/** Runs flows at once. */
export interface ConcurrentOperation extends Operation {
  readonly kind: "concurrent";
  readonly flows: readonly (Flow<unknown> | (() => Flow<unknown>))[];
  readonly concurrency: number;
  readonly settled: boolean;
}

/** Joins the running flow of that key, or starts one. */
export interface ShareOperation extends Operation {
  readonly kind: "share";
  readonly key: object;
  readonly flow: Flow<unknown>;
}

/** Operations that the scheduler has to wait for. */
export type WaitingOperation =
  | SendOperation
  | ReadOperation
  | SleepOperation
  | InvokeOperation
  | SettleOperation
  | ConcurrentOperation
  | ShareOperation;

/** Every operation; those that are no {@linkcode WaitingOperation} are answered at once. */
export type AnyOperation =
  | WaitingOperation
  | (Operation & { readonly kind: "now" | "random" | "starter" | "checkpoint" | "elapsed" })
  | (Operation & { readonly kind: "limit"; readonly limit: Limit; readonly flow: Flow<unknown> });

/**
 * Starts a flow apart from the one that asks, as `next().then()` needs, for the function that
 * waits for it; throws in a sync call.
 */
export type Starter = <T>(flow: Flow<T>, site: CallSite) => PromiseLike<T>;

/** Asks the scheduler for something: with {@linkcode send}, the only `yield` of the package. */
export function* ask<T>(operation: AnyOperation): Generator<Operation, T, unknown> {
  (operation as { [OPERATION]?: true })[OPERATION] = true;
  return (yield operation) as T;
}

/** Whether a value is a flow: one of ours or a generator, but no other iterable. */
export function isFlow(value: unknown): value is Flow<unknown> {
  if (typeof value !== "object" || value === null) return false;
  if (FLOW in value) return true;
  const generator = value as Partial<Generator>;
  return typeof generator.next === "function" && typeof generator.throw === "function" &&
    typeof generator[Symbol.iterator] === "function";
}

/** Generators that were run: one that has ended would return `undefined` without a word. */
const started = new WeakSet<object>();

/**
 * A flow of the user's, about to be run.
 *
 * @throws {TypeError} If it was run before.
 */
export function claim<T>(flow: Flow<T>): Flow<T> {
  // A flow of ours looks itself.
  if (FLOW in flow) return flow;
  if (started.has(flow)) throw twice();
  started.add(flow);
  return flow;
}

function twice(): TypeError {
  return new TypeError("Cannot run a flow twice: make a new one for each run");
}

/** A flow that is made when it starts, and that starts once. */
export class LazyFlow<T> implements Flow<T> {
  #start: (() => Flow<T>) | undefined;
  readonly [FLOW] = true;

  constructor(start: () => Flow<T>) {
    this.#start = start;
  }

  [Symbol.iterator](): Iterator<Operation, T, unknown> {
    const start = this.#start;
    if (!start) throw twice();
    this.#start = undefined;
    return start()[Symbol.iterator]();
  }
}

/** A flow under a limit. A task that is given one steps right into it. */
export class LimitedFlow<T> implements Flow<T> {
  declare readonly limit: Limit;
  declare readonly flow: Flow<T>;
  declare readonly [FLOW]: true;

  constructor(limit: Limit, flow: Flow<T>) {
    this.limit = limit;
    this.flow = flow;
  }

  [Symbol.iterator](): Iterator<Operation, T, unknown> {
    const { limit, flow } = this;
    return ask<T>({ kind: "limit", limit, flow });
  }
}

Object.defineProperty(LimitedFlow.prototype, FLOW, { value: true });

/** Runs a flow under a limit. */
export function within<T>(limit: Limit, flow: Flow<T>): Flow<T> {
  return new LimitedFlow(limit, flow);
}

/** Sends one request. */
export function* send(
  request: HttpRequest,
  attachments: Attachments,
): Generator<Operation, HttpResponse, unknown> {
  const operation = { [OPERATION]: true, kind: "send", request, attachments } as const;
  return (yield operation satisfies SendOperation) as HttpResponse;
}

/** Reads the next chunk of a streamed body. */
export function read(source: BodySource): Flow<Uint8Array | undefined> {
  return ask<Uint8Array | undefined>({ kind: "read", source });
}

/** Ends the flow here if it was ended from outside: before work that waits for nothing. */
export function checkpoint(): Flow<void> {
  return ask<void>({ kind: "checkpoint" });
}

/** The {@linkcode Starter} of the scheduler at work. */
export function starter(): Flow<Starter> {
  return ask<Starter>({ kind: "starter" });
}

/** Monotonic milliseconds, for durations. */
export function elapsed(): Flow<number> {
  return ask<number>({ kind: "elapsed" });
}

/**
 * Waits without blocking in an async call; in a sync call this thread sleeps.
 *
 * @param ms Milliseconds, 0 or more.
 * @throws {RangeError} If `ms` is negative, infinite or no number.
 *
 * @example Usage
 * ```ts
 * import { run, runSync, sleep } from "jsr:@ax/client";
 *
 * function* pause() {
 *   yield* sleep(5);
 *   return "rested";
 * }
 * console.log(await run(pause()), runSync(pause()));
 * ```
 */
export function* sleep(ms: number): Generator<Operation, void, unknown> {
  if (!(ms >= 0 && ms < Infinity)) {
    throw new RangeError(`Cannot sleep: "ms" must be a finite number of 0 or more, got ${ms}`);
  }
  yield* ask<void>({ kind: "sleep", ms });
}

/**
 * The time of the clock at work.
 *
 * @returns Milliseconds since the epoch.
 *
 * @example Usage
 * ```ts
 * import { now, runSync } from "jsr:@ax/client";
 *
 * console.log(runSync(now()) > 1_700_000_000_000);
 * ```
 */
export function now(): Generator<Operation, number, unknown> {
  return ask<number>({ kind: "now" });
}

/**
 * A random number of the clock at work.
 *
 * @returns A number from 0 up to but without 1.
 *
 * @example Usage
 * ```ts
 * import { random, runSync } from "jsr:@ax/client";
 *
 * console.log(runSync(random()) < 1);
 * ```
 */
export function random(): Generator<Operation, number, unknown> {
  return ask<number>({ kind: "random" });
}

/** What awaits an outcome: how the scheduler hears of the end of a flow. */
export type End = (outcome: Outcome<unknown>) => void;
