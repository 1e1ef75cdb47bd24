import { assert, assertEquals } from "@std/assert";
import { concurrent } from "../../src/flow/concurrent.ts";
import { checkpoint, now, type Operation, sleep, within } from "../../src/flow/flow.ts";
import { GRACE_MS, Limit } from "../../src/flow/limit.ts";
import { realClock } from "../../src/runtime/clock.ts";
import {
  bothWays,
  get,
  type RunKit,
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
  const limit = new Limit();
  t.world.after(40, () => limit.end("cancelled"));
  const error = await t.fails(within(limit, get("/slow")));
  if (t.style === "async") assertEquals([error, t.world.time], ["cancelled", 40]);
  else assertEquals(error, "cancelled");
  assertEquals(t.log, ["send /slow", "abort /slow"]);
});

bothWays("within() sees a source that was cancelled before", async (t) => {
  const limit = new Limit();
  limit.end("cancelled");
  assertEquals(await t.fails(within(limit, get("/a"))), "cancelled");
  assertEquals(t.log, []);
});

bothWays("within() leaves no listener on a source", async (t) => {
  const listeners = new Set<() => void>();
  const source = {
    cancelled: false,
    onCancel(listener: () => void) {
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

Deno.test("Limit gives its clock on and can have its own", () => {
  const [outer, inner] = [new World(), new World()];
  const limit = new Limit(outer.clock);
  const [child, own] = [until(5), until(1, "over", inner.clock)];
  child.enter(limit);
  own.enter(limit);
  assertEquals([child.clock, own.clock], [outer.clock, inner.clock]);
  assertEquals([limit.remaining(), child.remaining()], [Infinity, 5]);
});

Deno.test("Limit tells each listener once that it was ended, and keeps the first error", () => {
  const limit = new Limit(new World().clock);
  let calls = 0;
  limit.subscribe(() => calls++);
  const stop = limit.subscribe(() => calls += 10);
  stop();
  limit.end("first");
  limit.end("second");
  assertEquals([calls, limit.ended?.error], [1, "first"]);
});

bothWays("checkpoint() ends a flow that was ended, and lets others on", async (t) => {
  const limit = new Limit();
  const seen: string[] = [];
  function* flow(): Generator<Operation, void, unknown> {
    yield* checkpoint();
    seen.push("on");
    limit.end("over");
    yield* checkpoint();
    seen.push("never");
  }
  assertEquals(await t.fails(within(limit, flow())), "over");
  assertEquals(seen, ["on"]);
});

Deno.test("Limit counts deadlines on a clock that nobody sets", () => {
  // The wall clock of the machine may be set while a call waits.
  const limit = new Limit(realClock);
  limit.deadline = limit.now + 60_000;
  const { now } = Date;
  try {
    Date.now = () => now() + 3_600_000;
    assertEquals(limit.ended, undefined);
    assert(limit.remaining() > 30_000);
  } finally {
    Date.now = now;
  }
});

Deno.test("Limit.now is the only time that a user's clock has", () => {
  assertEquals(new Limit({ ...realClock, now: () => 77 }).now, 77);
});
