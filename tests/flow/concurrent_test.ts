import { assertEquals, assertInstanceOf, assertStringIncludes } from "@std/assert";
import { CancelError } from "../../src/errors.ts";
import { concurrent } from "../../src/flow/concurrent.ts";
import { type Flow, type Operation, sleep, within } from "../../src/flow/flow.ts";
import { bothWays, get, until, work, type World } from "../support/scripted_host.ts";

function script(world: World, times: Record<string, number>): void {
  for (const [url, ms] of Object.entries(times)) world.script[url] = { ms };
}

bothWays("concurrent() gives results in order and runs all at once", async (t) => {
  script(t.world, { "/a": 30, "/b": 10, "/c": 20 });
  assertEquals(await t.run(concurrent([get("/a"), get("/b"), get("/c")])), ["/a", "/b", "/c"]);
  assertEquals(t.world.time, 30);
  assertEquals(t.log, ["send /a", "send /b", "send /c"]);
});

bothWays("concurrent() keeps to its limit and fills what is free", async (t) => {
  script(t.world, { "/a": 30, "/b": 10, "/c": 10, "/d": 10 });
  const { world } = t;
  const flows = ["/a", "/b", "/c", "/d"].map((url) => work(world, url[1] as string, url));
  assertEquals(await t.run(concurrent(flows, { concurrency: 2 })), ["/a", "/b", "/c", "/d"]);
  assertEquals(world.time, 30);
  assertEquals(t.log.filter((line) => !line.startsWith("send")), [
    "a begins",
    "b begins",
    "b has /b",
    "c begins",
    "c has /c",
    "d begins",
    "a has /a",
    "d has /d",
  ]);
});

bothWays("concurrent() runs one after the other with concurrency 1", async (t) => {
  script(t.world, { "/a": 30, "/b": 10 });
  await t.run(concurrent([get("/a"), get("/b")], { concurrency: 1 }));
  assertEquals(t.world.time, 40);
});

bothWays("concurrent() cancels the rest when one fails", async (t) => {
  const { world } = t;
  const failure = new Error("b broke");
  script(world, { "/a": 100, "/c": 100, "/unlock": 5 });
  world.script["/b"] = { ms: 10, error: failure };
  const flows = [
    work(world, "a", "/a", get("/unlock")),
    work(world, "b", "/b"),
    work(world, "c", "/c"),
    work(world, "d", "/a"),
  ];
  assertEquals(await t.fails(concurrent(flows, { concurrency: 3 })), failure);
  // The error comes when the last of them has cleaned up; "d" is never begun.
  assertEquals(world.time, 15);
  assertEquals(t.log[6], "b fails: b broke");
  assertEquals(t.log.slice(7).toSorted(), [
    "a cleaned up",
    "a fails: Cancelled: another of the flows that run at once failed",
    "abort /a",
    "abort /c",
    "c fails: Cancelled: another of the flows that run at once failed",
    "send /unlock",
  ]);
  assertEquals(world.pending, 0);
});

bothWays("concurrent() tells the cancelled ones why", async (t) => {
  const failure = new Error("no");
  script(t.world, { "/a": 100 });
  t.world.script["/b"] = { ms: 1, error: failure };
  let seen: unknown;
  function* watch() {
    try {
      yield* get("/a");
    } catch (error) {
      seen = error;
    }
  }
  await t.fails(concurrent([watch(), get("/b")]));
  assertInstanceOf(seen, CancelError);
  assertEquals([seen.cause, seen.reason], [failure, "another flow failed"]);
});

bothWays("concurrent() begins nothing more when an early one fails at once", async (t) => {
  const failure = new Error("first");
  // deno-lint-ignore require-yield -- fails at once
  function* fail(): Generator<Operation, void, unknown> {
    throw failure;
  }
  const flows = [fail(), work(t.world, "b", "/b")];
  assertEquals(await t.fails(concurrent(flows, { concurrency: 1 })), failure);
  assertEquals(t.log, []);
});

bothWays("concurrent() with settled gives every outcome", async (t) => {
  const failure = new Error("no");
  script(t.world, { "/a": 30 });
  t.world.script["/b"] = { ms: 10, error: failure };
  assertEquals(await t.run(concurrent([get("/a"), get("/b")], { settled: true })), [
    { status: "fulfilled", value: "/a" },
    { status: "rejected", reason: failure },
  ]);
  assertEquals(t.world.time, 30);
});

bothWays("concurrent() of nothing is an empty list", async (t) => {
  assertEquals(await t.run(concurrent([])), []);
  assertEquals(await t.run(concurrent([], { settled: true })), []);
});

bothWays("concurrent() takes functions that make flows, late", async (t) => {
  script(t.world, { "/a": 10 });
  const made: string[] = [];
  const make = (url: string) => () => {
    made.push(`${url} at ${t.world.time}`);
    return get(url);
  };
  assertEquals(await t.run(concurrent([make("/a"), make("/b")], { concurrency: 1 })), [
    "/a",
    "/b",
  ]);
  assertEquals(made, ["/a at 0", "/b at 10"]);
});

bothWays("concurrent() fails as a function that makes flows does", async (t) => {
  const failure = new RangeError("no flow");
  const bad = (): Flow<string> => {
    throw failure;
  };
  script(t.world, { "/a": 10 });
  assertEquals(await t.fails(concurrent([get("/a"), bad])), failure);
  assertEquals(await t.run(concurrent([bad, get("/b")], { settled: true })), [
    { status: "rejected", reason: failure },
    { status: "fulfilled", value: "/b" },
  ]);
});

bothWays("concurrent() refuses what is no flow, also from a function", async (t) => {
  const odd = await t.fails(concurrent([get("/a"), 1 as unknown as Flow<number>]));
  assertInstanceOf(odd, TypeError);
  assertStringIncludes(odd.message, "item 1 is no flow");
  const late = await t.fails(concurrent([() => Promise.resolve() as unknown as Flow<void>]));
  assertInstanceOf(late, TypeError);
  assertStringIncludes(late.message, "item 0 is no flow");
  assertEquals(t.log, []);
});

bothWays("concurrent() refuses a limit that is no count", async (t) => {
  for (const concurrency of [0, -1, 1.5, NaN]) {
    assertInstanceOf(await t.fails(concurrent([], { concurrency })), RangeError);
  }
});

bothWays("concurrent() nests", async (t) => {
  script(t.world, { "/a": 10, "/b": 10, "/c": 10 });
  const flow = concurrent([concurrent([get("/a"), get("/b")]), get("/c")]);
  assertEquals(await t.run(flow), [["/a", "/b"], "/c"]);
  assertEquals(t.world.time, 10);
});

bothWays("concurrent() with settled still ends at a limit around it", async (t) => {
  script(t.world, { "/a": 500 });
  const flow = concurrent([get("/a"), get("/a")], { settled: true });
  function* around() {
    yield* flow;
    yield* get("/b");
  }
  assertEquals(await t.fails(within(until(100), around())), "deadline 100");
  assertEquals([t.world.time, t.log.includes("send /b")], [100, false]);
});

bothWays("concurrent() wakes many sleepers in their order", async (t) => {
  function* nap(ms: number) {
    yield* sleep(ms);
    t.log.push(`${ms} at ${t.world.time}`);
    yield* sleep(ms);
    t.log.push(`${ms} at ${t.world.time}`);
  }
  await t.run(concurrent([nap(30), nap(10), nap(25)]));
  assertEquals(t.log, [
    "10 at 10",
    "10 at 20",
    "25 at 25",
    "30 at 30",
    "25 at 50",
    "30 at 60",
  ]);
});

bothWays("concurrent() sleeps and sends at once", async (t) => {
  script(t.world, { "/a": 20 });
  await t.run(concurrent([get("/a"), sleep(50), sleep(20)]));
  assertEquals(t.world.time, 50);
});

bothWays("concurrent() ends once, also for a parent that goes on", async (t) => {
  script(t.world, { "/a": 100, "/next": 10 });
  t.world.script["/b"] = { ms: 5, error: new Error("no") };
  function* parent() {
    try {
      yield* concurrent([get("/b"), get("/a")]);
    } catch {
      // The end of the cancelled flow must not be taken for the answer of what comes next.
      return yield* get("/next");
    }
  }
  assertEquals(await t.run(parent()), "/next");
  assertEquals(t.world.time, 15);
});
