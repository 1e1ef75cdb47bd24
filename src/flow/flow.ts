import type { NormalizedRequest } from "../http/request.ts";
import type { ChunkSource, Received } from "../http/received.ts";
import type { Limits } from "./scope.ts";

const OPERATION = Symbol.for("@ax/client.operation");
const FLOW = Symbol.for("@ax/client.flow");

/** What a flow asks of the driver that runs it. Made by `yield*` on this package's flows only. */
export interface Operation {
  /** Which operation it is. */
  readonly kind: string;
}

/**
 * A computation that runs in both call styles: `run` drives it without blocking, `runSync` blocks
 * this thread. It is lazy, runs once, and composes with `yield*`. Every generator that yields
 * nothing but what `yield*` on flows yields is a flow.
 *
 * @typeParam T What the flow returns.
 */
export interface Flow<T> {
  /** Starts the flow; `yield*` calls it. */
  [Symbol.iterator](): Iterator<Operation, T, unknown>;
}

/** How {@linkcode concurrent} and `allSync` run their flows. */
export interface ConcurrentOptions {
  /**
   * How many flows run at once.
   *
   * @default {Infinity}
   */
  concurrency?: number | undefined;
  /**
   * `true`: every flow runs to its end and each result is an outcome as in `Promise.allSettled`;
   * `false`: the first error cancels the rest and is thrown.
   *
   * @default {false}
   */
  settled?: boolean | undefined;
}

/** The result of each flow, in order: outcomes with `settled: true`, values otherwise. */
export type ConcurrentResult<T extends readonly unknown[], O> = O extends { settled: true }
  ? { -readonly [K in keyof T]: PromiseSettledResult<FlowValue<T[K]>> }
  : { -readonly [K in keyof T]: FlowValue<T[K]> };

/** What a flow, or a function that makes one, returns. */
export type FlowValue<F> = F extends Flow<infer T> ? T
  : F extends () => Flow<infer T> ? T
  : never;

/** Sends one request; the answer is a {@linkcode Received}. */
export interface SendOperation extends Operation {
  readonly kind: "send";
  readonly request: NormalizedRequest;
}

/** Reads the next chunk of a streamed body; the answer is `undefined` at its end. */
export interface ReadOperation extends Operation {
  readonly kind: "read";
  readonly source: ChunkSource;
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
  readonly key: unknown;
  readonly flow: Flow<unknown>;
}

/** Operations that a driver has to wait for. */
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
  | (Operation & { readonly kind: "now" | "random" | "starter" })
  | (Operation & { readonly kind: "scope"; readonly limits: Limits; readonly flow: Flow<unknown> });

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
}

/** Starts a flow apart from the one that asks, as `next().then()` needs; throws in a sync call. */
export type Starter = <T>(flow: Flow<T>) => PromiseLike<T>;

/** An operation as it is yielded: with the mark that other copies of the package know. */
type Marked<O> = O & { readonly [OPERATION]: true };

function* ask<T>(operation: Marked<AnyOperation>): Generator<Operation, T, unknown> {
  return (yield operation) as T;
}

const NOW: Marked<AnyOperation> = { [OPERATION]: true, kind: "now" };
const RANDOM: Marked<AnyOperation> = { [OPERATION]: true, kind: "random" };
const STARTER: Marked<AnyOperation> = { [OPERATION]: true, kind: "starter" };

/** Whether something that was yielded is an operation, also one of another copy of the package. */
export function isOperation(value: unknown): value is AnyOperation {
  return typeof value === "object" && value !== null && OPERATION in value;
}

/** Whether a value is a flow: one of ours or a generator, but no other iterable. */
export function isFlow(value: unknown): value is Flow<unknown> {
  if (typeof value !== "object" || value === null) return false;
  if (FLOW in value) return true;
  const generator = value as Partial<Generator>;
  return typeof generator.next === "function" && typeof generator.throw === "function" &&
    typeof generator[Symbol.iterator] === "function";
}

/** A flow that is made when it starts, and that starts once. */
export class LazyFlow<T> implements Flow<T> {
  #start: (() => Iterator<Operation, T, unknown>) | undefined;
  readonly [FLOW] = true;

  constructor(start: () => Iterator<Operation, T, unknown>) {
    this.#start = start;
  }

  [Symbol.iterator](): Iterator<Operation, T, unknown> {
    const start = this.#start;
    if (!start) throw new TypeError("Cannot run a flow twice: make a new one for each run");
    this.#start = undefined;
    return start();
  }
}

/** Sends one request. */
export function send(request: NormalizedRequest): Flow<Received> {
  return ask<Received>({ [OPERATION]: true, kind: "send", request });
}

/** Reads the next chunk of a streamed body. */
export function read(source: ChunkSource): Flow<Uint8Array | undefined> {
  return ask<Uint8Array | undefined>({ [OPERATION]: true, kind: "read", source });
}

/** A flow under limits. A driver that is given one steps right into it. */
export class Within<T> implements Flow<T> {
  readonly limits: Limits;
  readonly flow: Flow<T>;
  readonly [FLOW] = true;

  constructor(limits: Limits, flow: Flow<T>) {
    this.limits = limits;
    this.flow = flow;
  }

  [Symbol.iterator](): Iterator<Operation, T, unknown> {
    const { limits, flow } = this;
    return ask<T>({ [OPERATION]: true, kind: "scope", limits, flow });
  }
}

/** Runs a flow under limits; see {@linkcode Limits}. */
export function within<T>(limits: Limits, flow: Flow<T>): Flow<T> {
  return new Within(limits, flow);
}

/** The {@linkcode Starter} of the driver at work. */
export function starter(): Flow<Starter> {
  return ask<Starter>(STARTER);
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
  yield* ask<void>({ [OPERATION]: true, kind: "sleep", ms });
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
  return ask<number>(NOW);
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
  return ask<number>(RANDOM);
}

/**
 * Runs flows at once, in both call styles: also while this thread is blocked.
 *
 * @param flows Flows, or functions that make one.
 * @param options How many at once, and what happens on an error.
 * @returns The results, in the order of the flows.
 * @throws {RangeError} If `concurrency` is no integer of 1 or more.
 *
 * @example Usage
 * ```ts
 * import { concurrent, runSync, sleep } from "jsr:@ax/client";
 * import { assertEquals } from "@std/assert";
 *
 * function* twice(n: number) {
 *   yield* sleep(1);
 *   return n * 2;
 * }
 * function* both() {
 *   return yield* concurrent([twice(1), twice(2)]);
 * }
 * assertEquals(runSync(both()), [2, 4]);
 * ```
 */
export function* concurrent<
  const T extends readonly (Flow<unknown> | (() => Flow<unknown>))[],
  const O extends ConcurrentOptions = { settled: false },
>(flows: T, options?: O): Generator<Operation, ConcurrentResult<T, O>, unknown> {
  const { concurrency = Infinity, settled = false } = options ?? {};
  if (!(concurrency >= 1) || (concurrency !== Infinity && !Number.isInteger(concurrency))) {
    throw new RangeError(
      `Cannot run flows: "concurrency" must be an integer of 1 or more, got ${concurrency}`,
    );
  }
  const list = [...flows];
  const odd = list.findIndex((flow) => !isFlow(flow) && typeof flow !== "function");
  if (odd >= 0) throw notAFlow(odd);
  return yield* ask<ConcurrentResult<T, O>>({
    [OPERATION]: true,
    kind: "concurrent",
    flows: list,
    concurrency,
    settled,
  });
}

/** The error for an item of `concurrent` that is no flow, or a function that returned none. */
export function notAFlow(item: number): TypeError {
  return new TypeError(
    `Cannot run flows: item ${item} is no flow; pass "api.flow.get(…)" or a function that returns one`,
  );
}

/**
 * Runs one flow for all that ask for the same key at the same time; each gets its result or its
 * error. Async calls share among each other, and the flows of one `allSync` or `concurrent`; a
 * sync call never waits for an async one of its own thread, it runs its own.
 *
 * @param key What tells flows apart; an object is compared by identity, so it cannot collide.
 * @param flow The flow to run, unless one of that key is running.
 * @returns The result of the flow that ran.
 * @throws {TypeError} If the flow would wait for itself, as it asks for its own key.
 *
 * @example Usage
 * ```ts
 * import { concurrent, runSync, share, sleep } from "jsr:@ax/client";
 * import { assertEquals } from "@std/assert";
 *
 * let refreshed = 0;
 * function* refresh() {
 *   yield* sleep(1);
 *   return ++refreshed;
 * }
 * function* both() {
 *   return yield* concurrent([share("token", refresh()), share("token", refresh())]);
 * }
 * assertEquals(runSync(both()), [1, 1]);
 * ```
 */
export function share<T>(key: unknown, flow: Flow<T>): Generator<Operation, T, unknown> {
  return ask<T>({ [OPERATION]: true, kind: "share", key, flow });
}

/** Calls an `async` user function through the driver. */
export function invokeAsync(
  fn: UserFunction,
  args: readonly unknown[],
  site: CallSite,
): Flow<unknown> {
  return ask<unknown>({ [OPERATION]: true, kind: "invoke", fn, args, site });
}

/** Takes a promise that a plain user function returned. */
export function settle(
  promise: PromiseLike<unknown>,
  fn: UserFunction,
  site: CallSite,
): Flow<unknown> {
  return ask<unknown>({ [OPERATION]: true, kind: "settle", promise, fn, site });
}
