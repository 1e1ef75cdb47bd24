import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { SyncBridgeError } from "../../../src/errors.ts";
import { difference } from "../../../src/transport/worker/changes.ts";
import {
  applyChange,
  copyWith,
  decode,
  type DecodeContext,
} from "../../../src/transport/worker/decode.ts";
import { encode, type EncodeContext } from "../../../src/transport/worker/values.ts";
import type { Wire } from "../../../src/transport/worker/wire.ts";
import { fromWire } from "../../../src/transport/worker/wire_error.ts";

const kept: unknown[] = [];
const encoding: EncodeContext = {
  rootOf: () => undefined,
  keep: (value, what) => ({ t: "kept", id: kept.push(value) - 1, what }),
  bodyOf: () => "streamed",
};
const makers: DecodeContext["makers"] = {
  response: () => {
    throw new Error("No responses here");
  },
  error: fromWire,
};
const worker: DecodeContext = { makers, root: () => undefined, addRoot() {} };
const caller: DecodeContext = { ...worker, kept: (id) => kept[id] };

/** As a message would bring it. */
function cross(value: unknown): Wire {
  return structuredClone(encode(value, encoding));
}

class Own {
  x = 1;
}

const VALUES: Record<string, unknown> = {
  primitives: [1, "a", true, null, undefined, 10n, NaN],
  records: { a: { b: [1, { c: 2 }] }, "": 0 },
  "a __proto__ key": JSON.parse('{"__proto__": {"polluted": 1}}'),
  headers: new Headers([["a", "1"], ["set-cookie", "b"], ["set-cookie", "c"]]),
  urls: [new URL("http://a/b?c"), new URLSearchParams("a=1&a=2")],
  dates: [new Date(5), /x/g],
  collections: [new Map([["a", { b: 1 }]]), new Set([1, "b"])],
  bytes: [new Uint8Array([1, 2]), new Float64Array([0.5]), new Uint8Array([3]).buffer],
};

for (const [name, value] of Object.entries(VALUES)) {
  Deno.test(`${name} cross, and are unchanged on the way back`, () => {
    const wire = cross(value);
    const there = decode(wire, worker);
    if (value instanceof Headers) assertEquals([...there as Headers], [...value]);
    else assertEquals(there, value);
    assertEquals(difference(wire, encode(there, encoding)), undefined);
  });
}

Deno.test("a part of a buffer crosses without the rest, and shared memory as a copy", () => {
  const part = encode(new Uint8Array(new ArrayBuffer(1000), 10, 2), encoding) as { v: Uint8Array };
  assertEquals([part.v.length, part.v.buffer.byteLength], [2, 2]);
  const shared = encode(new Uint8Array(new SharedArrayBuffer(4)), encoding) as { v: Uint8Array };
  assertInstanceOf(shared.v.buffer, ArrayBuffer);
});

const LOSE: Record<string, unknown> = {
  "an instance of Own": new Own(),
  "an instance of AbortController": new AbortController(),
  "an instance of Map": new Map([[1, new Own()]]),
  "an instance of ReadableStream": new ReadableStream(),
  'function "fn"': function fn() {},
  "a symbol": Symbol("s"),
};

for (const [what, value] of Object.entries(LOSE)) {
  Deno.test(`${what} stays, in records and lists, through spread and change`, () => {
    const wire = cross({ a: { value, n: 1 }, list: [value, 1] });
    // deno-lint-ignore no-explicit-any -- any shape
    const there = decode(wire, worker) as any;
    assertThrows(() => there.a.value, SyncBridgeError, what);
    assertThrows(() => there.list[0], SyncBridgeError, what);
    assertEquals(difference(wire, encode(there, encoding)), undefined);
    there.list.push(2);
    there.a = { ...there.a, n: 2 };
    const change = difference(wire, encode(there, encoding));
    assert(change);
    const own = { a: { value, n: 1 }, list: [value, 1] };
    const { a, list } = own;
    applyChange(own, structuredClone(change), caller);
    assertEquals([own.a.n, own.list.length], [2, 3]);
    assertStrictEquals(own.a, a);
    assertStrictEquals(own.list, list);
    assertStrictEquals(own.a.value, value);
  });
}

Deno.test("difference() tells changed, new and removed members, at any depth", () => {
  const before = cross({ a: { b: 1, c: 2 }, list: [{ n: 1 }, { n: 2 }], same: { x: [1] } });
  const after = cross({ a: { b: 1, d: 3 }, list: [{ n: 1 }, { n: 5 }, 7], same: { x: [1] } });
  const own = { a: { b: 1, c: 2 }, list: [{ n: 1 }, { n: 2 }], same: { x: [1] } };
  const [first, same] = [own.list[0], own.same];
  const change = difference(before, after);
  assert(change);
  const copy = copyWith(own, change, caller) as typeof own;
  assertEquals(own.a, { b: 1, c: 2 });
  assertEquals(
    copy,
    { a: { b: 1, d: 3 }, list: [{ n: 1 }, { n: 5 }, 7], same: { x: [1] } } as never,
  );
  assertStrictEquals(copy.same, same);
  assertStrictEquals(copy.list[0], first);
  applyChange(own, change, caller);
  assertEquals(own, copy);
});

Deno.test("values that are changed in place are found", () => {
  const deeds: Record<string, [unknown, (value: never) => void]> = {
    map: [new Map([["a", 1]]), (map: Map<string, number>) => map.set("b", 2)],
    set: [new Set([1]), (set: Set<number>) => set.delete(1)],
    date: [new Date(1), (date: Date) => date.setTime(2)],
    bytes: [new Uint8Array(2), (bytes: Uint8Array) => bytes.fill(1)],
    url: [new URL("http://a/"), (url: URL) => url.pathname = "/b"],
    params: [new URLSearchParams("a=1"), (params: URLSearchParams) => params.set("a", "2")],
    headers: [new Headers(), (headers: Headers) => headers.set("a", "1")],
  };
  for (const [name, [value, deed]] of Object.entries(deeds)) {
    const wire = cross({ value });
    const there = decode(wire, worker) as { value: never };
    deed(there.value);
    assert(difference(wire, encode(there, encoding)), name);
  }
});

Deno.test("errors bring cause and errors with them", () => {
  const error = new AggregateError([new RangeError("one")], "all", { cause: new TypeError("why") });
  const there = decode(cross(error), worker) as AggregateError;
  assertInstanceOf(there, AggregateError);
  assertInstanceOf(there.cause, TypeError);
  assertInstanceOf(there.errors[0], RangeError);
});
