import { assertEquals, assertStringIncludes } from "@std/assert";
import { create, DecodeError, HTTPStatusError } from "../../mod.ts";
import { acceptsStatus } from "../../src/call/accept.ts";
import { sharedServer } from "../support/server.ts";
import { bothStyles } from "../support/styles.ts";

const server = sharedServer();
const STATUSES = [199, 200, 204, 299, 300, 301, 304, 399, 400, 404, 500, 599];

Deno.test("acceptsStatus() accepts success, and redirects that nobody follows", () => {
  const accepted = (rules: Parameters<typeof acceptsStatus>[1]) =>
    STATUSES.filter((status) => acceptsStatus(status, rules));
  assertEquals(accepted({ followRedirects: true }), [200, 204, 299]);
  assertEquals(accepted({ followRedirects: false }), [200, 204, 299, 300, 301, 304, 399]);
  assertEquals(accepted({ followRedirects: true, validateStatus: false }), STATUSES);
  const validateStatus = (status: number) => status === 404;
  assertEquals(accepted({ followRedirects: false, validateStatus }), [404]);
});

bothStyles("a refused status is an HTTPStatusError with its parsed data", async (t) => {
  using api = create({ baseURL: server.url });
  const headers = { headers: JSON.stringify({ "retry-after": "7", "x-a": "1" }) };
  const error = await t.fails(t.get(api, "/status/429", { params: headers }), HTTPStatusError);
  assertEquals([error.status, error.code, error.retryAfter], [429, "AX_STATUS", 7_000]);
  assertEquals(error.response?.data, { status: 429 });
  assertEquals(error.response?.headers.get("x-a"), "1");
  assertStringIncludes(error.message, `"GET ${server.url}/status/429?`);
  assertStringIncludes(error.message, "failed: status 429 Too Many Requests");
});

bothStyles("validateStatus decides for the client and for one call", async (t) => {
  using api = create({ baseURL: server.url, validateStatus: (status) => status < 500 });
  assertEquals((await t.get(api, "/status/404")).status, 404);
  await t.fails(t.get(api, "/status/500"), HTTPStatusError);
  const all = await t.get(api, "/status/500", { validateStatus: false });
  assertEquals([all.status, all.ok, all.data], [500, false, { status: 500 }]);
  await t.fails(t.get(api, "/json", { validateStatus: () => false }), HTTPStatusError);
});

bothStyles("validateStatus that answers with a promise is told so", async (t) => {
  using api = create({ baseURL: server.url });
  for (const answer of [() => Promise.resolve(false), () => Promise.reject(new Error("late"))]) {
    const config = { validateStatus: answer as never };
    const error = await t.fails(t.get(api, "/json", config), TypeError);
    assertStringIncludes(error.message, '"validateStatus"');
  }
});

bothStyles("a body that does not decode leaves its text when its status is refused", async (t) => {
  using api = create({ baseURL: server.url });
  const config = { responseType: "json" as const, validateStatus: () => false };
  const error = await t.fails(t.get(api, "/html", config), HTTPStatusError);
  assertStringIncludes(String(error.response?.data), "<!doctype html>");
  await t.fails(t.get(api, "/html", { responseType: "json" }), DecodeError);
  await t.fails(
    t.get(api, "/html", { responseType: "json", validateStatus: false }),
    DecodeError,
  );
});

bothStyles("a redirect that is not followed is a plain response", async (t) => {
  using api = create({ baseURL: server.url, followRedirects: false });
  const response = await t.get(api, "/redirect/1");
  assertEquals([response.status, response.redirected], [302, false]);
  assertEquals(response.headers.get("location"), "/echo");
});
