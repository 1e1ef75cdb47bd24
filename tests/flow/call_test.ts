import { assertEquals, assertInstanceOf, assertStringIncludes } from "@std/assert";
import { all, call, dual, portable, runSync, sleep, spread, SyncBridgeError } from "../../mod.ts";
import { bothStyles } from "../support/styles.ts";

const COLOURS: Record<string, (a: number, b: number) => unknown> = {
  plain: (a, b) => a + b,
  *generator(a, b) {
    yield* sleep(1);
    return a + b;
  },
  dual: dual(function* (a: number, b: number) {
    yield* sleep(1);
    return a + b;
  }),
  portable: portable(async (a: number, b: number) => await Promise.resolve(a + b)),
};

for (const [colour, fn] of Object.entries(COLOURS)) {
  bothStyles(`call() runs a ${colour} function`, async (t) => {
    assertEquals(await t.run(call(fn, 1, 2)), 3);
  });
}

bothStyles("call() runs a method with its object", async (t) => {
  const counter = {
    count: 1,
    add(by: number) {
      return this.count += by;
    },
    *later(by: number) {
      yield* sleep(1);
      return this.count += by;
    },
  };
  assertEquals(await t.run(call([counter, "add"], 2)), 3);
  assertEquals(await t.run(call([counter, "later"], 3)), 6);
});

Deno.test("call() in a sync call names a function that cannot run", () => {
  const store = { get: async () => await Promise.resolve(1) };
  const thrown: unknown[] = [];
  const fns = [
    call([store, "get"]),
    call(async function token() {
      return await Promise.resolve(1);
    }),
    call(() => Promise.resolve(1)),
  ];
  for (const flow of fns) {
    try {
      runSync(flow);
    } catch (error) {
      assertInstanceOf(error, SyncBridgeError);
      thrown.push(error.message);
    }
  }
  assertStringIncludes(thrown[0] as string, 'function "get"');
  assertStringIncludes(thrown[1] as string, 'function "token"');
  assertStringIncludes(thrown[2] as string, "it returned a promise");
});

bothStyles("call() refuses what is no function", async (t) => {
  assertStringIncludes((await t.fails(t.run(call(1 as never)), TypeError)).message, "a number");
  const missing = call([{ a: 1 }, "b"] as never);
  assertStringIncludes((await t.fails(t.run(missing), TypeError)).message, '"b"');
});

bothStyles("an argument that cannot cross is refused before the function runs", async (t) => {
  class Own {}
  const fn = portable(async (value: unknown) => await Promise.resolve(typeof value));
  if (t.style === "async") return assertEquals(await t.run(call(fn, new Own())), "object");
  const error = await t.fails(t.run(call(fn, new Own())), SyncBridgeError);
  assertStringIncludes(error.message, "its argument 1 is an instance of Own");
});

Deno.test("all() and spread() are those of promises", async () => {
  assertEquals(await all([1, Promise.resolve("a")]).then(spread((n, s) => `${n}${s}`)), "1a");
});
