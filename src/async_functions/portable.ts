import type { UserFunction } from "./flow/flow.ts";
import { isAsyncFunction } from "./user_function.ts";

const PORTABLE = Symbol.for("@ax/client.portable");

/**
 * Marks an `async` function as one that uses nothing but its arguments and globals: no imports, no
 * variables of its module. In a sync call its source is sent to a worker and runs there; in an
 * async call it runs as it is.
 *
 * @typeParam F The type of the function.
 * @param fn An async function: arrow, function or method.
 * @returns The same function.
 * @throws {TypeError} If it is no async function, uses `this`, `super` or a private name, or is
 * bound or native.
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
  Object.defineProperty(fn, PORTABLE, { value });
  return fn;
}

/** The source of a portable function. */
export function portableSource(fn: UserFunction): string | undefined {
  return (fn as { [PORTABLE]?: string })[PORTABLE];
}

function problemOf(fn: unknown): string | undefined {
  if (typeof fn !== "function") return `it is a ${typeof fn}`;
  const source = Function.prototype.toString.call(fn);
  if (/\{\s*\[native code\]\s*\}\s*$/.test(source)) {
    return "it is bound or native, so it has no source; give the function itself";
  }
  if (!isAsyncFunction(fn as UserFunction)) {
    return "it is not async; plain and generator functions run in both call styles as they are";
  }
  const code = codeOf(source);
  // A key of that name is none: `{ this: 1 }`, unlike `a ? this : b`.
  const word = /(?<![.\w$#])(?<![{,]\s*(?=\w+\s*:))(this|super)(?![\w$])/.exec(code)?.[1] ??
    /(?<![\w$])#[\p{ID_Start}_$][\w$]*/u.exec(code)?.[0];
  return word && `it uses "${word}", which it would not have in the worker; pass what it needs ` +
      `through "request.context", or write it as a generator`;
}

/** A comment, a string, a regular expression (after a value a slash divides), or one character. */
const CODE =
  /\/\/.*|\/\*[^]*?\*\/|(["'])(?:\\[^]|(?!\1)[^\\])*\1|(?<=(?:^|[([{},;:=!&|?+\-*%~^<>]|\b(?:return|typeof|case|in|of|void|delete|await|yield))\s*)\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\[\n])+\/\w*|[^]/y;
/** The text of a template, to its end or the next `${`. */
const TEXT = /(?:\\[^]|\$(?!\{)|[^\\`$])*(?:`|\$\{)/y;

/** The source without comments, strings and regular expressions; what is in `${}` stays. */
function codeOf(source: string): string {
  let code = "";
  let inText = false;
  const open: string[] = [];
  for (let at = 0;;) {
    const lexer: RegExp = inText ? TEXT : CODE;
    lexer.lastIndex = at;
    const token: string | undefined = lexer.exec(source)?.[0];
    if (!token) return code;
    at += token.length;
    if (inText ? token.endsWith("{") : token === "{") open.push(token);
    code += inText || token.length > 1 ? " " : token;
    inText = !inText && (token === "`" || (token === "}" && open.pop() !== "{"));
  }
}
