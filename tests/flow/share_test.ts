import { assertEquals, assertInstanceOf, assertStringIncludes } from "@std/assert";
import { concurrent, Flights, share } from "../../src/flow/concurrent.ts";
import { ask, type Flow, type Operation, sleep, within } from "../../src/flow/flow.ts";
import { Limit } from "../../src/flow/limit.ts";
import { bothWays, createRunner, get, until, work, World } from "../support/scripted_host.ts";

const KEY = { name: "key" };

function invokeAsync(args: unknown[]): Flow<unknown> {
  return ask<unknown>({ kind: "invoke", fn: () => {}, args, site: { role: "middleware" } });
}

bothWays("share() runs one flow for all that ask at once", async (t) => {
  const { world } = t;
  world.script["/a"] = { ms: 10 };
  const flows = ["x", "y", "z"].map((name) => share(KEY, work(world, name, "/a")));
  assertEquals(await t.run(concurrent(flows)), ["/a", "/a", "/a"]);
  assertEquals(t.log, ["x begins", "send /a", "x has /a"]);
});

bothWays("share() runs again for those that ask later", async (t) => {
  function* twice() {
    return [yield* share(KEY, get("/a")), yield* share(KEY, get("/b"))];
  }
  assertEquals(await t.run(twice()), ["/a", "/b"]);
});

bothWays("share() tells keys apart, objects by identity", async (t) => {
  const [one, two] = [{}, {}];
  const flow = concurrent([share(one, get("/a")), share(two, get("/b")), share(one, get("/c"))]);
  assertEquals(await t.run(flow), ["/a", "/b", "/a"]);
});

bothWays("share() gives its error to all", async (t) => {
  const failure = new Error("refused");
  t.world.script["/a"] = { ms: 5, error: failure };
  const flows = [share(KEY, get("/a")), share(KEY, get("/a"))];
  assertEquals(await t.run(concurrent(flows, { settled: true })), [
    { status: "rejected", reason: failure },
    { status: "rejected", reason: failure },
  ]);
  assertEquals(t.log, ["send /a"]);
});

bothWays("share() goes on when the one that began it leaves", async (t) => {
  const { world } = t;
  world.script["/a"] = { ms: 100 };
  const flows = [
    within(until(10), share(KEY, work(world, "first", "/a"))),
    share(KEY, work(world, "second", "/a")),
  ];
  assertEquals(await t.run(concurrent(flows, { settled: true })), [
    { status: "rejected", reason: "deadline 10" },
    { status: "fulfilled", value: "/a" },
  ]);
  assertEquals(t.log, ["first begins", "send /a", "first has /a"]);
});

bothWays("share() is cancelled when the last one leaves, and cleans up", async (t) => {
  const { world } = t;
  world.script["/a"] = { ms: 100 };
  const flows = [10, 20].map((ms) =>
    within(until(ms), share(KEY, work(world, `of ${ms}`, "/a", sleep(3))))
  );
  function* all() {
    const outcomes = yield* concurrent(flows, { settled: true });
    yield* sleep(50);
    return outcomes.map(({ status }) => status);
  }
  assertEquals(await t.run(all()), ["rejected", "rejected"]);
  assertEquals(t.log, [
    "of 10 begins",
    "send /a",
    "abort /a",
    "of 10 fails: Cancelled: nobody waits for this shared flow any more",
    "of 10 cleaned up",
  ]);
  assertEquals(world.time, 70);
});

bothWays("share() cleans up although its last asker has ended", async (t) => {
  const { world } = t;
  world.script["/a"] = { ms: 100 };
  await t.fails(within(until(10), share(KEY, work(world, "shared", "/a", sleep(3)))));
  // The awaited style has it still under way; a blocked thread must not come back before.
  while (t.style === "async" && world.pending > 0) {
    await new Promise((resolve) => setTimeout(resolve));
  }
  assertEquals(t.log.at(-1), "shared cleaned up");
});

bothWays("share() starts anew while a cancelled flight cleans up", async (t) => {
  const { world } = t;
  world.script["/a"] = { ms: 100 };
  function* flow() {
    try {
      yield* within(until(10), share(KEY, work(world, "old", "/a", sleep(50))));
    } catch {
      return yield* share(KEY, get("/b"));
    }
  }
  assertEquals(await t.run(flow()), "/b");
});

bothWays("share() starts its flow under nobody's limits", async (t) => {
  t.world.script["/a"] = { ms: 100 };
  const limited = within(until(50), share(KEY, get("/a")));
  function* patient() {
    return yield* share(KEY, get("/never"));
  }
  const flow = concurrent([limited, patient()], { settled: true });
  assertEquals((await t.run(flow))[1], { status: "fulfilled", value: "/a" });
});

bothWays("share() ends at once with a flow that ends at once", async (t) => {
  // deno-lint-ignore require-yield -- ends at once
  function* ready(): Generator<Operation, number, unknown> {
    return 5;
  }
  assertEquals(await t.run(concurrent([share(KEY, ready()), share(KEY, ready())])), [5, 5]);
});

bothWays("share() that waits for itself is an error, no hang", async (t) => {
  const direct: Flow<string> = share(KEY, share(KEY, get("/a")));
  const error = await t.fails(direct);
  assertInstanceOf(error, TypeError);
  assertStringIncludes(error.message, "waits for itself");
  // Where it asks through what runs at once with others, too.
  const nested = share(KEY, concurrent([get("/b"), share(KEY, get("/a"))]));
  assertInstanceOf(await t.fails(nested), TypeError);
  assertEquals(await t.run(share(KEY, get("/c"))), "/c");
});

bothWays("share() of flows that wait for each other is an error, no hang", async (t) => {
  const [x, y] = [{ name: "x" }, { name: "y" }];
  function* crossing(own: { name: string }, other: object): Generator<Operation, string, unknown> {
    yield* sleep(5);
    return yield* share(other, get(`/${own.name}`));
  }
  const flows = [share(x, crossing(x, y)), share(y, crossing(y, x))];
  const outcomes = await t.run(concurrent(flows, { settled: true }));
  const reasons = outcomes.map((outcome) => outcome.status === "rejected" && outcome.reason);
  // The one that closes the ring is told, and with it the one that waits for it.
  assertInstanceOf(reasons[0], TypeError);
  assertEquals(reasons[0], reasons[1]);
});

Deno.test("invokeAsync() adds what it starts to the same scheduler", async () => {
  const t = createRunner("sync");
  t.world.script["/slow"] = { ms: 50 };
  t.world.script["/inner"] = { ms: 50 };
  const invoked = invokeAsync([get("/inner")]);
  assertEquals(await t.run(concurrent([get("/slow"), invoked])), ["/slow", "/inner"]);
  assertEquals(t.world.time, 50);
});

Deno.test("invokeAsync() is given up at a limit, and so is what it started", async () => {
  const t = createRunner("sync");
  t.world.script["/inner"] = { ms: 500 };
  const inner = work(t.world, "inner", "/inner");
  const invoked = invokeAsync([inner]);
  assertEquals(await t.fails(within(until(100), invoked)), "deadline 100");
  assertEquals(t.log.toSorted(), [
    "abort /inner",
    "inner begins",
    "inner fails: deadline 100",
    "send /inner",
  ]);
});

bothWays("share() refuses a key that other clients could have as well", async (t) => {
  for (const key of ["key", 1, null, undefined, Symbol.iterator]) {
    const error = await t.fails(share(key as unknown as object, get("/a")));
    assertInstanceOf(error, TypeError);
    assertStringIncludes(error.message, "give an object");
  }
  assertEquals(t.log, []);
});

bothWays("a generator that was run before is refused at every door", async (t) => {
  const used = () => {
    const flow = get("/a");
    return [flow, flow] as const;
  };
  const [one, again] = used();
  const doors = [
    concurrent([one, again]),
    concurrent([() => one]),
    share({}, one),
  ];
  for (const door of doors) {
    const error = await t.fails(door);
    assertInstanceOf(error, TypeError);
    assertStringIncludes(error.message, "twice");
  }
});

Deno.test("share() gives async functions the time that the call that began it gives them", () => {
  class CallLimit extends Limit {
    override get functionTimeoutMs(): number {
      return 250;
    }
  }
  const limits: Limit[] = [];
  const asking = new CallLimit(new World().clock);
  new Flights().join(KEY, get("/a"), asking, (_, limit) => limits.push(limit), () => {});
  assertEquals(limits.map(({ functionTimeoutMs }) => functionTimeoutMs), [250]);
});
