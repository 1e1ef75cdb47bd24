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
