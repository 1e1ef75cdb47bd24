import { assertEquals, assertInstanceOf, assertStringIncludes } from "@std/assert";
import { SyncBridgeError } from "../../src/errors.ts";
import { type Flow, LazyFlow, type Operation } from "../../src/flow/flow.ts";
import { type NextFlow, runChain } from "../../src/call/middleware.ts";
import { bothWays, createRunner, get, type RunKit } from "../support/scripted_host.ts";

type Next = (request?: string) => NextFlow<string>;
type Step = (request: string, next: Next) => unknown;

const RULES = {
  enter: (request: string) => ({
    shown: request,
    adopt: (given: unknown) => given === undefined ? request : String(given),
  }),
  accept: (answer: unknown) => typeof answer === "string" ? answer : undefined,
};

function chain(t: RunKit, ...steps: Step[]): Flow<string> {
  t.log.length = 0;
  const links = steps.map((fn, index) => ({ fn: fn as never, per: "call" as const, index }));
  return new LazyFlow(() => runChain(links, "/start", (url) => get(url), RULES));
}

bothWays("next() runs once it is returned, or waited for by yield*", async (t) => {
  assertEquals(await t.run(chain(t, (_, next) => next("/a"))), "/a");
  function* step(_: string, next: Next): Generator<Operation, string, unknown> {
    return `${yield* next("/a")} changed`;
  }
  assertEquals(await t.run(chain(t, step)), "/a changed");
  assertEquals(t.log, ["send /a"]);
});

bothWays("next() is lazy: what nobody waits for is not sent", async (t) => {
  const step: Step = (_, next) => {
    next("/dropped");
    return "answered";
  };
  assertEquals(await t.run(chain(t, step)), "answered");
  assertEquals(t.log, []);
});

bothWays("next() without argument hands on the request", async (t) => {
  assertEquals(await t.run(chain(t, (_, next) => next())), "/start");
});

bothWays("next() may be called again, each result runs once", async (t) => {
  function* twice(_: string, next: Next): Generator<Operation, string, unknown> {
    return (yield* next("/a")) + (yield* next("/b"));
  }
  assertEquals(await t.run(chain(t, twice, twice)), "/a/b/a/b");
  function* same(_: string, next: Next): Generator<Operation, string, unknown> {
    const result = next("/a");
    yield* result;
    return yield* result;
  }
  const error = await t.fails(chain(t, same));
  assertInstanceOf(error, TypeError);
  assertStringIncludes(error.message, "twice");
});

bothWays("runChain() goes from the outermost in and back", async (t) => {
  const step = (name: string): Step =>
    function* (request, next) {
      t.log.push(`${name} in ${request}`);
      const answer = yield* next(request + name);
      t.log.push(`${name} out`);
      return `${answer}<${name}`;
    };
  assertEquals(await t.run(chain(t, step("a"), step("b"))), "/startab<b<a");
  assertEquals(t.log, ["a in /start", "b in /starta", "send /startab", "b out", "a out"]);
});

bothWays("runChain() lets middleware catch and recover", async (t) => {
  t.world.script["/start"] = { error: new Error("down") };
  function* recover(_: string, next: Next): Generator<Operation, string, unknown> {
    try {
      return yield* next();
    } catch (error) {
      return `after ${(error as Error).message}`;
    }
  }
  assertEquals(await t.run(chain(t, recover)), "after down");
});

bothWays("runChain() refuses an answer that is none, and says who gave it", async (t) => {
  const error = await t.fails(chain(t, function forgetful() {}));
  assertInstanceOf(error, TypeError);
  assertStringIncludes(error.message, '"forgetful"');
  assertStringIncludes(error.message, "return next(request)");
});

Deno.test("next() can be awaited, also twice, in the async style", async () => {
  const t = createRunner("async");
  const step: Step = async (_, next) => {
    const result = next("/a");
    const [one, two] = [await result, await result];
    return one + two;
  };
  assertEquals(await t.run(chain(t, step)), "/a/a");
  assertEquals(t.log, ["send /a"]);
  assertEquals(await t.run(chain(t, (_, next) => next("/a").then((text) => `${text}!`))), "/a!");
});

Deno.test("next() rejects with the error that the chain ends with", async () => {
  const t = createRunner("async");
  const failure = new Error("down");
  t.world.script["/a"] = { error: failure };
  const step: Step = async (_, next) => {
    try {
      return await next("/a");
    } catch (error) {
      assertEquals(error, failure);
      return "recovered";
    }
  };
  assertEquals(await t.run(chain(t, step)), "recovered");
});

Deno.test("next() that is awaited in the sync style says what to write", async () => {
  const t = createRunner("sync");
  const error = await t.fails(chain(t, (_, next) => next("/a").then((text) => text)));
  assertInstanceOf(error, SyncBridgeError);
  assertStringIncludes(error.message, "yield* next(request)");
  assertEquals(t.log, []);
});
