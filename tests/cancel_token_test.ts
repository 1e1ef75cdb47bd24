import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { CancelError, CancelToken, type CancelTokenHandle } from "../mod.ts";

function eventually(condition: () => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = performance.now() + 3_000;
    const timer = setInterval(() => {
      if (!condition() && performance.now() < end) return;
      clearInterval(timer);
      if (condition()) resolve();
      else reject(new Error("Still not true after 3 s"));
    }, 1);
  });
}

Deno.test("CancelToken starts uncancelled", () => {
  const token = new CancelToken();
  assertEquals([token.cancelled, token.reason, token.signal.aborted], [false, undefined, false]);
  token.throwIfCancelled();
});

Deno.test("CancelToken.cancel() keeps the first reason, as it is", () => {
  const token = new CancelToken();
  const reason = { why: "changed my mind" };
  token.cancel(reason);
  token.cancel("again");
  assert(token.cancelled);
  assertStrictEquals(token.reason, reason);
});

Deno.test("CancelToken.throwIfCancelled() throws a CancelError with the reason", () => {
  const token = new CancelToken();
  token.cancel("enough");
  const error = assertThrows(() => token.throwIfCancelled(), CancelError);
  assertEquals([error.reason, error.code, error.message], [
    "enough",
    "AX_CANCEL",
    "Cancelled: enough",
  ]);
});

Deno.test("CancelToken.onCancel() calls once, at once if it is too late", () => {
  const token = new CancelToken();
  const seen: unknown[] = [];
  token.onCancel((reason) => seen.push(reason));
  const stop = token.onCancel(() => seen.push("stopped"));
  stop();
  token.cancel("a");
  token.cancel("b");
  token.onCancel((reason) => seen.push(`late ${reason}`));
  assertEquals(seen, ["a", "late a"]);
});

Deno.test("CancelToken.onCancel() calls a function as often as it was given", () => {
  const token = new CancelToken();
  let calls = 0;
  const listener = () => void calls++;
  const stop = token.onCancel(listener);
  token.onCancel(listener);
  stop();
  stop();
  token.cancel();
  assertEquals(calls, 1);
});

Deno.test("CancelToken.cancel() calls every listener when one of them throws", async () => {
  const token = new CancelToken();
  const seen: string[] = [];
  const onError = (event: ErrorEvent) => {
    event.preventDefault();
    seen.push(event.error.message);
  };
  globalThis.addEventListener("error", onError);
  try {
    token.onCancel(() => {
      throw new Error("broken listener");
    });
    token.onCancel(() => seen.push("second"));
    token.cancel();
    assertEquals(seen, ["second"]);
    await eventually(() => seen.length === 2);
    assertEquals(seen, ["second", "broken listener"]);
  } finally {
    globalThis.removeEventListener("error", onError);
  }
});

Deno.test("CancelToken.signal is one signal, aborted with the token's reason", () => {
  const token = new CancelToken();
  const { signal } = token;
  assertStrictEquals(token.signal, signal);
  let events = 0;
  signal.addEventListener("abort", () => events++);
  token.cancel("done");
  assertEquals([signal.aborted, signal.reason, events], [true, "done", 1]);
  const late = new CancelToken();
  late.cancel("before");
  assertEquals([late.signal.aborted, late.signal.reason], [true, "before"]);
});

Deno.test("CancelToken.from() refuses what is no handle", () => {
  for (const handle of [undefined, {}, { shared: new ArrayBuffer(8) }]) {
    assertThrows(() => CancelToken.from(handle as CancelTokenHandle), TypeError);
  }
});

Deno.test("CancelToken.share() gives a handle that can be cloned, the same memory each time", () => {
  const token = new CancelToken();
  const handle = token.share();
  assertStrictEquals(token.share().shared, handle.shared);
  assertEquals(structuredClone(handle).shared.byteLength, handle.shared.byteLength);
});

Deno.test("shared tokens are cancelled either way, seen at once", () => {
  const one = new CancelToken();
  const two = CancelToken.from(one.share());
  const three = CancelToken.from(two.share());
  assertEquals(two.cancelled, false);
  two.cancel("from two");
  assertEquals([one.cancelled, one.reason], [true, "from two"]);
  assertEquals([three.cancelled, three.reason, three.signal.aborted], [true, "from two", true]);
  assertThrows(() => three.throwIfCancelled(), CancelError, "from two");
});

Deno.test("a token that was cancelled before it is shared stays cancelled", () => {
  const token = new CancelToken();
  token.cancel("early");
  assertEquals(CancelToken.from(token.share()).reason, "early");
});

Deno.test("a reason crosses as text, at most 1 kB", () => {
  for (
    const [reason, expected] of [
      [undefined, undefined],
      ["", ""],
      [new Error("went wrong"), "went wrong"],
      [42, "42"],
      [null, "null"],
      [Object.create(null), "[object Object]"],
      ["x".repeat(5_000), "x".repeat(1_024)],
      // 3 bytes each: the last one would be cut in two.
      ["€".repeat(500), "€".repeat(341)],
      ["größer 🙂", "größer 🙂"],
    ] as const
  ) {
    const token = new CancelToken();
    const other = CancelToken.from(token.share());
    token.cancel(reason);
    assertStrictEquals(token.reason, reason);
    assertStrictEquals(other.reason, expected);
  }
});

Deno.test("listeners and the signal hear of a cancel elsewhere", async () => {
  const one = new CancelToken();
  const seen: unknown[] = [];
  // Both orders: listening before and after the token is shared.
  one.onCancel((reason) => seen.push(reason));
  const two = CancelToken.from(one.share());
  const { signal } = two;
  two.onCancel((reason) => seen.push(reason));
  CancelToken.from(one.share()).cancel("elsewhere");
  await eventually(() => seen.length === 2 && signal.aborted);
  assertEquals(seen, ["elsewhere", "elsewhere"]);
});

Deno.test("a token waits once for other threads, however many listen", () => {
  const original = Atomics.waitAsync;
  let waits = 0;
  try {
    // deno-lint-ignore no-explicit-any -- one of its overloads
    Atomics.waitAsync = (...args: any[]) => {
      waits++;
      return (original as (...args: unknown[]) => ReturnType<typeof original>)(...args);
    };
    const token = new CancelToken();
    token.share();
    assertEquals(waits, 0);
    const stops = Array.from({ length: 1_000 }, () => token.onCancel(() => {}));
    for (const stop of stops) stop();
    token.onCancel(() => {});
    assertEquals(waits, 1);
    token.cancel();
  } finally {
    Atomics.waitAsync = original;
  }
});
