import { assertEquals, assertStringIncludes } from "@std/assert";
import { create, RedirectError, sleep, TimeoutError } from "../../mod.ts";
import { VirtualClock } from "../../src/testing/mod.ts";
import { sharedFaultServer } from "../support/fault_server.ts";
import { sharedServer } from "../support/server.ts";
import { bothStyles } from "../support/styles.ts";

const server = sharedServer();
const faults = sharedFaultServer();
const other = sharedServer();

function headersOf(record: { headers: [string, string][] } | undefined): Map<string, string> {
  return new Map(record?.headers);
}

bothStyles("get() follows redirects over one connection", async (t) => {
  const api = create({ baseURL: server.url });
  const response = await t.get(api, `/redirect/5?key=${t.key}`);
  assertEquals([response.redirected, response.url], [true, `${server.url}/echo?key=${t.key}`]);
  const seen = await server.requests(t.key);
  assertEquals(seen.map(({ path }) => path), [
    ...["/redirect/5", "/redirect/4", "/redirect/3", "/redirect/2", "/redirect/1", "/echo"],
  ]);
  // The hops' bodies were read, so the connection was free for the next one.
  assertEquals(new Set(seen.map(({ peer }) => peer)).size, 1);
});

bothStyles("get() loses its credentials on the way to another server", async (t) => {
  const api = create({
    baseURL: server.url,
    headers: { authorization: "Bearer secret", "x-api-key": "key", "x-plain": "stays" },
    sensitiveHeaders: ["x-api-key"],
  });
  const target = `${other.url}/echo?key=${t.key}`;
  const headers = { cookie: "a=b", "proxy-authorization": "Basic x" };
  const response = await t.get(api, "/redirect-to", {
    params: { url: target, key: t.key },
    headers,
  });
  assertEquals([response.url, response.redirected], [target, true]);
  const [sent] = await server.requests(t.key);
  assertEquals(headersOf(sent).get("authorization"), "Bearer secret");
  const [received] = await other.requests(t.key);
  const arrived = headersOf(received);
  for (const name of ["authorization", "cookie", "proxy-authorization", "x-api-key"]) {
    assertEquals(arrived.has(name), false, name);
  }
  assertEquals(arrived.get("x-plain"), "stays");
});

bothStyles("post() sends its body again on 307 and drops it on 303", async (t) => {
  const api = create({ baseURL: server.url });
  for (const [status, method, text] of [[307, "POST", '{"a":1}'], [303, "GET", ""]] as const) {
    const key = `${t.key}-${status}`;
    const params = { key, status };
    await t.post(api, "/redirect/1", { params, json: { a: 1 } });
    const [, last] = await server.requests(key);
    assertEquals([last?.method, last?.text], [method, text]);
    assertEquals(headersOf(last).has("content-type"), status === 307);
  }
});

bothStyles("post() with a stream is sent once", async (t) => {
  const api = create({ baseURL: server.url });
  const data = (function* () {
    yield new TextEncoder().encode("once");
  })();
  const params = { key: t.key, status: 308 };
  await t.fails(() => t.post(api, "/redirect/1", { params, data }), RedirectError);
  const seen = await server.requests(t.key);
  assertEquals(seen.map(({ path, text }) => [path, text]), [["/redirect/1", "once"]]);
});

bothStyles("followRedirects: false is accepted as it is", async (t) => {
  const api = create({ baseURL: server.url, followRedirects: false });
  const response = await t.get(api, `/redirect/2?key=${t.key}`);
  assertEquals(response.status, 302);
  assertEquals(response.headers.get("location"), `/redirect/1?key=${t.key}`);
  assertEquals((await server.requests(t.key)).length, 1);
});

bothStyles("a redirect loop ends", async (t) => {
  const api = create({ baseURL: server.url, maxRedirects: 4 });
  await t.fails(() => t.get(api, `/redirect-loop?key=${t.key}`), RedirectError);
  assertEquals((await server.requests(t.key)).length, 5);
});

bothStyles("timeout does not count what middleware per hop waits for", async (t) => {
  const api = create({ clock: new VirtualClock(), timeout: 30_000 });
  api.use(function* (request, next) {
    yield* sleep(60_000);
    return yield* next(request);
  }, { per: "hop" });
  // Slower than the least that is left to a hop.
  const response = await t.get(api, `${server.url}/redirect-to?url=/delay/30`);
  assertEquals(response.redirects.length, 1);
});

bothStyles("a timeout after a redirect quotes the time that was configured", async (t) => {
  const api = create({ timeout: 300 });
  for (const end of ["/never", "/stall-body"]) {
    const to = encodeURIComponent(end);
    const error = await t.fails(
      () => t.get(api, `${server.url}/redirect-to?url=${to}`),
      TimeoutError,
    );
    assertStringIncludes(error.message, "within 300 ms");
    assertEquals(error.request?.url, `${server.url}${end}`);
  }
});

bothStyles("more than one location is a RedirectError", async (t) => {
  const api = create({ baseURL: faults.url });
  const pairs = [["/ok?a", "/ok?b"], ["/ok?a", "/ok?a"], [
    "http://a.example/",
    "http://b.example/",
  ]];
  for (const locations of pairs) {
    const lines = locations.map((location) => `location: ${location}\r\n`).join("");
    const answer = btoa(`HTTP/1.1 302 Found\r\n${lines}content-length: 0\r\n\r\n`);
    const path = `/bytes?bytes=${encodeURIComponent(answer)}&key=${t.key}`;
    const error = await t.fails(() => t.get(api, path), RedirectError);
    assertStringIncludes(error.message, "it has more than one location");
  }
  assertEquals((await faults.log(t.key)).requests.length, pairs.length);
});
