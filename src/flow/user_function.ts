import { SyncBridgeError } from "./errors.ts";
import {
  type CallSite,
  type Flow,
  invokeAsync,
  isFlow,
  type Operation,
  settle,
  type UserFunction,
} from "./flow/flow.ts";

/** The mark of a `dual` function: how to make its flow. */
export const DUAL: unique symbol = Symbol.for("@ax/client.dual");

/** Whether a function is `async`, which decides where it runs in a sync call. */
export function isAsyncFunction(fn: UserFunction): boolean {
  return (fn as { [Symbol.toStringTag]?: string })[Symbol.toStringTag] === "AsyncFunction";
}

/** How a function is called in errors: `middleware 2 "audit"`. */
export function nameOf(fn: UserFunction, site: CallSite): string {
  const { role, index } = site;
  const name = site.method?.name ?? fn.name;
  const place = index === undefined ? role : `${role} ${index}`;
  if (name && !role.includes(`"${name}"`)) return `${place} "${name}"`;
  return index === undefined && !role.startsWith('"') ? `an anonymous ${role}` : place;
}

/** Whether a value can be awaited. */
export function isPromiseLike(value: unknown): value is PromiseLike<unknown> {
  return (typeof value === "object" || typeof value === "function") && value !== null &&
    typeof (value as { then?: unknown }).then === "function";
}

/**
 * Calls a user function of any colour. A plain one runs here, and what it returns decides: a
 * value, a flow (it is run), or a promise.
 */
export function* invoke<T>(
  fn: UserFunction,
  args: readonly unknown[],
  site: CallSite,
): Generator<Operation, T, unknown> {
  const dual = (fn as { [DUAL]?: (...args: readonly unknown[]) => Flow<unknown> })[DUAL];
  let result = dual
    ? dual(...args)
    : isAsyncFunction(fn)
    ? yield* invokeAsync(fn, args, site)
    : fn(...args);
  if (isFlow(result)) result = yield* result;
  else if (isPromiseLike(result)) result = yield* settle(result, fn, site);
  return result as T;
}

/** The error for a function that cannot run in a sync call, with the ways out. */
export function refuseAsync(
  fn: UserFunction,
  site: CallSite,
  why: "async" | "promise",
): SyncBridgeError {
  const what = why === "async" ? "it is async" : "it returned a promise";
  return new SyncBridgeError(
    `Cannot run ${nameOf(fn, site)} in a sync call: ${what}; write it as a generator ` +
      `("function*", "yield*") or a plain function, which run in both call styles` +
      (why === "promise" ? "" : `; or give "module: import.meta.url" to create(), or mark it ` +
        `portable()`),
  );
}
