import { assertEquals, assertThrows } from "@std/assert";
import { normalizeMethod } from "../../src/http/headers.ts";
import {
  checkSendable,
  isIdempotent,
  isRedirect,
  mayHaveBody,
  statusHasBody,
} from "../../src/http/message.ts";

const METHODS = ["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "POST", "PATCH", "LOCK", "QUERY"];
const STATUSES = Array.from({ length: 500 }, (_, index) => index + 100);

Deno.test("isIdempotent() follows RFC 9110 when asked for each method", () => {
  assertEquals(METHODS.filter(isIdempotent), ["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "QUERY"]);
});

Deno.test("isRedirect() holds when a status has a location to follow", () => {
  assertEquals(STATUSES.filter(isRedirect), [301, 302, 303, 307, 308]);
});

Deno.test("normalizeMethod() gives upper case when a method is written in any case", () => {
  assertEquals(["get", "Patch", "QUERY", "m-search"].map(normalizeMethod), [
    "GET",
    "PATCH",
    "QUERY",
    "M-SEARCH",
  ]);
});

Deno.test("normalizeMethod() throws when a method is no token or forbidden", () => {
  for (const method of ["", " GET", "GET ", "GE\r\nT", "GÉT", "A B"]) {
    assertThrows(() => normalizeMethod(method), TypeError, "Cannot use method");
  }
  for (const method of ["connect", "TRACE", "Track"]) {
    assertThrows(() => normalizeMethod(method), TypeError, "fetch forbids it");
  }
  assertThrows(() => normalizeMethod(1 as unknown as string), TypeError, "method a number");
});

Deno.test("mayHaveBody() holds when fetch takes a body", () => {
  assertEquals(METHODS.filter((method) => !mayHaveBody(method)), ["GET", "HEAD"]);
});

Deno.test("statusHasBody() holds when a response can have a body", () => {
  assertEquals(STATUSES.slice(100).filter((status) => !statusHasBody(status)), [204, 205, 304]);
  assertEquals(STATUSES.slice(0, 100).some(statusHasBody), false);
});

Deno.test("checkSendable() names headers that no runtime sends", () => {
  for (const name of ["host", "transfer-encoding", "keep-alive", "expect", "upgrade"]) {
    assertThrows(() => checkSendable([[name, "x"]], 0), TypeError, `"${name}"`);
  }
  for (const value of ["3", "x", "-1"]) {
    assertThrows(() => checkSendable([["content-length", value]], 2), TypeError, "content-length");
  }
  for (const value of ["upgrade", "close, x", ""]) {
    assertThrows(() => checkSendable([["connection", value]], 0), TypeError, '"connection"');
  }
  checkSendable([["content-length", "2"], ["connection", "close"]], 2);
  checkSendable([["connection", "Keep-Alive"]], 0);
  checkSendable([["content-length", "2"]], undefined);
});
