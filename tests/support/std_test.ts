/** Holds the stand-ins and the real `@std` to the same behaviour: it runs against whichever is in use. */
import {
  assert,
  assertAlmostEquals,
  assertArrayIncludes,
  assertEquals,
  assertInstanceOf,
  AssertionError,
  assertNotEquals,
  assertObjectMatch,
  assertRejects,
  assertStrictEquals,
  assertThrows,
  fail,
} from "@std/assert";
import { deadline, delay } from "@std/async";
import { assertSpyCall, assertSpyCalls, spy, stub } from "@std/testing/mock";
import { FakeTime } from "@std/testing/time";
import { assertType } from "@std/testing/types";
import type { Has, IsExact, IsNullable } from "@std/testing/types";

const EQUAL: [unknown, unknown][] = [
  [NaN, NaN],
  [0, -0],
  [{ a: [1, { b: new Map([["k", new Set([1])]]) }] }, {
    a: [1, { b: new Map([["k", new Set([1])]]) }],
  }],
  [new Set([{ a: 1 }, { b: 2 }]), new Set([{ b: 2 }, { a: 1 }])],
  [new Uint8Array([1, 2]), new Uint8Array([1, 2])],
  [new Date(5), new Date(5)],
  [new URL("http://a/b"), new URL("http://a/b")],
  [Object.assign(Object.create(null), { a: 1 }), { a: 1 }],
];

const DIFFERENT: [unknown, unknown][] = [
  [1, "1"],
  [null, undefined],
  [{ a: undefined }, {}],
  [[1, 2], [2, 1]],
  [new Map([["a", 1]]), new Map([["a", 2]])],
  [new Uint8Array([1]), [1]],
  [/a/g, /a/i],
  [new (class A {})(), {}],
];

Deno.test("assertEquals() and assertNotEquals() agree on what is equal", () => {
  for (const [left, right] of EQUAL) {
    assertEquals(left, right);
    assertThrows(() => assertNotEquals(left, right), AssertionError);
  }
  for (const [left, right] of DIFFERENT) {
    assertNotEquals(left, right);
    assertThrows(() => assertEquals(left, right), AssertionError);
  }
});

Deno.test("assertEquals() ends on cycles", () => {
  const cycle = (): unknown => {
    const value: Record<string, unknown> = {};
    value["self"] = value;
    return value;
  };
  assertEquals(cycle(), cycle());
});

Deno.test("assertThrows() returns the error and refuses another class or message", () => {
  const boom = (): never => {
    throw new RangeError("out of range");
  };
  assertStrictEquals(assertThrows(boom, RangeError, "range").message, "out of range");
  assertThrows(() => assertThrows(boom, TypeError), AssertionError);
  assertThrows(() => assertThrows(boom, RangeError, "other"), AssertionError);
  assertThrows(() => assertThrows(() => 1), AssertionError);
});

Deno.test("assertRejects() refuses a synchronous throw", async () => {
  assertInstanceOf(
    await assertRejects(() => Promise.reject(new TypeError("x")), TypeError),
    TypeError,
  );
  await assertRejects(() => assertRejects(() => fail("now")), AssertionError);
  await assertRejects(() => assertRejects(() => Promise.resolve(1)), AssertionError);
});

Deno.test("assertObjectMatch(), assertArrayIncludes() and assertAlmostEquals() look at a part", () => {
  assertObjectMatch({ a: { b: 1, c: 2 }, d: [1] }, { a: { b: 1 } });
  assertThrows(() => assertObjectMatch({ a: 1 }, { a: 1, b: 2 }), AssertionError);
  assertArrayIncludes([{ a: 1 }, { b: 2 }], [{ b: 2 }]);
  assertThrows(() => assertArrayIncludes([1], [2]), AssertionError);
  assertAlmostEquals(0.1 + 0.2, 0.3);
  assertThrows(() => assertAlmostEquals(1, 1.1), AssertionError);
});

Deno.test("deadline() rejects with a TimeoutError and leaves no timer behind", async () => {
  assertEquals(await deadline(Promise.resolve(7), 1000), 7);
  const waiting = new AbortController();
  const slow = delay(60_000, { signal: waiting.signal });
  const error = await assertRejects(() => deadline(slow, 5), DOMException);
  assertEquals(error.name, "TimeoutError");
  waiting.abort(new Error("stop"));
  await assertRejects(() => slow, Error, "stop");
});

Deno.test("FakeTime moves Date and timers only when told to", async () => {
  using time = new FakeTime(1000);
  const log: [string, number][] = [];
  const note = (name: string) => () => void log.push([name, Date.now()]);
  setTimeout(() => {
    note("a")();
    setTimeout(note("nested"), 10);
  }, 10);
  const interval = setInterval(note("i"), 7);
  clearTimeout(setTimeout(note("cleared"), 1));
  time.tick(15);
  clearInterval(interval);
  await time.tickAsync(15);
  assertEquals(log, [["i", 1007], ["a", 1010], ["i", 1014], ["nested", 1020]]);
  assertEquals([time.now, new Date().getTime(), time.next()], [1030, 1030, false]);
});

Deno.test("FakeTime restores what it replaced", () => {
  const before = [Date, setTimeout, AbortSignal.timeout];
  new FakeTime().restore();
  assertEquals([Date, setTimeout, AbortSignal.timeout].map((it, at) => it === before[at]), [
    true,
    true,
    true,
  ]);
});

Deno.test("spy() and stub() record calls and can be restored", () => {
  const add = spy((a: number, b: number): number => a + b);
  add(1, 2);
  assertSpyCalls(add, 1);
  assertSpyCall(add, 0, { args: [1, 2], returned: 3 });
  const target = { name: (): string => "real" };
  {
    using stubbed = stub(target, "name", () => "fake");
    assertEquals(target.name(), "fake");
    assertSpyCalls(stubbed, 1);
  }
  assert(target.name() === "real");
});

Deno.test("assertType() compares types", () => {
  assertType<IsExact<{ a: string }, { a: string }>>(true);
  assertType<IsExact<string, string | number>>(false);
  assertType<IsExact<unknown, string>>(false);
  assertType<IsNullable<string | undefined>>(true);
  assertType<Has<string | number, number>>(true);
});
