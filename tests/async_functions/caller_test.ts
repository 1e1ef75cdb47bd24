import { assert, assertEquals, assertInstanceOf, assertStringIncludes } from "@std/assert";
import { SyncBridgeError, TimeoutError } from "../../../src/errors.ts";
import { UserBridge } from "../../../src/transport/worker/user_bridge.ts";
import type { UserCall } from "../../../src/transport/worker/user_session.ts";
import { Waiter } from "../../../src/transport/worker/waiter.ts";
import type { Outcome } from "../../../src/transport/transport.ts";

/** A bridge of its own, and how to run source on it until it has ended. */
function setUp(): { bridge: UserBridge; run: typeof run; start: typeof start; wait(): void } {
  const waiter = new Waiter();
  const bridge = new UserBridge(waiter);
  const wait = (): void => {
    waiter.wait(Math.min(bridge.remaining(), 20_000));
    bridge.expire();
  };
  const start = (source: string, call: Partial<UserCall> = {}) => {
    const state: { outcome?: Outcome<unknown>; giveUp: () => void } = { giveUp() {} };
    state.giveUp = bridge.run({
      ...{ target: { kind: "source", source }, role: "function", args: [], timeout: 5_000 },
      ...call,
      settle: (outcome) => state.outcome = outcome,
    });
    return state;
  };
  const run = (source: string, call: Partial<UserCall> = {}): Outcome<unknown> => {
    const state = start(source, call);
    while (!state.outcome) wait();
    return state.outcome;
  };
  return { bridge, run, start, wait };
}

function errorOf(outcome: Outcome<unknown>): Error {
  assert(!outcome.ok, "Expected an error");
  return outcome.error as Error;
}

Deno.test("UserBridge runs several functions at once, and settles each", () => {
  const { bridge, start, wait } = setUp();
  const sources = [30, 10, 20].map((ms) =>
    start(`async () => { await new Promise((r) => setTimeout(r, ${ms})); return ${ms}; }`)
  );
  while (sources.some(({ outcome }) => !outcome)) wait();
  assertEquals(
    sources.map(({ outcome }) => outcome),
    [30, 10, 20].map((value) => ({ ok: true as const, value })),
  );
  bridge.stop();
});

Deno.test("UserBridge counts a function's time from when it begins", () => {
  const { bridge, run } = setUp();
  // The thread takes longer than that to start.
  assertEquals(run("async () => 1", { timeout: 20 }), { ok: true, value: 1 });
  bridge.stop();
});

Deno.test("UserBridge does not count the time in next()", () => {
  const { bridge, run } = setUp();
  const end = (answer: (outcome: Outcome<unknown>) => void): void => {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 150);
    answer({ ok: true, value: 7 });
  };
  const outcome = run("async (_, next) => await next()", {
    ...{ args: [{}, () => {}], timeout: 100 },
    next: (_, answer) => end(answer),
  });
  assertEquals(outcome, { ok: true, value: 7 });
  bridge.stop();
});

Deno.test("UserBridge ends a loop with its thread, and starts another", () => {
  const { bridge, run } = setUp();
  run("async () => 1");
  const late = errorOf(run("async () => { for (;;); }", { timeout: 50, role: 'function "loop"' }));
  assertInstanceOf(late, TimeoutError);
  assertStringIncludes(late.message, 'function "loop"');
  assertEquals(run("async () => 2"), { ok: true, value: 2 });
  bridge.stop();
});

Deno.test("UserBridge fails what is running when its thread ends", () => {
  const { bridge, start, run } = setUp();
  const state = start("async () => { await new Promise(() => {}); }");
  bridge.stop();
  assert(state.outcome);
  assertInstanceOf(errorOf(state.outcome), SyncBridgeError);
  const ended = errorOf(run("async () => { process.exit(1); }"));
  assertInstanceOf(ended, SyncBridgeError);
  assertEquals(run("async () => 3"), { ok: true, value: 3 });
  bridge.stop();
});

Deno.test("UserBridge forgets what was given up", () => {
  const { bridge, start, run } = setUp();
  const state = start("async () => { await new Promise((r) => setTimeout(r, 30)); return 1; }");
  state.giveUp();
  const outcome = run("async () => { await new Promise((r) => setTimeout(r, 60)); return 2; }");
  assertEquals([state.outcome, outcome], [undefined, { ok: true, value: 2 }]);
  bridge.stop();
});

Deno.test("UserBridge says where source means nothing", () => {
  const { bridge, run } = setUp();
  const error = errorOf(run("async ( => 1"));
  assertInstanceOf(error, SyncBridgeError);
  assertStringIncludes(error.message, "its source means nothing by itself");
  bridge.stop();
});
