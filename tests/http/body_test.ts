import { assert, assertEquals, assertInstanceOf, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  type BodyData,
  type BodyOptions,
  checkChunk,
  encodeBody,
  type EncodedBody,
} from "../../src/http/body.ts";
import { isOneShot, sizeOf } from "../../src/http/message.ts";

const decoder = new TextDecoder();

function encoded(options: BodyOptions): EncodedBody {
  const body = encodeBody(options, { boundary: "B" });
  assert(body);
  return body;
}

function textOf(body: EncodedBody): string {
  assert(ArrayBuffer.isView(body.body));
  return decoder.decode(body.body);
}

/** What a caller without types may pass. */
function untyped(value: unknown): BodyData {
  return value as BodyData;
}

Deno.test("encodeBody() gives null when there is no body", () => {
  for (const options of [{}, { json: undefined, data: null }]) {
    assertEquals(encodeBody(options, { boundary: "B" }), null);
  }
  assertEquals(isOneShot(null), false);
});

Deno.test("encodeBody() throws when two bodies are given", () => {
  const files = { f: "x" };
  for (
    const options of [
      { json: 1, data: "a" },
      { json: null, form: {} },
      { files, data: "a" },
      { form: {}, data: "" },
      { form: {}, files, json: 0 },
    ]
  ) {
    assertThrows(() => encodeBody(options, { boundary: "B" }), TypeError, "Cannot send two bodies");
  }
});

Deno.test("encodeBody() writes JSON when json is any JSON value", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (json) => {
      const body = encoded({ json });
      assertEquals(body.contentType, "application/json");
      assertEquals(textOf(body), JSON.stringify(json));
    }),
    { numRuns: 100 },
  );
  assertEquals(textOf(encoded({ json: { d: new Date(0), u: undefined } })).includes("1970"), true);
});

Deno.test("encodeBody() throws when json has no JSON form", () => {
  const circular: { self?: unknown } = {};
  circular.self = circular;
  const error = assertThrows(
    () => encodeBody({ json: circular }, { boundary: "B" }),
    TypeError,
    "itself",
  );
  assertInstanceOf(error.cause, TypeError);
  assertThrows(() => encodeBody({ json: [1n] }, { boundary: "B" }), TypeError, "BigInt");
  assertThrows(
    () => encodeBody({ json: () => 1 }, { boundary: "B" }),
    TypeError,
    "a function has no JSON form",
  );
  assertThrows(() => encodeBody({ json: Symbol() }, { boundary: "B" }), TypeError, "symbol");
});

Deno.test("encodeBody() lets an error through when a toJSON throws it", () => {
  const thrown = new TypeError("mine");
  const json = {
    toJSON(): never {
      throw thrown;
    },
  };
  assertEquals(assertThrows(() => encodeBody({ json }, { boundary: "B" })), thrown);
});

Deno.test("encodeBody() writes urlencoded fields when form is given", () => {
  const body = encoded({ form: { a: [1, "b c"], n: null } });
  assertEquals(body.contentType, "application/x-www-form-urlencoded;charset=UTF-8");
  assertEquals(textOf(body), "a=1&a=b+c&n=");
  const nested = { a: {} } as unknown as Record<string, string>;
  assertThrows(() => encodeBody({ form: nested }, { boundary: "B" }), TypeError, '"json"');
  assertThrows(
    () => encodeBody({ form: nested, files: {} }, { boundary: "B" }),
    TypeError,
    'form field "a"',
  );
});

Deno.test("encodeBody() writes multipart when files are given, fields first", () => {
  const body = encoded({ files: { f: "x" }, form: { a: [1, 2] } });
  assertEquals(body.contentType, "multipart/form-data; boundary=B");
  assertEquals([...textOf(body).matchAll(/ name="(.)"/g)].map((match) => match[1]), [
    "a",
    "a",
    "f",
  ]);
});

Deno.test("encodeBody() keeps blobs apart when a part is one", () => {
  const blob = new Blob(["hello"]);
  const body = encoded({ files: { f: blob } });
  const parts = body.body;
  assert(Array.isArray(parts));
  assertEquals(parts.includes(blob), true);
  const sizes = parts.map((part) => part instanceof Blob ? part.size : part.byteLength);
  assertEquals(sizeOf(parts), sizes.reduce((sum, size) => sum + size, 0));
  assertEquals(isOneShot(parts), false);
});

Deno.test("encodeBody() picks the content type when data is of each kind", () => {
  const form = new FormData();
  form.append("a", "1");
  const blob = new Blob(["x"], { type: "image/png" });
  assertEquals(encoded({ data: "ü" }).contentType, "text/plain;charset=UTF-8");
  assertEquals(textOf(encoded({ data: "" })), "");
  assertEquals(encoded({ data: new URLSearchParams("a=1") }), encoded({ form: { a: 1 } }));
  assertEquals(encoded({ data: form }).contentType, "multipart/form-data; boundary=B");
  assertEquals(encoded({ data: blob }).contentType, "image/png");
  assertEquals(encoded({ data: new Blob(["x"]) }).contentType, undefined);
  assertEquals(encoded({ data: new Uint8Array(1) }).contentType, undefined);
});

Deno.test("encodeBody() sends only its part of a buffer when data is a view", () => {
  const { buffer } = new TextEncoder().encode("abcdef");
  assertEquals(textOf(encoded({ data: new Uint8Array(buffer, 2, 2) })), "cd");
  assertEquals(textOf(encoded({ data: new DataView(buffer, 1, 3) })), "bcd");
  assertEquals(textOf(encoded({ data: new Uint16Array(buffer, 4, 1) })), "ef");
  assertEquals(textOf(encoded({ data: buffer })), "abcdef");
});

Deno.test("encodeBody() keeps a stream as it is when data is produced while sent", () => {
  const stream = new ReadableStream<Uint8Array>();
  const generator = (function* () {
    yield new Uint8Array(1);
  })();
  for (const data of [stream, generator]) {
    const { body } = encoded({ data });
    assertEquals(body === data, true);
    assertEquals(isOneShot(body), true);
  }
  stream.getReader();
  assertThrows(() => encodeBody({ data: stream }, { boundary: "B" }), TypeError, "locked");
});

Deno.test("encodeBody() can send again when data is an array of chunks", () => {
  const body = encoded({ data: [new Uint8Array([97]), new Uint8Array([98, 99])] });
  assertEquals(textOf(body), "abc");
  assertEquals(isOneShot(body.body), false);
});

Deno.test("encodeBody() says json when data is a plain value", () => {
  for (const data of [{}, { a: 1 }, [], [1], ["a"], 1, true, 1n, () => 1, new Map(), new Date()]) {
    assertThrows(
      () => encodeBody({ data: untyped(data) }, { boundary: "B" }),
      TypeError,
      'use "json"',
    );
  }
});

Deno.test("encodeBody() copies bytes over memory that other threads share", () => {
  const shared = new Uint8Array(new SharedArrayBuffer(3));
  shared.set([1, 2, 3]);
  const { body } = encoded({ data: shared });
  shared[0] = 9;
  assert(ArrayBuffer.isView(body) && body.buffer instanceof ArrayBuffer);
  assertEquals(body, new Uint8Array([1, 2, 3]));
});

Deno.test("encodeBody() writes JSON by the given function, which must give text", () => {
  const stringifyJSON = (value: unknown) => `<${value}>`;
  const body = encodeBody({ json: 1n }, { boundary: "", stringifyJSON });
  assertEquals(body && textOf(body), "<1>");
  const none = () => undefined as unknown as string;
  const bad = () => encodeBody({ json: 1 }, { boundary: "", stringifyJSON: none });
  assertThrows(bad, TypeError, '"stringifyJSON"');
});

Deno.test("checkChunk() throws when a stream gives no bytes", () => {
  assertEquals([...checkChunk(new Uint8Array([1]))], [1]);
  for (const chunk of ["a", 1, {}, null, undefined]) {
    assertThrows(() => checkChunk(chunk), TypeError, "Uint8Array");
  }
});

Deno.test("encodeBody() throws when JSON would be {} for what holds something", () => {
  const values: [unknown, advice: string][] = [
    [new Map([["a", 1]]), "Object.fromEntries"],
    [new Set([1]), "[...set]"],
    [Promise.resolve(1), "await it"],
    [new URLSearchParams("a=1"), '"data"'],
    [new FormData(), '"data"'],
    [new Blob(["x"]), '"data"'],
    [new ArrayBuffer(1), '"data"'],
  ];
  for (const [json, advice] of values) {
    assertThrows(() => encodeBody({ json }, { boundary: "B" }), TypeError, advice);
  }
  const json = Object.assign(new Map([["a", 1]]), { toJSON: () => [1] });
  assertEquals(encodeBody({ json }, { boundary: "B" })?.body, new TextEncoder().encode("[1]"));
  const stringifyJSON = (value: unknown) => `${[...value as Map<string, number>]}`;
  const written = encodeBody({ json: new Map([["a", 1]]) }, { boundary: "B", stringifyJSON });
  assertEquals(written?.body, new TextEncoder().encode("a,1"));
});

Deno.test("encodeBody() throws when a FormData is given as files", () => {
  assertThrows(() => encodeBody({ files: new FormData() }, { boundary: "B" }), TypeError, '"data"');
});
