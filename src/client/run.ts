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
  return isFlow(flow) ? asyncDriver.run(flow) : Promise.reject(notAFlow(flow, "run"));
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
  if (!isFlow(flow)) throw notAFlow(flow, "runSync");
  return runBlocking(flow);
}

function notAFlow(value: unknown, name: string): TypeError {
  const what = typeof value === "function" ? "a function, call it first" : `a ${typeof value}`;
  return new TypeError(
    `Cannot run a flow: "${name}" got ${what}; give it a generator or "api.flow.get(…)"`,
  );
}
