import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { FunctionCaller, type UserCall } from "../../src/async_functions/caller.ts";
import { SyncBridgeError, TimeoutError } from "../../src/errors.ts";
import type { Outcome } from "../../src/http/message.ts";
import { Waiter } from "../../src/sync/link.ts";

/** A caller of its own, and how to run source on it until it has ended. */
function setUp(): { caller: FunctionCaller; run: typeof run; start: typeof start; wait(): void } {
  const waiter = new Waiter();
  const caller = new FunctionCaller(() => waiter);
  const wait = (): void => void waiter.wait(20_000);
  const start = (source: string, call: Partial<UserCall> = {}) => {
    const state: { outcome?: Outcome<unknown>; giveUp: (error?: unknown) => void } = {
      giveUp() {},
    };
    state.giveUp = caller.run({
      ...{ target: { kind: "source", source }, role: "function", args: [], timeoutMs: 5_000 },
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
  return { caller, run, start, wait };
}

function errorOf(outcome: Outcome<unknown>): Error {
  assert(!outcome.ok, "Expected an error");
  return outcome.error as Error;
}

Deno.test("FunctionCaller runs several functions at once, and settles each", () => {
  const { caller, start, wait } = setUp();
  const sources = [30, 10, 20].map((ms) =>
    start(`async () => { await new Promise((r) => setTimeout(r, ${ms})); return ${ms}; }`)
  );
  while (sources.some(({ outcome }) => !outcome)) wait();
  assertEquals(
    sources.map(({ outcome }) => outcome),
    [30, 10, 20].map((value) => ({ ok: true as const, value })),
  );
  caller.stop();
});

Deno.test("FunctionCaller counts a function's time from when it begins", () => {
  const { caller, run } = setUp();
  // The thread takes longer than that to start.
  assertEquals(run("async () => 1", { timeoutMs: 20 }), { ok: true, value: 1 });
  caller.stop();
});

Deno.test("FunctionCaller does not count the time in next()", () => {
  const { caller, run } = setUp();
  const end = (answer: (outcome: Outcome<unknown>) => void): void => {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 150);
    answer({ ok: true, value: 7 });
  };
  const outcome = run("async (_, next) => await next()", {
    ...{ args: [{}], timeoutMs: 100 },
    next: (_, answer) => end(answer),
  });
  assertEquals(outcome, { ok: true, value: 7 });
  caller.stop();
});

Deno.test("FunctionCaller ends a loop with its thread, and starts another", () => {
  const { caller, run } = setUp();
  run("async () => 1");
  // A thread that is ended in a loop goes on in Deno, so each turn of it sleeps.
  const turn = "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_000)";
  const late = errorOf(
    run(`async () => { for (;;) ${turn}; }`, { timeoutMs: 50, role: 'function "loop"' }),
  );
  assertInstanceOf(late, TimeoutError);
  assertStringIncludes(late.message, 'function "loop"');
  assertEquals(run("async () => 2"), { ok: true, value: 2 });
  caller.stop();
});

Deno.test("FunctionCaller fails what is running when its thread ends", () => {
  const { caller, start, run } = setUp();
  const state = start("async () => { await new Promise(() => {}); }");
  caller.stop();
  assert(state.outcome);
  assertInstanceOf(errorOf(state.outcome), SyncBridgeError);
  const ended = errorOf(run("async () => { process.exit(1); }"));
  assertInstanceOf(ended, SyncBridgeError);
  assertEquals(run("async () => 3"), { ok: true, value: 3 });
  caller.stop();
});

Deno.test("FunctionCaller forgets what was given up", () => {
  const { caller, start, run } = setUp();
  const state = start("async () => { await new Promise((r) => setTimeout(r, 30)); return 1; }");
  state.giveUp();
  const outcome = run("async () => { await new Promise((r) => setTimeout(r, 60)); return 2; }");
  assertEquals([state.outcome, outcome], [undefined, { ok: true, value: 2 }]);
  caller.stop();
});

Deno.test("FunctionCaller says where source means nothing", () => {
  const { caller, run } = setUp();
  const error = errorOf(run("async ( => 1"));
  assertInstanceOf(error, SyncBridgeError);
  assertStringIncludes(error.message, "its source does not compile alone");
  caller.stop();
});

Deno.test("FunctionCaller says why there is no thread", () => {
  const caller = new FunctionCaller(() => {
    throw new RangeError("Array buffer allocation failed");
  });
  const error = assertThrows(() => {
    caller.run({
      ...{ target: { kind: "source", source: "async () => {}" }, role: 'middleware 0 "a"' },
      ...{ args: [], timeoutMs: false, settle() {} },
    });
  }, SyncBridgeError);
  assertStringIncludes(error.message, 'middleware 0 "a"');
  assertStringIncludes(error.message, "allocation failed");
  assertInstanceOf(error.cause, RangeError);
});
