import { assertEquals, assertInstanceOf, assertStringIncludes, assertThrows } from "@std/assert";
import { createResponse, DecodeError, HTTPStatusError } from "../../mod.ts";
import { isResponse } from "../../src/http/response.ts";

Deno.test("createResponse() is an empty 200 when nothing is given", () => {
  const response = createResponse();
  assertEquals([response.status, response.ok, response.statusText], [200, true, ""]);
  assertEquals([response.data, response.text(), [...response.headers]], [undefined, "", []]);
  assertEquals([response.url, response.redirected, response.attempts], ["", false, 1]);
  assertEquals(isResponse(response), true);
});

Deno.test("createResponse() makes the body of data, and data of the body", () => {
  const made = createResponse({ data: { a: 1 } });
  assertEquals([made.text(), made.headers.get("content-type")], ['{"a":1}', "application/json"]);
  assertEquals(made.json(), { a: 1 });
  const read = createResponse({ headers: { "Content-Type": "application/json" }, body: '{"b":2}' });
  assertEquals([read.data, read.json()], [{ b: 2 }, { b: 2 }]);
  assertEquals(createResponse({ body: "plain" }).data, "plain");
  const bytes = new Uint8Array([1, 2]);
  const headers = { "content-type": "image/png" };
  assertEquals(createResponse({ body: bytes, headers }).data, bytes);
});

Deno.test("createResponse() keeps falsy data and the given content type", () => {
  for (const data of [null, 0, false, ""]) {
    const response = createResponse({ data });
    assertEquals([response.data, response.text()], [data, JSON.stringify(data)]);
  }
  const headers = { "content-type": "application/hal+json" };
  assertEquals(
    createResponse({ data: {}, headers }).headers.get("content-type"),
    headers["content-type"],
  );
});

Deno.test("createResponse() keeps data as the object that it is", () => {
  const data = { when: new Date(0) };
  assertEquals(createResponse({ data }).data === data, true);
});

Deno.test("createResponse() takes status, reason, URL and headers", () => {
  const url = new URL("https://example.com/a");
  const response = createResponse({
    status: 404,
    statusText: "Gone fishing",
    url,
    headers: [["x-a", "1"], ["x-a", "2"]],
  });
  assertEquals([response.status, response.ok, response.statusText], [404, false, "Gone fishing"]);
  assertEquals([response.url, response.headers.get("x-a")], [url.href, "1, 2"]);
  const error = assertThrows(() => response.raiseForStatus(), HTTPStatusError);
  assertStringIncludes(error.message, "404 Gone fishing");
});

Deno.test("createResponse() refuses what is no response", () => {
  for (const status of [0, 199, 600, 200.5, NaN, "200" as unknown as number]) {
    assertThrows(() => createResponse({ status }), RangeError, '"status"');
  }
  assertThrows(() => createResponse({ data: 1, body: "x" }), TypeError, "not both");
  assertThrows(() => createResponse({ headers: { a: "\n" } }), TypeError, "line break");
});

Deno.test("createResponse() says what does not decode or encode", () => {
  const headers = { "content-type": "application/json" };
  const error = assertThrows(() => createResponse({ headers, body: "{" }), DecodeError);
  assertInstanceOf(error.cause, SyntaxError);
  assertEquals(error.response?.text(), "{");
  assertThrows(() => createResponse({ data: 1n }), TypeError, "BigInt");
});
