import type { Flow, Operation, UserFunction } from "./flow/flow.ts";
import { DUAL, invoke } from "./user_function.ts";

/**
 * What a function of any colour comes to: the value of its flow or promise, or what it returns.
 *
 * @typeParam R What the function returns.
 */
export type CallResult<R> = R extends Flow<infer T> ? T : Awaited<R>;

/**
 * Calls a user function of any colour in a flow: plain, generator or `async`, by the rules of
 * interceptors. In a sync call an `async` one has to be a twin or `portable`.
 *
 * @typeParam A The parameters.
 * @typeParam R What the function returns.
 * @param fn The function.
 * @param args Its arguments.
 * @returns What it returns; the value of a promise or flow.
 *
 * @example Usage
 * ```ts
 * import { call, run, runSync, sleep } from "jsr:@ax/client";
 * import { assertEquals } from "@std/assert";
 *
 * function* token() {
 *   yield* sleep(1);
 *   return "t0ken";
 * }
 * function* header(provider: () => unknown) {
 *   return `Bearer ${yield* call(provider)}`;
 * }
 * assertEquals(runSync(header(token)), "Bearer t0ken");
 * assertEquals(await run(header(async () => await Promise.resolve("later"))), "Bearer later");
 * ```
 */
export function call<A extends readonly unknown[], R>(
  fn: (...args: A) => R,
  ...args: A
): Generator<Operation, CallResult<R>, unknown>;
/**
 * Calls a method of any colour, such as one of a store. In a sync call an `async` one runs on the
 * twin of its object, which a plugin or the client's `context` brings.
 *
 * @typeParam O The object.
 * @typeParam K The name of the method.
 * @param method The object, and the name of its method.
 * @param args The arguments.
 * @returns What it returns; the value of a promise or flow.
 *
 * @example Usage
 * ```ts
 * import { call, runSync } from "jsr:@ax/client";
 * import { assertEquals } from "@std/assert";
 *
 * const store = new Map([["a", 1]]);
 * assertEquals(runSync(call([store, "get"], "a")), 1);
 * ```
 */
export function call<O extends object, K extends keyof O>(
  method: readonly [O, K],
  ...args: MethodArguments<O[K]>
): Generator<Operation, CallResult<MethodResult<O[K]>>, unknown>;
export function* call(
  target: unknown,
  ...args: unknown[]
): Generator<Operation, unknown, unknown> {
  const [object, name] = Array.isArray(target) ? target as [object, string] : [];
  const fn = object && name !== undefined
    ? (object as Record<string, unknown>)[name]
    : target as unknown;
  if (typeof fn !== "function") {
    const what = name === undefined ? `a ${typeof target}` : `"${name}", it is no method`;
    throw new TypeError(`Cannot call ${what}: give a function, and its arguments after it`);
  }
  const site = { role: "function", ...object && name && { method: { object, name } } };
  // A dual has its object already.
  const bound = object && !(DUAL in fn) ? fn.bind(object) : fn;
  return yield* invoke(bound as UserFunction, args, site);
}

/** The parameters of a method. */
export type MethodArguments<F> = F extends (...args: infer A) => unknown ? A : never;

/** What a method returns. */
export type MethodResult<F> = F extends (...args: never[]) => infer R ? R : never;

/**
 * `Promise.all` under the name that axios has for it; `allSync` is its twin for flows.
 *
 * @typeParam T The promises.
 * @param values Promises, such as those of async calls.
 * @returns Their values, in order; rejects with the first error.
 *
 * @example Usage
 * ```ts
 * import { all, spread } from "jsr:@ax/client";
 * import { assertEquals } from "@std/assert";
 *
 * const sum = await all([1, Promise.resolve(2)]).then(spread((a, b) => a + b));
 * assertEquals(sum, 3);
 * ```
 */
export function all<const T extends readonly unknown[]>(
  values: T,
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  return Promise.all(values);
}

/**
 * Hands an array to a function as its arguments; for `all(…).then(spread((a, b) => …))`.
 *
 * @typeParam A The arguments.
 * @typeParam R What the function returns.
 * @param fn Gets one argument for each item.
 * @returns A function that takes the array.
 *
 * @example Usage
 * ```ts
 * import { spread } from "jsr:@ax/client";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(spread((a: number, b: number) => a - b)([3, 1]), 2);
 * ```
 */
export function spread<A extends readonly unknown[], R>(
  fn: (...args: A) => R,
): (values: A) => R {
  return (values) => fn(...values);
}
