// deno-lint-ignore-file no-explicit-any -- handlers of many shapes
import {
  assertEquals,
  assertInstanceOf,
  assertStrictEquals,
  assertStringIncludes,
} from "@std/assert";
import { create, createResponse, portable, SyncBridgeError } from "../../mod.ts";
import type { AxResponse, Client } from "../../mod.ts";
import { caught } from "../support/caught.ts";

/** A client whose request goes nowhere; the function is what runs in the worker. */
function client(middleware: any): Client {
  const answer = (status: number) => ({ status, headers: {}, body: null });
  return create({
    transport: { send: () => Promise.resolve(answer(200)), sendSync: () => answer(200) },
  }).use(middleware);
}

function answer(middleware: any): unknown {
  return client(middleware).getSync("http://127.0.0.1/", { context: { n: 2 } }).headers.get("x-is");
}

const METHODS = {
  async shorthand(_: any, next: any) {
    const response = await next();
    response.headers.set("x-is", "shorthand");
    return response;
  },
  async "quoted name"(_: any, next: any) {
    const response = await next();
    response.headers.set("x-is", "quoted");
    return response;
  },
};

const FORMS: Record<string, [(...args: any[]) => Promise<AxResponse>, string]> = {
  arrow: [async (_: any, next: any) => {
    const response = await next();
    response.headers.set("x-is", "arrow");
    return response;
  }, "arrow"],
  function: [async function (_: any, next: any) {
    const response = await next();
    response.headers.set("x-is", "function");
    return response;
  }, "function"],
  named: [async function again(request: any, next: any): Promise<AxResponse> {
    if (request.context.n-- > 0) return await again(request, next);
    const response = await next();
    response.headers.set("x-is", "named");
    return response;
  }, "named"],
  "default parameters": [async (_: any, next: any, word = "default") => {
    const response = await next();
    response.headers.set("x-is", word);
    return response;
  }, "default"],
  destructuring: [
    async ({ context: { n = 5, ...rest }, method }: any, next: any, ...more: any[]) => {
      const response = await next();
      response.headers.set("x-is", `${n}${method}${Object.keys(rest).length}${more.length}`);
      return response;
    },
    "2GET00",
  ],
  shorthand: [METHODS.shorthand, "shorthand"],
  "quoted name": [METHODS["quoted name"], "quoted"],
  "a backtick in a regular expression": [async (_: any, next: any) => {
    const response = await next();
    response.headers.set("x-is", [/`this/.test("`this"), `#x ${[`super`].length} this`].join());
    return response;
  }, "true,#x 1 this"],
  "words in text": [async (_: any, next: any) => {
    // this super #private
    /* this */
    const words = ["this", "super", `this ${"super"} #x`, /this|super|#x|[/"]/.source];
    const record = { this: 1, super: 2 };
    const response = await next();
    response.headers.set("x-is", `${words.length}${record.this}${record.super}`);
    return response;
  }, "412"],
};

for (const [form, [fn, expected]] of Object.entries(FORMS)) {
  Deno.test(`portable() takes ${form}`, () => {
    assertStrictEquals(portable(fn), fn);
    assertEquals(answer(fn), expected);
  });
}

const variable = 1;
const REFUSED: Record<string, [unknown, string]> = {
  "a bound function": [(async () => await Promise.resolve()).bind(null), "bound or native"],
  "a native function": [Promise.resolve, "native"],
  "a plain function": [() => Promise.resolve(), "not async"],
  "a generator": [function* () {}, "not async"],
  "no function": ["async () => {}", "a string"],
};

for (const [what, [fn, words]] of Object.entries(REFUSED)) {
  Deno.test(`portable() refuses ${what}`, () => {
    const error = caught(() => portable(fn as any));
    assertInstanceOf(error, TypeError);
    assertStringIncludes(error.message, words);
    assertStringIncludes(error.message, "portable");
  });
}

class Holder extends Object {
  static #own = "own";
  static async usesPrivate(_: any, next: any): Promise<AxResponse> {
    const response = await next();
    response.headers.set("x-is", Holder.#own);
    return response;
  }
  async usesSuper(_: any, next: any): Promise<AxResponse> {
    const response = await next();
    response.headers.set("x-is", super.toString());
    return response;
  }
}

for (const fn of [Holder.usesPrivate, new Holder().usesSuper]) {
  Deno.test(`portable() marks what ${fn.name}, and its sync call says that it cannot be alone`, async () => {
    const api = client(portable(fn));
    const error = caught(() => api.getSync("http://127.0.0.1/"));
    assertInstanceOf(error, SyncBridgeError);
    assertStringIncludes(error.message, `the portable middleware 0 "${fn.name}"`);
    assertStringIncludes(error.message, "does not compile alone");
    assertInstanceOf(error.cause, SyntaxError);
    assertEquals((await api.get("http://127.0.0.1/")).status, 200);
  });
}

Deno.test("a portable function has no this, and may import", () => {
  const api = client(portable(async function (this: unknown, _: any, next: any) {
    const response = await next();
    const { join } = await import("node:path");
    response.headers.set("x-is", `${typeof this} ${(() => typeof this)()} ${join("a", "b")}`);
    return response;
  }));
  const { headers } = api.getSync("http://127.0.0.1/");
  assertEquals(headers.get("x-is"), `undefined undefined ${["a", "b"].join("/")}`);
});

Deno.test("a variable that a portable function has not is named", async () => {
  const api = client(portable(async function audit(_: any, next: any) {
    return await Promise.resolve(variable && next());
  }));
  const error = caught(() => api.getSync("http://127.0.0.1/"));
  assertInstanceOf(error, SyncBridgeError);
  assertStringIncludes(error.message, "variable is not defined");
  assertStringIncludes(error.message, 'middleware 0 "audit"');
  assertEquals((await api.get("http://127.0.0.1/")).status, 200);
});

Deno.test("what createResponse() makes is for twins: a portable function has no imports", () => {
  const api = client(portable(async () => await Promise.resolve(createResponse())));
  const error = caught(() => api.getSync("http://127.0.0.1/"));
  assertStringIncludes(error.message, "createResponse is not defined");
});
