import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import * as ax from "../mod.ts";
import {
  AxError,
  CancelError,
  createResponse,
  HTTPStatusError,
  InterceptorError,
  isAxError,
  NetworkError,
  RetryError,
  SchemaError,
  TimeoutError,
} from "../mod.ts";

const CODES: Record<string, string> = {
  AxError: "AX_ERROR",
  BodySizeError: "AX_BODY_SIZE",
  CancelError: "AX_CANCEL",
  DecodeError: "AX_DECODE",
  HTTPStatusError: "AX_STATUS",
  InterceptorError: "AX_INTERCEPTOR",
  NetworkError: "AX_NETWORK",
  RedirectError: "AX_REDIRECT",
  RetryError: "AX_RETRY",
  RetryableError: "AX_RETRYABLE",
  SchemaError: "AX_SCHEMA",
  SyncBridgeError: "AX_SYNC_BRIDGE",
  SyncUnavailableError: "AX_SYNC_UNAVAILABLE",
  TimeoutError: "AX_TIMEOUT",
};

Deno.test("each error class has its name, its code, and AxError above it", () => {
  const classes = Object.entries(ax).filter(([name]) =>
    name.endsWith("Error") && name !== "isAxError"
  );
  assertEquals(classes.map(([name]) => name).toSorted(), Object.keys(CODES));
  for (const [name, Class] of classes) {
    const Made = Class as unknown as new (message: string, options: object) => AxError;
    const error = new Made("what: why", { errors: [], issues: [] });
    assertInstanceOf(error, AxError);
    assertInstanceOf(error, Error);
    assertEquals([error.name, error.code, error.message], [name, CODES[name], "what: why"]);
    assert(error.stack?.includes("errors_test.ts"));
    assertEquals(isAxError(error), true);
    assertEquals([Object.hasOwn(error, "cause"), error.response], [false, undefined]);
  }
});

Deno.test("errors carry what their class promises", () => {
  const response = createResponse({ status: 503 });
  const status = new HTTPStatusError("x", { status: 503, retryAfter: 5, response });
  assertEquals([status.status, status.retryAfter, status.response], [503, 5, response]);
  assertEquals(new TimeoutError("x", { phase: "total" }).phase, "total");
  assertEquals(new NetworkError("x", { systemCode: "EPIPE" }).systemCode, "EPIPE");
  assertEquals(Object.hasOwn(new NetworkError("x"), "systemCode"), false);
  assertEquals(new CancelError("x", { reason: { why: 1 } }).reason, { why: 1 });
  assertEquals(new RetryError("x", { errors: [status] }).errors, [status]);
  assertEquals(new InterceptorError("x", { interceptor: "f" }).interceptor, "f");
  assertEquals(new SchemaError("x", { issues: [{ message: "m" }] }).issues, [{ message: "m" }]);
  assertEquals(new AxError("x", { cause: undefined }).cause, undefined);
});

Deno.test("errors keep nothing that was not given, and want what their class promises", () => {
  const given = { status: 500, retryAfter: undefined, attempts: undefined, cause: undefined };
  const error = new HTTPStatusError("x", given);
  assertEquals(Object.keys(error).toSorted(), ["code", "name", "status"]);
  assertEquals([error.name, error.code], ["HTTPStatusError", "AX_STATUS"]);
  // @ts-expect-error -- a status is wanted
  assertEquals(new HTTPStatusError("x").status, undefined);
  // @ts-expect-error -- a phase is wanted, and one of four
  assertEquals(new TimeoutError("x", { phase: "never" }).phase, "never");
  assertEquals(new CancelError("x").reason, undefined);
  // @ts-expect-error -- there is no such member
  assertEquals(Object.keys(new AxError("x", { nope: 1 })).toSorted(), ["code", "name"]);
  // @ts-expect-error -- there is no such member
  assertEquals("nope" in new NetworkError("x", { nope: 1 }), false);
  // @ts-expect-error -- the errors are wanted
  assertEquals(new RetryError("x", {}).errors, undefined);
});

interface Problem {
  detail: string;
}

Deno.test("the data of an error's response has a type", () => {
  const response = createResponse<Problem>({ status: 422, data: { detail: "no" } });
  const error = new HTTPStatusError<Problem>("x", { status: 422, response });
  const detail: string | undefined = error.response?.data.detail;
  assertEquals(detail, "no");
  const caught: unknown = error;
  assert(isAxError<Problem>(caught));
  const again: string | undefined = caught.response?.data.detail;
  assertEquals(again, "no");
  const untyped: unknown = error;
  assert(isAxError(untyped));
  // @ts-expect-error -- unknown without a type
  assertEquals(untyped.response?.data.detail, "no");
});

Deno.test("isAxError() knows errors of another copy of the package, and nothing else", async () => {
  const url = new URL("../src/ax_error.ts?copy", import.meta.url).href;
  const copy = await import(url) as typeof import("../src/ax_error.ts");
  const foreign = new copy.AxError("other");
  assertEquals([foreign instanceof AxError, isAxError(foreign)], [false, true]);
  const others = [null, undefined, "AX_CANCEL", new Error("x"), { code: "AX_CANCEL" }, () => {}];
  assertEquals(others.filter(isAxError), []);
});

Deno.test("toJSON() has no body and no secret", () => {
  const request = { method: "GET", url: "https://***@example.com/" };
  const response = createResponse({
    status: 401,
    data: { secret: "body" },
    headers: { "set-cookie": "secret", "x-own": "secret", "x-free": "1" },
  });
  const cause = new NetworkError("below", { cause: new Error("deepest") });
  const error = new AxError("what: why", {
    request: { method: "GET", url: "https://me:pass@example.com/", redact: ["x-own"] },
    response,
    attempts: 2,
    cause,
  });
  const { headers, ...rest } = error.toJSON().response as { headers: Record<string, string> };
  assertEquals(rest as unknown, { status: 401, statusText: "" });
  assertEquals([headers["set-cookie"], headers["x-own"], headers["x-free"]], ["***", "***", "1"]);
  const json = JSON.parse(JSON.stringify(error));
  assertEquals([json.name, json.code, json.message], ["AxError", "AX_ERROR", "what: why"]);
  assertEquals([json.request, json.attempts], [request, 2]);
  assertEquals(json.cause.cause, { name: "Error", message: "deepest" });
  assertEquals(JSON.stringify(json).includes("secret"), false);
});

Deno.test("toJSON() survives odd causes", () => {
  for (const cause of [null, 5, 5n, "text", { any: 1 }, Symbol("s"), new DOMException("d")]) {
    assertEquals(typeof JSON.stringify(new AxError("x", { cause })), "string");
  }
  const loop = new AxError("one");
  loop.cause = new AxError("two", { cause: loop });
  assertEquals(typeof JSON.stringify(loop), "string");
});

Deno.test("the response of an error is readable but not listed", () => {
  const error = new AxError("x", { response: createResponse({ data: "private" }) });
  assertEquals(error.response?.data, "private");
  assertEquals(Object.keys(error).includes("response"), false);
  assertEquals(Deno.inspect(error).includes("private"), false);
});
