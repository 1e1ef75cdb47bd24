import { assert, assertEquals, assertInstanceOf, assertStrictEquals } from "@std/assert";
import { AxError, isAxError } from "../../src/ax_error.ts";
import {
  ERROR_CLASSES,
  HTTPStatusError,
  NetworkError,
  RetryError,
  TimeoutError,
} from "../../src/errors.ts";
import {
  errorMembers,
  fromWire,
  makeError,
  toWire,
  type WireError,
} from "../../src/sync/serialize.ts";

/** There and back as the bridge sends it. */
function crossed(thrown: unknown): unknown {
  const wire = JSON.parse(JSON.stringify([toWire(thrown)]))[0] as WireError;
  return fromWire(wire, ERROR_CLASSES);
}

Deno.test("fromWire() gives class, name, message, code and stack back", () => {
  const system = Object.assign(new Error("refused"), {
    name: "SystemError",
    code: "ECONNREFUSED",
    errno: -111,
    socket: { any: 1 },
    hook() {},
  });
  const back = crossed(new TypeError("fetch failed", { cause: system })) as TypeError;
  assertInstanceOf(back, TypeError);
  assertEquals([back.name, back.message], ["TypeError", "fetch failed"]);
  const cause = back.cause as typeof system;
  assertInstanceOf(cause, Error);
  assertEquals([cause.name, cause.message, cause.stack], [
    "SystemError",
    "refused",
    system.stack,
  ]);
  assertEquals({ ...cause }, { code: "ECONNREFUSED", errno: -111 } as never);
});

Deno.test("fromWire() makes a DOMException, and no other error of a numeric code one", () => {
  const dom = crossed(new DOMException("gone", "AbortError")) as DOMException;
  assertInstanceOf(dom, DOMException);
  assertEquals([dom.name, dom.message, dom.code], ["AbortError", "gone", 20]);
  const own = crossed(Object.assign(new Error("mine"), { code: 7 })) as Error & { code: number };
  assertEquals([own instanceof DOMException, own.message, own.code], [false, "mine", 7]);
});

Deno.test("fromWire() gives the errors of an AggregateError", () => {
  const all = crossed(new AggregateError([new RangeError("one"), "two"], "all")) as AggregateError;
  assertInstanceOf(all, AggregateError);
  assertInstanceOf(all.errors[0], RangeError);
  assertEquals([all.message, all.errors[1]], ["all", "two"]);
});

Deno.test("fromWire() gives errors of ours their class, members and causes", () => {
  const request = { method: "GET", url: "http://a.test/?key=1", redact: ["key"] };
  const status = new HTTPStatusError("Refused", { request, status: 503, retryAfter: 20 });
  const error = new RetryError("Gave up", { errors: [status, "late"], attempts: 2, cause: status });
  const back = crossed(error) as RetryError;
  assertInstanceOf(back, RetryError);
  assertEquals([back.name, back.code, back.message, back.attempts], [
    "RetryError",
    "AX_RETRY",
    "Gave up",
    2,
  ]);
  assertEquals(back.stack, error.stack);
  const [first, second] = back.errors as [HTTPStatusError, string];
  for (const link of [first, back.cause as HTTPStatusError]) {
    assertInstanceOf(link, HTTPStatusError);
    assertEquals([link.status, link.retryAfter], [503, 20]);
    assertEquals(link.request?.url, status.request?.url);
  }
  assertEquals(second, "late");
});

Deno.test("fromWire() keeps an error of ours whose code nobody knows", () => {
  const foreign = Object.assign(new AxError("Later"), { name: "NewError", code: "AX_NEW" });
  const back = crossed(foreign) as AxError;
  assertInstanceOf(back, AxError);
  assertEquals(back.message, "Later");
  assert(isAxError(back));
});

Deno.test("toWire() keeps values that are no errors, and takes what has no text", () => {
  assertEquals(["text", 5, null, true].map(crossed), ["text", 5, null, true]);
  assertStrictEquals(fromWire(toWire(undefined), ERROR_CLASSES), undefined);
  assertEquals(crossed({ any: 1 }), "[object Object]");
  assertEquals(crossed(Object.create(null)), "[object Object]");
});

Deno.test("toWire() ends with causes that are a loop", () => {
  const loop = new Error("loop");
  loop.cause = loop;
  let links = 0;
  for (let link = crossed(loop) as Error | undefined; link; link = link.cause as Error) links++;
  assertEquals(links, 9);
});

Deno.test("makeError() hands more members to a class of ours, and takes what it leaves out", () => {
  const seen: unknown[] = [];
  class Portable extends Error {
    constructor(message: string, options: object) {
      super(message, options);
      seen.push(options);
    }
  }
  const members = errorMembers(new TimeoutError("Late", { phase: "total" }), () => true);
  const error = makeError(members, { AX_ERROR: Portable }, { ask: 1 }) as Portable & {
    phase: string;
  };
  assertInstanceOf(error, Portable);
  assertEquals([error.phase, error.name], ["total", "TimeoutError"]);
  assertEquals((seen[0] as { ask: number }).ask, 1);
});

Deno.test("errorMembers() asks for each member whether it survives", () => {
  const error = Object.assign(new NetworkError("No"), { one: 1, two: 2 });
  const { one, two } = errorMembers(error, (value) => value === 2) as unknown as Record<
    string,
    unknown
  >;
  assertEquals([one, two], [undefined, 2]);
});
