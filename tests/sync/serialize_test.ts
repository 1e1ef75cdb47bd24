import { assert, assertEquals, assertInstanceOf, assertThrows } from "@std/assert";
import type { HttpBody } from "../../src/http/message.ts";
import { cannotClone, serialize, serializeBytes } from "../../src/sync/serialize.ts";
import { message } from "./ask.ts";

function bodyOf(body: HttpBody): ReturnType<typeof serialize> {
  return serialize(message("http://a.test/", { method: "POST", body }));
}

Deno.test("serialize() keeps a request as it is, but for its body", () => {
  const request = message("http://a.test/", {
    headers: [["x-a", "1"]],
    timeoutMs: false,
    redact: ["x-a"],
    progress: { upload: true, download: false },
  });
  assertEquals(serialize(request), { request: { ...request, body: null }, transfer: [] });
});

Deno.test("serialize() hands copies over, and lends only small bytes that are all of their memory", () => {
  const small = new Uint8Array(10);
  const large = new Uint8Array(100_000).fill(7);
  const part = new Uint8Array(20).fill(8).subarray(5, 10);
  const shared = new Uint8Array(new SharedArrayBuffer(9)).fill(9);
  const { request: { body }, transfer } = bodyOf([small, large, part, shared, new Blob(["b"])]);
  const [first, ...rest] = body as ArrayBuffer[];
  assert(first === small.buffer);
  assertEquals(transfer, rest.slice(0, 3));
  assertEquals(rest.slice(0, 3).map((memory) => new Uint8Array(memory)), [large, part, shared]);
  assert(rest.slice(0, 3).every((memory) => memory instanceof ArrayBuffer));
  assert(rest[3] as unknown instanceof Blob);
});

Deno.test("serializeBytes() keeps what is handed over apart from the caller's bytes", () => {
  const transfer: ArrayBuffer[] = [];
  const bytes = new Uint8Array(70_000).fill(1);
  const memory = serializeBytes(bytes, transfer);
  bytes.fill(2);
  assertEquals([new Uint8Array(memory)[0], transfer.length], [1, 1]);
});

Deno.test("serialize() leaves an iterable to be pulled, from its start", () => {
  const chunks = [new Uint8Array(1), new Uint8Array(2)];
  const { request: { body }, pulled } = bodyOf(chunks.values());
  assertEquals(body, "pulled");
  assertEquals(pulled?.next().value, chunks[0]);
});

Deno.test("serialize() takes plain values of another realm, and names what is none", () => {
  // A record of another realm has another Object.prototype.
  const prototype = Object.create(null, { toString: { value: () => "" } });
  const foreign = Object.assign(Object.create(prototype), { keepalive: true });
  const given = { fetchOptions: { deep: [foreign, new Date(0), new Uint8Array(2), null] } };
  assertEquals(serialize(message("http://a.test/", given)).transfer, []);
  class Agent {}
  const loop: Record<string, unknown> = {};
  loop.again = loop;
  const cases: [Record<string, unknown>, string][] = [
    [{ a: [{ b: new Agent() }] }, "fetchOptions.a.0.b"],
    [{ a: () => {} }, "fetchOptions.a"],
    [{ a: { [Symbol.iterator]: 1, b: Symbol("no") } }, "fetchOptions.a.b"],
    [{ a: new Map() }, "fetchOptions.a"],
    [loop, `fetchOptions${".again".repeat(18)}`],
  ];
  for (const [fetchOptions, path] of cases) {
    const request = message("http://me:secret@a.test/", { fetchOptions });
    const error = assertThrows(() => serialize(request), TypeError);
    assertEquals(
      error.message.replaceAll(/"GET .*?"/g, "it"),
      `Cannot send it synchronously: "${path}" cannot go to the worker thread`,
    );
    assert(!error.message.includes("secret"));
  }
});

Deno.test("cannotClone() names the ways for a blob, and the cause for the rest", () => {
  const cause = new Error("File-backed objects are not cloneable");
  const blob = cannotClone(message("http://a.test/", { body: [new Blob()] }), cause);
  assertInstanceOf(blob, TypeError);
  assert(blob.message.includes("fs.openAsBlob()") && blob.message.includes("fs.readFileSync()"));
  // Files have no chunks.
  assert(blob.message.endsWith('("fs.readFileSync()"), or as "data" an iterable of its chunks'));
  const other = cannotClone(message("http://a.test/"), cause);
  assert(other.message.endsWith(`cannot go to the worker thread: ${cause.message}`));
  assert(other.cause === cause);
});
