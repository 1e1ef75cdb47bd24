import { type Flow, isFlow } from "../flow/flow.ts";
import { asyncDriver } from "./async_host.ts";
import { runBlocking } from "./sync_host.ts";

/**
 * Runs a flow without blocking.
 *
 * @typeParam T What the flow returns.
 * @param flow A flow, such as the generator of an operation of yours.
 * @returns What the flow returns; rejects with what it throws.
 *
 * @example Usage
 * ```ts
 * import { run, sleep } from "jsr:@ax/client";
 * import { assertEquals } from "@std/assert";
 *
 * function* answer() {
 *   yield* sleep(1);
 *   return 42;
 * }
 * assertEquals(await run(answer()), 42);
 * ```
 */
export function run<T>(flow: Flow<T>): Promise<T> {
  try {
    return asyncDriver.run(checkFlow(flow, "run"));
  } catch (error) {
    return Promise.reject(error);
  }
}

/**
 * Runs a flow and blocks this thread until it has ended.
 *
 * @typeParam T What the flow returns.
 * @param flow A flow, such as the generator of an operation of yours.
 * @returns What the flow returns.
 * @throws What the flow throws.
 *
 * @example Usage
 * ```ts
 * import { runSync, sleep } from "jsr:@ax/client";
 * import { assertEquals } from "@std/assert";
 *
 * function* answer() {
 *   yield* sleep(1);
 *   return 42;
 * }
 * assertEquals(runSync(answer()), 42);
 * ```
 */
export function runSync<T>(flow: Flow<T>): T {
  return runBlocking(checkFlow(flow, "runSync"));
}

/** Generators that were run: one that has ended would return `undefined` without a word. */
const started = new WeakSet<object>();

function checkFlow<T>(flow: Flow<T>, name: string): Flow<T> {
  const value: unknown = flow;
  if (isFlow(value)) {
    if (started.has(value)) throw new TypeError("Cannot run a flow twice: make a new one");
    started.add(value);
    return flow;
  }
  const what = typeof value === "function" ? "a function, call it first" : `a ${typeof value}`;
  throw new TypeError(
    `Cannot run a flow: "${name}" got ${what}; give it a generator or "api.flow.get(…)"`,
  );
}
