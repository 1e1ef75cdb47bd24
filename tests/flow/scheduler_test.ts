import { assert, assertEquals, assertInstanceOf, assertStringIncludes } from "@std/assert";
import { SyncBridgeError } from "../../src/errors.ts";
import { concurrent } from "../../src/flow/concurrent.ts";
import {
  ask,
  type CallSite,
  type Flow,
  isFlow,
  LazyFlow,
  now,
  type Operation,
  random,
  read,
  sleep,
  starter,
  type UserFunction,
  within,
} from "../../src/flow/flow.ts";
import type { BodySource } from "../../src/http/message.ts";
import { bothWays, createRunner, get, until } from "../support/scripted_host.ts";

bothWays("schedulers answer every operation", async (t) => {
  t.world.script["/a"] = { ms: 10 };
  function* flow() {
    const start = yield* now();
    const answer = yield* get("/a");
    yield* sleep(5);
    const chunk = yield* read({} as BodySource);
    return [start, answer, chunk, yield* random(), yield* now()];
  }
  assertEquals(await t.run(flow()), [0, "/a", "chunk", 0.25, 15]);
  assertEquals(t.world.pending, 0);
});

bothWays("schedulers throw a failure where the flow waits", async (t) => {
  const failure = new Error("refused");
  t.world.script["/a"] = { error: failure };
  function* flow() {
    try {
      return yield* get("/a");
    } catch (error) {
      assertEquals(error, failure);
      return yield* get("/b");
    }
  }
  assertEquals(await t.run(flow()), "/b");
  assertEquals(await t.fails(get("/a")), failure);
});

bothWays("schedulers keep falsy values and errors as they are", async (t) => {
  // deno-lint-ignore require-yield -- ends at once
  function* nothing(): Generator<Operation, undefined, unknown> {
    return undefined;
  }
  // deno-lint-ignore require-yield -- ends at once
  function* fail(): Generator<Operation, void, unknown> {
    throw undefined;
  }
  assertEquals(await t.run(nothing()), undefined);
  assertEquals(await t.fails(fail()), undefined);
});

bothWays("schedulers say what to write when a flow yields without yield*", async (t) => {
  const cases: [unknown, string][] = [
    [Promise.resolve(1), "a Promise"],
    [get("/a"), "yield*"],
    [1, "a number"],
    [null, "null"],
    [undefined, "a undefined"],
    [Object.create(null), "a value"],
  ];
  for (const [value, text] of cases) {
    const flow = function* () {
      yield value as Operation;
    };
    const error = await t.fails(flow());
    assertInstanceOf(error, TypeError);
    assertStringIncludes(error.message, text);
    assertStringIncludes(error.message, `"yield*"`);
  }
});

bothWays("schedulers let a flow catch its own bare yield", async (t) => {
  function* flow() {
    try {
      yield Promise.resolve() as unknown as Operation;
    } catch {
      return yield* get("/b");
    }
  }
  assertEquals(await t.run(flow()), "/b");
});

bothWays("LazyFlow runs once and starts when it is run", async (t) => {
  let starts = 0;
  const flow = new LazyFlow(() => {
    starts++;
    return get("/a");
  });
  assertEquals(starts, 0);
  assertEquals(await t.run(flow), "/a");
  const error = await t.fails(flow);
  assertInstanceOf(error, TypeError);
  assertStringIncludes(error.message, "twice");
  assertEquals(starts, 1);
});

bothWays("LazyFlow ends with what its start throws", async (t) => {
  const failure = new RangeError("no");
  const flow = new LazyFlow<void>(() => {
    throw failure;
  });
  assertEquals(await t.fails(flow), failure);
  function* outer() {
    try {
      yield* new LazyFlow<void>(() => {
        throw failure;
      });
    } catch (error) {
      return error;
    }
  }
  assertEquals(await t.run(outer()), failure);
});

bothWays("schedulers run a flow that has no throw method", async (t) => {
  const plain: Flow<number> = {
    [Symbol.iterator]: () => ({ next: () => ({ done: true as const, value: 7 }) }),
  };
  assertEquals(await t.run(plain), 7);
});

bothWays("schedulers do not grow the stack when answers come at once", async (t) => {
  function* flow() {
    let sum = 0;
    for (let n = 0; n < 20_000; n++) sum += (yield* concurrent([])).length;
    return sum;
  }
  assertEquals(await t.run(flow()), 0);
});

bothWays("sleep() refuses what is no duration", async (t) => {
  for (const ms of [-1, NaN, Infinity]) assertInstanceOf(await t.fails(sleep(ms)), RangeError);
  await t.run(sleep(0));
});

bothWays("sleep() ends on a clock that stands still", async (t) => {
  let naps = 0;
  const clock = {
    now: () => 0,
    random: () => 0,
    sleep: () => Promise.resolve(void naps++),
    sleepSync: () => void naps++,
  };
  const still = (flow: Flow<unknown>) => within(until(Infinity, "never", clock), flow);
  await t.run(still(concurrent([sleep(5), sleep(10)])));
  assertEquals(naps, 2);
});

function settle(promise: PromiseLike<unknown>, fn: UserFunction, site: CallSite): Flow<unknown> {
  return ask<unknown>({ kind: "settle", promise, fn, site });
}

Deno.test("settle() awaits in async style and refuses in sync style", async () => {
  const site = { role: "middleware" };
  const fn = function odd() {};
  assertEquals(await createRunner("async").run(settle(Promise.resolve(3), fn, site)), 3);
  const error = await createRunner("sync").fails(settle(Promise.reject(new Error()), fn, site));
  assertInstanceOf(error, SyncBridgeError);
  assertStringIncludes(error.message, 'middleware "odd"');
});

Deno.test("settle() throws into the flow when a thenable throws", async () => {
  const failure = new Error("then failed");
  const thenable = {
    then(): never {
      throw failure;
    },
  } as unknown as PromiseLike<unknown>;
  function* flow() {
    try {
      yield* settle(thenable, () => {}, { role: "x" });
    } catch (error) {
      return error;
    }
  }
  assertEquals(await createRunner("async").run(flow()), failure);
});

Deno.test("isFlow() tells flows from other iterables", () => {
  const flows = [get("/a"), new LazyFlow(() => get("/a")), sleep(1)];
  assert(flows.every(isFlow));
  async function* chunks() {
    yield 1;
  }
  const others = [[1], "text", new Map(), [1].values(), chunks(), null, undefined, () => get("/")];
  assertEquals(others.filter(isFlow), []);
});

/** An async function that waits for a request, and answers to its error after some cleanup. */
function* hearing(style: string, cleanupMs: number): Generator<Operation, unknown, unknown> {
  const site: CallSite = { role: "middleware" };
  const start = yield* starter();
  function* slow(): Generator<Operation, unknown, unknown> {
    try {
      return yield* get("/slow");
    } finally {
      yield* sleep(cleanupMs);
    }
  }
  function* answering(): Generator<Operation, unknown, unknown> {
    try {
      return yield* slow();
    } catch (error) {
      return `answer to ${error}`;
    }
  }
  const fn = async (): Promise<unknown> => {
    try {
      return await start(slow(), site);
    } catch (error) {
      await Promise.resolve();
      return `answer to ${error}`;
    }
  };
  return yield* ask({ kind: "invoke", fn, args: style === "sync" ? [answering()] : [], site });
}

bothWays("what waits for a flow may answer to the end of its call, within the grace", async (t) => {
  t.world.script["/slow"] = { ms: 10_000 };
  const answered = await t.run(within(until(100), hearing(t.style, 20)));
  assertEquals([answered, t.world.time], ["answer to deadline 100", 120]);
  const late = await t.fails(within(until(200), hearing(t.style, 5_000)));
  assertEquals(late, "deadline 200");
});

bothWays("what waits for no flow is ended at once", async (t) => {
  function* deaf(): Generator<Operation, unknown, unknown> {
    const site: CallSite = { role: "middleware" };
    const fn = () => new Promise(() => {});
    if (t.style === "async") return yield* ask({ kind: "invoke", fn, args: [], site });
    return yield* sleep(10_000);
  }
  assertEquals(await t.fails(within(until(100), deaf())), "deadline 100");
  assertEquals(t.world.time, 100);
});
