import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import * as errors from "../../../src/errors.ts";
import { fromWire, toWire } from "../../../src/transport/worker/wire_error.ts";

function crossed(error: unknown): unknown {
  return fromWire(JSON.parse(JSON.stringify(toWire(error))));
}

const request = { method: "GET", url: "https://example.com/" };
const cause = new TypeError("fetch failed");
const all = { request, attempts: 2, cause };

const OURS: errors.AxError[] = [
  new errors.AxError("a", all),
  new errors.HTTPStatusError("a", { ...all, status: 503, retryAfter: 1000 }),
  new errors.TimeoutError("a", { ...all, phase: "attempt" }),
  new errors.NetworkError("a", { ...all, systemCode: "ECONNRESET" }),
  new errors.CancelError("a", { ...all, reason: "enough" }),
  new errors.RetryError("a", { ...all, errors: [cause] }),
  new errors.InterceptorError("a", { ...all, interceptor: "auth" }),
  new errors.RedirectError("a", all),
  new errors.DecodeError("a", all),
  new errors.SchemaError("a", { ...all, issues: [{ message: "no", path: ["x", 1] }] }),
  new errors.BodySizeError("a", all),
  new errors.SyncUnavailableError("a", all),
  new errors.SyncBridgeError("a", all),
];

for (const error of OURS) {
  Deno.test(`fromWire() brings a ${error.name} back with its class and fields`, () => {
    const back = crossed(error);
    assert(errors.isAxError(back));
    assertEquals(Object.getPrototypeOf(back), Object.getPrototypeOf(error));
    assertEquals(back.toJSON(), error.toJSON());
    assertInstanceOf(back.cause, TypeError);
    assertEquals(back.cause.stack, cause.stack);
    assertEquals(Object.keys(back).sort(), Object.keys(error).sort());
    for (const key of ["status", "retryAfter", "phase", "systemCode", "reason", "issues"]) {
      const field = (value: object): unknown => (value as Record<string, unknown>)[key];
      assertEquals(field(back), field(error), key);
    }
  });
}

Deno.test("fromWire() brings other errors back with name, message, stack and plain members", () => {
  class Odd extends Error {
    override name = "Odd";
    errno = -111;
    hook = (): void => {};
  }
  const back = crossed(new Odd("strange"));
  assertInstanceOf(back, Error);
  assertEquals([back.name, back.message], ["Odd", "strange"]);
  assertEquals((back as Odd).errno, -111);
  assertEquals("hook" in back, false);
});

Deno.test("fromWire() keeps standard classes, DOMException and AggregateError", () => {
  assertInstanceOf(crossed(new RangeError("r")), RangeError);
  const dom = crossed(new DOMException("gone", "AbortError"));
  assertInstanceOf(dom, DOMException);
  assertEquals(dom.name, "AbortError");
  const many = crossed(new AggregateError([new Error("one")], "many"));
  assertInstanceOf(many, AggregateError);
  assertEquals((many.errors[0] as Error).message, "one");
});

Deno.test("toWire() takes what is no error, and causes that are a loop", () => {
  assertEquals(crossed("text"), "text");
  assertEquals(crossed({ code: 1 }), { code: 1 });
  assertEquals(crossed(Symbol("s")), "Symbol(s)");
  const loop = new Error("loop");
  loop.cause = loop;
  assertEquals((crossed(loop) as Error).message, "loop");
});
