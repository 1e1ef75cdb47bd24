import { SyncBridgeError } from "../errors.ts";
import { isPromiseLike } from "../http/pairs.ts";
import {
  ask,
  type CallSite,
  claim,
  type Flow,
  isFlow,
  type Operation,
  type UserFunction,
} from "./flow.ts";
import type { Attachments, HttpRequest, HttpResponse, Settle, Stop } from "../http/message.ts";
import type { Host } from "./scheduler.ts";

/** The mark of a `dual` function: how to make its flow. */
export const DUAL: unique symbol = Symbol.for("@ax/client.dual") as typeof DUAL;

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
    ? yield* ask<unknown>({ kind: "invoke", fn, args, site })
    : fn(...args);
  // What `next()` gives is both; a flow costs no promise.
  if (isFlow(result)) result = yield* claim(result);
  else if (isPromiseLike(result)) {
    result = yield* ask<unknown>({ kind: "settle", promise: result, fn, site });
  }
  // A generator that says `return next(request)`.
  if (isFlow(result)) result = yield* claim(result);
  return result as T;
}

/** Why a function cannot run, and what else can be done about it. */
const ENDINGS = {
  async: `; or give "module: import.meta.url" to create(), or mark it portable()`,
  promise: `; an error is thrown, not "Promise.reject(error)"`,
  "no thread": "",
};

/** The error for a function that cannot run in a sync call, with the ways out. */
export function refuseAsync(
  fn: UserFunction,
  site: CallSite,
  why: keyof typeof ENDINGS,
): SyncBridgeError {
  const what = why === "promise" ? "it returned a promise" : "it is async";
  return new SyncBridgeError(
    `Cannot run ${nameOf(fn, site)} in a sync call: ${what}; write it as a generator ` +
      `("function*", "yield*") or a plain function, which run in both call styles` +
      ENDINGS[why],
  );
}

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
  ...args: O[K] extends (...args: infer A) => unknown ? A : never
): Generator<
  Operation,
  O[K] extends (...args: never[]) => infer R ? CallResult<R> : never,
  unknown
>;
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

const PORTABLE = Symbol.for("@ax/client.portable");

/**
 * Marks an `async` function as one that uses nothing but its arguments and globals: no imports, no
 * variables of its module, no `this`. In a sync call its source is sent to a worker and runs there;
 * in an async call it runs as it is.
 *
 * @typeParam F The type of the function.
 * @param fn An async function: arrow, function or method.
 * @returns The same function.
 * @throws {TypeError} If it is no async function, or is bound or native.
 *
 * @example Usage
 * ```ts
 * import { create, portable } from "jsr:@ax/client";
 *
 * const api = create({ baseURL: "https://api.example.com" });
 * api.use(portable(async (request, next) => {
 *   request.headers.set("x-request-id", crypto.randomUUID());
 *   return await next(request);
 * }));
 * ```
 */
// deno-lint-ignore no-explicit-any -- only `any` takes every parameter list
export function portable<F extends (...args: any[]) => PromiseLike<unknown>>(fn: F): F {
  const problem = problemOf(fn);
  if (problem) {
    const name = typeof fn === "function" && fn.name ? ` "${fn.name}"` : "";
    throw new TypeError(`Cannot make function${name} portable: ${problem}`);
  }
  const value = Function.prototype.toString.call(fn);
  Object.defineProperty(fn, PORTABLE, { value, configurable: true });
  return fn;
}

/** The source of a portable function. */
export function portableSource(fn: UserFunction): string | undefined {
  return (fn as { [PORTABLE]?: string })[PORTABLE];
}

function problemOf(fn: unknown): string | undefined {
  if (typeof fn !== "function") return `it is a ${typeof fn}`;
  if (/\{\s*\[native code\]\s*\}\s*$/.test(Function.prototype.toString.call(fn))) {
    return "it is bound or native, so it has no source; give the function itself";
  }
  if (isAsyncFunction(fn as UserFunction)) return undefined;
  return "it is not async; plain and generator functions run in both call styles as they are";
}

/** Options that may be async functions, or hold objects with such methods. */
export const REGISTERED_OPTIONS = [
  "transformRequest",
  "transformResponse",
  "retryOn",
  "onRetry",
  "paramsSerializer",
  "fetch",
  "context",
] as const;

/**
 * What runs `async` user functions for a thread that is blocked. An entry brings it or does
 * without; nothing else knows how it works.
 */
export interface AsyncFunctions extends Pick<Host, "invoke"> {
  /**
   * The place of a client among those that its module makes.
   *
   * @throws {TypeError} If the module is no URL.
   */
  identify(module: string): Identity;
  /**
   * In the thread that runs such functions, while modules load: what throws before a call of a
   * client that is made now, until they have loaded. Elsewhere `undefined`.
   */
  loadingGuard(): (() => void) | undefined;
  /**
   * Why this thread may not block: it runs such functions itself, and always will. Elsewhere
   * `undefined`; once is enough to ask.
   */
  blockingGuard(): (() => never) | undefined;
  /** Sends with the user's own `fetch` while this thread is blocked. */
  send(request: HttpRequest, attachments: Attachments, settle: Settle<HttpResponse>): Stop;
  /** Lets go of the thread, with the last open client. */
  stop(): void;
}

/** A client as its module knows it: what it registers is found again in the module's twin. */
export interface Identity {
  /** The identity of the next child. */
  child(): Identity;
  /** Registers a function, or the async methods of an object, under its place on the client. */
  register(place: string, value: unknown): void;
}
