import process from "node:process";
import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { isAxError } from "../../src/ax_error.ts";
import { HTTPStatusError, SyncBridgeError } from "../../src/errors.ts";
import { RESPONSE_ERRORS } from "../../src/http/answer.ts";
import { AxResponse } from "../../src/http/response.ts";
import { KIT } from "../../src/async_functions/caller.ts";
import { Mirror } from "../../src/async_functions/mirror.ts";
import type { Form, Told } from "../../src/async_functions/protocol.ts";
import { PORTABLE_KIT, WorkerMirror } from "../../src/async_functions/worker_mirror.ts";

/** Both sides of one function, and what crosses between them as a message would bring it. */
class Sides {
  readonly caller = new Mirror(KIT);
  readonly worker: WorkerMirror;
  asked: string[] = [];

  constructor(kit = KIT) {
    this.worker = new WorkerMirror(kit, (root, what) => {
      this.asked.push(what);
      return structuredClone(this.caller.read(root, what));
    });
  }

  /** The value in the worker. */
  // deno-lint-ignore no-explicit-any -- any shape
  send(value: unknown): any {
    return this.worker.decode(structuredClone(this.caller.encode(value)));
  }

  /** What the worker's function returns. */
  told(value?: unknown): Told {
    return structuredClone(this.worker.tell({ ok: true, value }));
  }

  /** The same as the caller has it. */
  back(value?: unknown): unknown {
    const outcome = this.caller.hear(this.told(value));
    assert(outcome.ok);
    return outcome.value;
  }
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
  Deno.test(`Mirror brings ${name} across, and back unchanged`, () => {
    const sides = new Sides();
    const there = sides.send({ value });
    if (value instanceof Headers) assertEquals([...there.value as Headers], [...value]);
    else assertEquals(there.value, value);
    assertEquals(sides.told().changes, []);
  });
}

Deno.test("Mirror brings a part of a buffer without the rest, and shared memory as a copy", () => {
  const { caller } = new Sides();
  const part = caller.encode(new Uint8Array(new ArrayBuffer(1000), 10, 2)) as { v: ArrayBuffer };
  assertEquals(part.v.byteLength, 2);
  const shared = caller.encode(new Uint8Array(new SharedArrayBuffer(4))) as { v: ArrayBuffer };
  assertInstanceOf(shared.v, ArrayBuffer);
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
  Deno.test(`Mirror keeps ${what}, in records and lists, through spread and change`, () => {
    const sides = new Sides();
    const own = { a: { value, n: 1 }, list: [value, 1] };
    const { a, list } = own;
    const there = sides.send(own);
    assertThrows(() => there.a.value, SyncBridgeError, what);
    assertThrows(() => there.list[0], SyncBridgeError, what);
    assertEquals(sides.told().changes, []);
    there.list.push(2);
    there.a = { ...there.a, n: 2 };
    assertStrictEquals(sides.back(there), own);
    assertEquals([own.a.n, own.list.length], [2, 3]);
    assertStrictEquals(own.a, a);
    assertStrictEquals(own.list, list);
    assertStrictEquals(own.a.value, value);
  });
}

Deno.test("Mirror tells changed, new and removed members, at any depth", () => {
  const sides = new Sides();
  const own = { a: { b: 1, c: 2 }, list: [{ n: 1 }, { n: 2 }], short: [1, 2, 3], same: { x: [1] } };
  const [first, same] = [own.list[0], own.same];
  const there = sides.send(own);
  Object.assign(there, { a: { b: 1, d: 3 }, list: [{ n: 1 }, { n: 5 }, 7] });
  there.short.length = 1;
  sides.back();
  const expected = { a: { b: 1, d: 3 }, list: [{ n: 1 }, { n: 5 }, 7], short: [1], same };
  assertEquals<unknown>(own, expected);
  assertStrictEquals(own.same, same);
  assertStrictEquals(own.list[0], first);
});

Deno.test("Mirror applies a copy of a config to a copy, and nothing to the config", () => {
  const sides = new Sides();
  const context = { deep: { n: 1 }, fn() {} };
  const own = { url: "/a", headers: new Headers(), context, attempt: 1 };
  const there = sides.send(own);
  const copy = sides.back({ ...there, url: "/b", context: { ...there.context, deep: { n: 2 } } });
  assertEquals(copy, { ...own, url: "/b", context: { ...context, deep: { n: 2 } } });
  assertEquals([own.url, own.context.deep.n], ["/a", 1]);
  assertStrictEquals((copy as typeof own).headers, own.headers);
});

Deno.test("Mirror finds values that are changed in place", () => {
  const deeds: Record<string, [unknown, (value: never) => void]> = {
    map: [new Map([["a", 1]]), (map: Map<string, number>) => map.set("b", 2)],
    set: [new Set([1]), (set: Set<number>) => set.delete(1)],
    date: [new Date(1), (date: Date) => date.setTime(2)],
    bytes: [new Uint8Array(2), (bytes: Uint8Array) => bytes.fill(1)],
    buffer: [new ArrayBuffer(2), (buffer: ArrayBuffer) => new Uint8Array(buffer).fill(1)],
    url: [new URL("http://a/"), (url: URL) => url.pathname = "/b"],
    params: [new URLSearchParams("a=1"), (params: URLSearchParams) => params.set("a", "2")],
    headers: [new Headers(), (headers: Headers) => headers.set("a", "1")],
  };
  for (const [name, [value, deed]] of Object.entries(deeds)) {
    const sides = new Sides();
    const there = sides.send({ value });
    deed(there.value as never);
    assertEquals(sides.told().changes.length, 1, name);
  }
});

Deno.test("Mirror brings cause and errors of an error with it", () => {
  const error = new AggregateError([new RangeError("one")], "all", { cause: new TypeError("why") });
  const sides = new Sides();
  const there = sides.send(error);
  assertInstanceOf(there, AggregateError);
  assertInstanceOf(there.cause, TypeError);
  assertInstanceOf(there.errors[0], RangeError);
  assertStrictEquals(sides.back(there.cause), error.cause);
  assertEquals(sides.told().changes, []);
});

function responseOf(text: string, data: unknown): AxResponse {
  return new AxResponse({
    ...{ status: 404, statusText: "", url: "http://a/", redirected: false, data },
    errors: RESPONSE_ERRORS,
    headers: new Headers({ "content-type": "application/json", "set-cookie": "s3cret" }),
    request: { method: "GET", url: "http://a/", headers: new Headers({ cookie: "s3cret" }) },
    body: new TextEncoder().encode(text),
  } as never);
}

for (const [name, kit] of Object.entries({ twin: KIT, "portable function": PORTABLE_KIT })) {
  Deno.test(`Mirror gives a ${name} a response that asks for its body`, () => {
    const sides = new Sides(kit);
    const own = responseOf('{"a":1}', { a: 1 });
    const there = sides.send(own) as AxResponse;
    assertEquals([there.status, there.ok, there.data], [404, false, { a: 1 }]);
    assertEquals(there.request.headers.get("cookie"), "s3cret");
    assertEquals(sides.asked, []);
    assertEquals([there.text(), there.json()], ['{"a":1}', { a: 1 }]);
    assertEquals(there.bytes(), own.bytes());
    assertEquals(Deno.inspect(there).includes("s3cret"), false);
    assertEquals(JSON.stringify(there), JSON.stringify(own));
    const error = assertThrows(() => there.raiseForStatus()) as HTTPStatusError;
    assertEquals([isAxError(error), error.code, error.status], [true, "AX_STATUS", 404]);
    assertStrictEquals(sides.back(there), own);
    assertEquals(sides.told().changes, []);
  });

  Deno.test(`Mirror gives a ${name} the data of a large body when it reads it`, () => {
    const sides = new Sides(kit);
    const own = responseOf("x".repeat(100_000), { a: 1 });
    const there = sides.send(own) as AxResponse<{ a: number }>;
    assertEquals(sides.told().changes, []);
    assertEquals(sides.asked, []);
    there.data.a = 2;
    assertEquals(sides.asked, ["data"]);
    assertStrictEquals(sides.back(there), own);
    assertEquals(own.data, { a: 2 });
  });

  Deno.test(`Mirror gives a ${name} errors with class, members and what they mask`, () => {
    const sides = new Sides(kit);
    const response = responseOf("no", "no");
    const request = { method: "GET", url: "http://a/", redact: ["x-own"] };
    const given = { request, response, status: 404, cause: new TypeError("why") };
    const own = new HTTPStatusError("failed", given);
    const there = sides.send(own) as HTTPStatusError;
    assertEquals(there instanceof HTTPStatusError, kit === KIT);
    assertEquals([there.name, there.code, there.status], ["HTTPStatusError", "AX_STATUS", 404]);
    assertEquals([there.message, there.stack], [own.message, own.stack]);
    assertEquals(there.response?.data, "no");
    assertEquals(JSON.stringify(there), JSON.stringify(own));
    assertEquals(sides.told().changes, []);
    there.message += ", seen";
    assertStrictEquals(sides.back(there), own);
    assertEquals(own.message, "failed, seen");
  });
}

Deno.test("Mirror brings a response that the function made, with its body", () => {
  const sides = new Sides();
  const made = sides.back(responseOf("made", { a: [1] })) as AxResponse;
  assertInstanceOf(made, AxResponse);
  assertEquals([made.text(), made.data], ["made", { a: [1] }]);
});

Deno.test("Mirror refuses what cannot be handed back, with its path", () => {
  const { worker } = new Sides(PORTABLE_KIT);
  const value = { a: [{ fn: () => 1 }] };
  const error = assertThrows(() => worker.encode(value), Error, '"a.0.fn", which is function "fn"');
  const form = worker.encode(error) as Form;
  assertInstanceOf(new Mirror(KIT).decode(form), SyncBridgeError);
});

/** JSON that is nested so deep, as a server may send it. */
function nested(levels: number): unknown {
  return JSON.parse('{"a":'.repeat(levels) + "1" + "}".repeat(levels));
}

Deno.test("Mirror keeps what is nested too deep, and looks at the rest", () => {
  const sides = new Sides();
  const data = nested(5_000);
  const own = { data, n: 1 };
  const there = sides.send(own);
  let deep = there;
  for (let level = 0; level < 150; level++) deep = deep.a ?? deep.data;
  assertEquals(typeof deep, "object");
  assertThrows(
    () => {
      for (;;) deep = deep.a;
    },
    SyncBridgeError,
    'Cannot read "a" in an async function of a sync call: it is nested more than 200 levels deep',
  );
  there.n = 2;
  assertEquals(sides.back({ wrapped: [there.data] }), { wrapped: [data] });
  assertStrictEquals(own.data, data);
  assertEquals(own.n, 2);
});

Deno.test("Mirror keeps what is too deep inside of a collection or an error", () => {
  const sides = new Sides();
  const map = new Map([["deep", nested(5_000)]]);
  const error = Object.assign(new Error("no"), { deep: nested(5_000), n: 1 });
  const there = sides.send({ map, error });
  assertThrows(() => there.map, SyncBridgeError, "instance of Map");
  assertEquals([there.error.message, there.error.n, there.error.deep], ["no", 1, undefined]);
  assertStrictEquals(sides.back(there.error), error);
});

Deno.test("Mirror gives up on a value that refers to itself in many ways", () => {
  let value: unknown = 1;
  for (let level = 0; level < 60; level++) value = [value, value];
  const sides = new Sides();
  const form = sides.caller.encode({ value });
  assertEquals((form as { t: string }).t, "root");
  const inMap = new Map([["value", value]]);
  assertThrows(() => sides.send({ inMap }).inMap, SyncBridgeError, "instance of Map");
});

Deno.test("Mirror cuts a chain of causes that has no end", () => {
  const error: Error = new Error("0");
  let last = error;
  for (let count = 1; count < 1_000; count++) last = last.cause = new Error(`${count}`) as Error;
  last.cause = error;
  const sides = new Sides();
  const there = sides.send(error);
  assertEquals([there.message, there.cause.cause.message], ["0", "2"]);
  assertStrictEquals(sides.back(there), error);
});

Deno.test("Mirror tells what an error's cause is that cannot cross", () => {
  const sides = new Sides();
  const there = sides.send(new Error("no", { cause: new Own() }));
  assertEquals(there.cause, "[object Object]");
});

Deno.test("Mirror takes plain objects of another realm, and Buffers as such", () => {
  const { vm, Buffer } = {
    vm: process.getBuiltinModule("node:vm"),
    Buffer: process.getBuiltinModule("node:buffer").Buffer,
  };
  const foreign = vm.runInNewContext("({ a: [1, { b: new Uint8Array([7]) }] })");
  const sides = new Sides();
  const there = sides.send({ foreign, buffer: Buffer.from("hi") });
  assertEquals(there.foreign.a[0], 1);
  assertEquals([...there.foreign.a[1].b], [7]);
  assertEquals(there.buffer.toString("hex"), "6869");
  assertEquals(sides.told().changes, []);
});

for (const [name, kit] of Object.entries({ twin: KIT, "portable function": PORTABLE_KIT })) {
  Deno.test(`Mirror lets a ${name} parse a body as the caller does`, () => {
    const sides = new Sides(kit);
    const own = new AxResponse({
      ...{ status: 200, statusText: "", url: "http://a/", redirected: false, data: undefined },
      errors: RESPONSE_ERRORS,
      headers: [],
      request: { method: "GET", url: "http://a/", headers: new Headers() },
      body: new TextEncoder().encode("text"),
      parseJSON: (text: string) => ({ parsed: text }),
    } as never);
    const there = sides.send(own) as AxResponse;
    assertEquals(there.json(), { parsed: "text" });
    assertEquals(sides.asked, ["json"]);
  });
}
