/*
 * Functions that cross as their source: marked on the calling thread, compiled in the worker.
 */
import type { UserFunction } from "../flow/flow.ts";
import { isAsyncFunction } from "../flow/user_function.ts";
import { type ErrorMembers, makeError } from "../sync/wire_error.ts";
import type { Kit } from "./mirror.ts";
import { put } from "./values.ts";

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

interface Init extends Record<string, unknown> {
  readonly status: number;
  readonly redact: readonly string[];
  readonly body: () => unknown;
  readonly ask: (what: string) => unknown;
}

const REDACT = Symbol.for("@ax/client.redact");

/**
 * Responses and errors for functions that come as source, which bring no copy of the package. What
 * is more than a member is asked of the caller's own object.
 */
function portableKit(): Kit {
  class PortableResponse {
    declare readonly data: unknown;
    declare readonly toJSON: () => object;

    constructor({ body, ask, redact, ...members }: Init) {
      const { status } = members;
      Object.assign(this, members, { ok: status >= 200 && status < 300 });
      put(this, REDACT, redact, false);
      put(this, "bytes", body, false);
      for (const name of ["text", "blob", "raiseForStatus", "toJSON"]) {
        put(this, name, () => ask(name), false);
      }
    }
  }
  put(PortableResponse.prototype, Symbol.for("@ax/client.response"), true, false);
  // As of an `AxResponse`: printing it must not print its credentials.
  for (const name of ["nodejs.util.inspect.custom", "Deno.customInspect"]) {
    put(PortableResponse.prototype, Symbol.for(name), function (this: PortableResponse): string {
      return `AxResponse ${JSON.stringify({ ...this.toJSON(), data: this.data })}`;
    }, false);
  }

  class PortableError extends Error {
    constructor(message: string, options: ErrorOptions & Partial<Init>) {
      super(message, options);
      put(this, REDACT, options.redact, false);
      put(this, "toJSON", () => options.ask?.("toJSON"), false);
    }
  }
  put(PortableError.prototype, Symbol.for("@ax/client.error"), true, false);

  return { Response: PortableResponse as never, errors: { AX_ERROR: PortableError as never } };
}

/** The classes where there are none of the package, or none yet. */
export const PORTABLE_KIT: Kit = /* @__PURE__ */ portableKit();

/** An error of ours, in the worker: a `SyncBridgeError` where nothing else is said. */
export function refusal(
  message: string,
  { kit = PORTABLE_KIT, ...more }: { readonly kit?: Kit } & Partial<ErrorMembers> = {},
): Error {
  const facts = { name: "SyncBridgeError", code: "AX_SYNC_BRIDGE", message, "@ax": [] };
  return makeError({ ...facts, ...more }, kit.errors);
}
