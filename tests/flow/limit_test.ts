import { assertEquals, assertInstanceOf } from "@std/assert";
import { concurrent, now, type Operation, sleep, within } from "../../src/flow/flow.ts";
import { GRACE_MS, ManualSource, Scope } from "../../src/flow/limit.ts";
import {
  bothWays,
  type RunKit,
  get,
  unless,
  until,
  work,
  World,
} from "../support/scripted_host.ts";

const SLOW = { ms: 10_000 };

bothWays("within() throws the deadline where the flow waits", async (t) => {
  t.world.script["/slow"] = SLOW;
  const error = await t.fails(within(until(100), work(t.world, "flow", "/slow")));
  assertEquals(error, "deadline 100");
  assertEquals(t.world.time, 100);
  assertEquals(t.log, ["flow begins", "send /slow", "abort /slow", "flow fails: deadline 100"]);
  assertEquals(t.world.pending, 0);
});

bothWays("within() ends at the nearest of nested deadlines", async (t) => {
  t.world.script["/slow"] = SLOW;
  const inner = () => within(until(300, "inner"), get("/slow"));
  assertEquals(await t.fails(within(until(200, "outer"), inner())), "outer");
  assertEquals(t.world.time, 200);
  assertEquals(await t.fails(within(until(400, "outer"), inner())), "inner");
  assertEquals(t.world.time, 300);
});

bothWays("within() leaves the flow around it alone", async (t) => {
  t.world.script["/slow"] = SLOW;
  function* flow() {
    try {
      yield* within(until(50), get("/slow"));
    } catch (error) {
      yield* sleep(5_000);
      return [error, yield* get("/b"), yield* now()];
    }
  }
  assertEquals(await t.run(flow()), ["deadline 50", "/b", 5_050]);
});

bothWays("within() does not begin an operation when its deadline is over", async (t) => {
  const error = await t.fails(within(until(0), get("/a")));
  assertEquals([error, t.log], ["deadline 0", []]);
});

bothWays("within() counts an answer that comes at the deadline as late", async (t) => {
  function* flow() {
    yield* sleep(100);
    return "answered";
  }
  assertEquals(await t.fails(within(until(100), flow())), "deadline 100");
});

bothWays("within() lets catch and finally wait for a second", async (t) => {
  t.world.script["/slow"] = SLOW;
  t.world.script["/unlock"] = { ms: GRACE_MS - 1 };
  const flow = work(t.world, "flow", "/slow", get("/unlock"));
  assertEquals(await t.fails(within(until(100), flow)), "deadline 100");
  assertEquals(t.log.slice(3), ["flow fails: deadline 100", "send /unlock", "flow cleaned up"]);
});

bothWays("within() ends cleanup that takes longer by the same error", async (t) => {
  t.world.script["/slow"] = SLOW;
  const cleanup = work(t.world, "cleanup", "/slow", get("/more"));
  const flow = work(t.world, "flow", "/slow", cleanup);
  assertEquals(await t.fails(within(until(100), flow)), "deadline 100");
  assertEquals(t.world.time, 100 + GRACE_MS);
  // What begins after the grace fails at once: "/more" is never sent.
  assertEquals(t.log.slice(4), [
    "cleanup begins",
    "send /slow",
    "abort /slow",
    "cleanup fails: deadline 100",
  ]);
});

bothWays("within() gives up a flow that ignores its end", async (t) => {
  t.world.script["/slow"] = SLOW;
  let rounds = 0;
  let returned = false;
  function* stubborn() {
    try {
      for (;;) {
        try {
          rounds++;
          yield* get("/slow");
        } catch {
          // Goes on.
        }
      }
    } finally {
      returned = true;
    }
  }
  assertEquals(await t.fails(within(until(100), stubborn())), "deadline 100");
  assertEquals([returned, t.world.time], [true, 100 + GRACE_MS]);
  assertEquals(rounds < 1_000, true);
});

bothWays("within() takes a recovery as the result", async (t) => {
  t.world.script["/slow"] = SLOW;
  function* flow() {
    try {
      return yield* get("/slow");
    } catch {
      return yield* get("/fallback");
    }
  }
  assertEquals(await t.run(within(until(100), flow())), "/fallback");
});

bothWays("within() follows limits that change while the flow runs", async (t) => {
  t.world.script["/slow"] = SLOW;
  const limits = until(Infinity);
  function* flow() {
    limits.deadline = 70;
    yield* get("/slow");
  }
  await t.fails(within(limits, flow()));
  assertEquals(t.world.time, 70);
});

bothWays("within() ends when a source is cancelled meanwhile", async (t) => {
  t.world.script["/slow"] = SLOW;
  const source = new ManualSource();
  t.world.after(40, () => source.cancel());
  const error = await t.fails(within(unless(source), get("/slow")));
  if (t.style === "async") assertEquals([error, t.world.time], ["cancelled", 40]);
  else assertEquals(error, "cancelled");
  assertEquals(t.log, ["send /slow", "abort /slow"]);
});

bothWays("within() sees a source that was cancelled before", async (t) => {
  const source = new ManualSource();
  source.cancel();
  assertEquals(await t.fails(within(unless(source), get("/a"))), "cancelled");
  assertEquals(t.log, []);
});

bothWays("within() leaves no listener on a source", async (t) => {
  const listeners = new Set<() => void>();
  const source = {
    cancelled: false,
    remote: false,
    subscribe(listener: () => void) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  await t.run(within(unless(source), get("/a")));
  t.world.script["/bad"] = { error: new Error("no") };
  await t.fails(within(unless(source), get("/bad")));
  t.world.script["/slow"] = SLOW;
  await t.fails(within(until(50), within(unless(source), get("/slow"))));
  assertEquals(listeners.size, 0);
});

bothWays("within() reaches every flow of a concurrent() once", async (t) => {
  t.world.script["/slow"] = SLOW;
  const { world } = t;
  function* flow(): Generator<Operation, unknown, unknown> {
    try {
      return yield* concurrent([
        work(world, "a", "/slow", sleep(10)),
        work(world, "b", "/slow", sleep(20)),
      ]);
    } finally {
      yield* cleanup(t);
    }
  }
  assertEquals(await t.fails(within(until(100), flow())), "deadline 100");
  assertEquals(t.log.filter((line) => line.includes("clean")), [
    "a cleaned up",
    "b cleaned up",
    "outer cleaned up at 150",
  ]);
});

function* cleanup(t: RunKit): Generator<Operation, void, unknown> {
  yield* sleep(30);
  t.log.push(`outer cleaned up at ${yield* now()}`);
}

Deno.test("Scope gives its clock on and can have its own", () => {
  const [outer, inner] = [new World(), new World()];
  const scope = new Scope(outer.clock);
  assertEquals(scope.enter(until(1)).clock, outer.clock);
  assertEquals(scope.enter({ ...until(1), clock: inner.clock }).clock, inner.clock);
  assertEquals([scope.remaining(), scope.enter(until(5)).remaining()], [Infinity, 5]);
});

Deno.test("ManualSource calls each listener once", () => {
  const source = new ManualSource();
  let calls = 0;
  source.subscribe(() => calls++);
  const stop = source.subscribe(() => calls += 10);
  stop();
  source.cancel();
  source.cancel();
  assertEquals([calls, source.cancelled], [1, true]);
  assertInstanceOf(source, ManualSource);
});
