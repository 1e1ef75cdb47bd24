import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { AxError, type Client, create, isAxError, NetworkError, RetryError } from "../../mod.ts";
import { MockTransport, VirtualClock } from "../../src/testing/mod.ts";
import { bothStyles, parity } from "../support/styles.ts";

const URL_A = "https://api.test/a";

function setUp(config: Parameters<typeof create>[0] = {}): {
  transport: MockTransport;
  api: Client;
} {
  const transport = new MockTransport();
  return { transport, api: create({ transport, clock: new VirtualClock(), ...config }) };
}

bothStyles("reply() persists, replyOnce() is used in order before it", async (t) => {
  const { transport, api } = setUp();
  transport.on("GET", URL_A).reply(200, "last").replyOnce(200, "one").replyOnce(200, "two");
  const seen = [];
  for (let call = 0; call < 4; call++) seen.push((await t.get(api, URL_A)).data);
  assertEquals(seen, ["one", "two", "last", "last"]);
});

bothStyles("on() returns the same route when method and URL are the same", async (t) => {
  const { transport, api } = setUp();
  const route = transport.on("get", `${URL_A}?x=1&y=2`);
  assert(route === transport.on("GET", new URL(`${URL_A}?y=2&x=1`)));
  assert(route !== transport.on("GET", URL_A));
  assert(transport.on("*", /a/g) === transport.on("any", /a/));
  route.reply(200, "first").reply(200, "second");
  assertEquals((await t.get(api, `${URL_A}?x=1&y=2`)).data, "second");
});

bothStyles("the most exact route answers when several match", async (t) => {
  const { transport, api } = setUp();
  transport.on("GET", `${URL_A}?q=1`).reply(200, "query");
  transport.on("GET", URL_A).reply(200, "url");
  transport.on("*", URL_A).reply(200, "any method");
  transport.on("GET", "/p?q=1").reply(200, "path with query");
  transport.on("GET", "/p").reply(200, "path");
  transport.on("GET", "https://api.test/p").reply(200, "url of the path");
  transport.on("GET", /\/[abp]$/).reply(200, "pattern");
  transport.on("GET", /\/b$/).reply(200, "later pattern");
  transport.on("ANY", "*").reply(200, "rest");
  assertEquals((await t.get(api, `${URL_A}?q=1`)).data, "query");
  assertEquals((await t.get(api, `${URL_A}?q=2`)).data, "url");
  assertEquals((await t.post(api, URL_A)).data, "any method");
  assertEquals((await t.get(api, "https://api.test/p")).data, "url of the path");
  assertEquals((await t.get(api, "https://other.test/p?q=1")).data, "path with query");
  assertEquals((await t.get(api, "https://other.test/p")).data, "path");
  assertEquals((await t.get(api, "https://other.test/a")).data, "pattern");
  assertEquals((await t.get(api, "https://api.test/b")).data, "later pattern");
  assertEquals((await t.get(api, "https://api.test/c")).data, "rest");
});

bothStyles("a route that is used up leaves the request to the next one", async (t) => {
  const { transport, api } = setUp();
  transport.on("GET", /\/a/).reply(200, "always");
  transport.on("GET", URL_A).replyOnce(200, "once");
  assertEquals((await t.get(api, URL_A)).data, "once");
  assertEquals((await t.get(api, URL_A)).data, "always");
});

parity("an unknown request is an AxError that lists the routes", async (t) => {
  const { transport, api } = setUp({ maxRetries: 3 });
  transport.on("POST", URL_A).reply(200);
  transport.on("*", /b/).reply(200);
  const error = await t.fails(t.get(api, "https://me:secret@api.test/c"), AxError);
  assertEquals(error.name, "AxError");
  assertEquals(
    error.message,
    'Cannot answer "GET https://api.test/c": no reply is registered for it; ' +
      'registered: "POST https://api.test/a", "* /b/"',
  );
  assertEquals(error.request, { method: "GET", url: "https://api.test/c" });
  assertEquals(transport.requests.length, 1);
  throw error;
});

parity("a route whose replies are used up says so", async (t) => {
  const { transport, api } = setUp();
  transport.on("GET", URL_A).replyOnce(200);
  await t.get(api, URL_A);
  const error = await t.fails(t.get(api, URL_A), AxError);
  assertStringIncludes(error.message, 'no reply is left of "GET https://api.test/a"');
  throw error;
});

bothStyles("requests holds what was sent, in order", async (t) => {
  const { transport, api } = setUp({ headers: { "x-client": "1" } });
  transport.on("*", /./).reply(200);
  await t.get(api, URL_A, { params: { q: "ä" } });
  await t.post(api, URL_A, { json: { a: 1 } });
  await t.put(api, URL_A, { data: new Uint8Array([1, 2]) });
  const [get, post, put] = transport.requests;
  assertEquals([get?.method, get?.url, get?.body, get?.text()], [
    "GET",
    `${URL_A}?q=%C3%A4`,
    null,
    "",
  ]);
  assertEquals(get?.headers.get("x-client"), "1");
  assertEquals([post?.text(), post?.json()], ['{"a":1}', { a: 1 }]);
  assertEquals(post?.headers.get("content-type"), "application/json");
  assertEquals(put?.body, new Uint8Array([1, 2]));
});

bothStyles("requests holds the bytes of a body in chunks", async (t) => {
  const { transport, api } = setUp();
  transport.on("POST", URL_A).reply(200);
  function* chunks(): Generator<Uint8Array<ArrayBuffer>> {
    yield new Uint8Array([1]);
    yield new Uint8Array([2, 3]);
  }
  await t.post(api, URL_A, { data: chunks() });
  assertEquals(transport.requests[0]?.body, new Uint8Array([1, 2, 3]));
});

Deno.test("requests holds the text of a Blob and of a stream when the call is async", async () => {
  const { transport, api } = setUp();
  transport.on("POST", URL_A).reply((request) => ({ body: request.text() }));
  assertEquals((await api.post(URL_A, { data: new Blob(["blob"]) })).data, "blob");
  assertEquals((await api.post(URL_A, { data: new Blob(["stream"]).stream() })).data, "stream");
});

Deno.test("the body of a Blob is a TypeError when the call was sync", () => {
  const { transport, api } = setUp();
  transport.on("POST", URL_A).reply(200, "ok");
  assertEquals(api.postSync(URL_A, { data: new Blob(["blob"]) }).data, "ok");
  assertThrows(() => transport.requests[0]?.body, TypeError, "only an async call can read");
});

bothStyles("assertDone() passes when all is used, and lists what is not", async (t) => {
  const { transport, api } = setUp();
  transport.assertDone();
  transport.on("GET", URL_A).replyOnce(200).replyOnce(200).reply(200);
  await t.get(api, URL_A);
  assertThrows(
    () => transport.assertDone(),
    Error,
    'unused replies: 1 of "GET https://api.test/a"',
  );
  await t.get(api, URL_A);
  transport.assertDone();
  await t.post(api, URL_A).catch(() => {});
  assertThrows(() => transport.assertDone(), Error, 'without a reply: "POST https://api.test/a"');
});

bothStyles("reset() forgets all, resetHistory() keeps the routes", async (t) => {
  const { transport, api } = setUp();
  transport.on("GET", URL_A).reply(200);
  await t.get(api, URL_A);
  await t.post(api, URL_A).catch(() => {});
  transport.resetHistory();
  assertEquals(transport.requests, []);
  transport.assertDone();
  await t.get(api, URL_A);
  transport.reset();
  assertEquals(transport.requests, []);
  const error = await t.fails(t.get(api, URL_A), AxError);
  assertStringIncludes(error.message, "nothing is registered");
});

bothStyles("replies come in the order of the calls when they run at once", async (t) => {
  const { transport, api } = setUp();
  const route = transport.on("POST", URL_A);
  const names = ["a", "b", "c"];
  for (const name of names) route.replyOnce(200, name);
  const results = await t.either(
    () => Promise.all(names.map((name) => api.post(URL_A, { data: new Blob([name]) }))),
    () => api.allSync(names.map((name) => api.flow.post(URL_A, { data: new Blob([name]) }))),
  );
  assertEquals(results.map(({ data }) => data), names);
});

parity("fail() is a NetworkError that is retried", async (t) => {
  const { transport, api } = setUp({ maxRetries: 1 });
  transport.on("GET", URL_A).failOnce().replyOnce(200).fail();
  assertEquals((await t.get(api, URL_A)).attempts, 2);
  const error = await t.fails(t.get(api, URL_A), RetryError);
  assert(error.cause instanceof NetworkError);
  assertEquals(
    error.cause.message,
    'Cannot reach "GET https://api.test/a": the connection failed',
  );
  throw error;
});

bothStyles("fail(error) throws an AxError as it is, and others as a cause", async (t) => {
  const { transport, api } = setUp();
  const reset = new NetworkError("reset", { systemCode: "ECONNRESET" });
  const cause = new Error("boom");
  transport.on("GET", URL_A).failOnce(reset).failOnce(cause);
  assert(await t.fails(t.get(api, URL_A), NetworkError) === reset);
  assert((await t.fails(t.get(api, URL_A), NetworkError)).cause === cause);
});

parity("timeout() is the TimeoutError of an attempt, at once", async (t) => {
  const { transport, api } = setUp({ timeout: 12_345, redact: ["key"] });
  transport.on("GET", URL_A).timeoutOnce().reply(200).timeoutOnce();
  const error = await t.fails(t.get(api, `${URL_A}?key=secret`), Error);
  assert(isAxError(error) && error.code === "AX_TIMEOUT" && "phase" in error);
  assertEquals(error.phase, "attempt");
  assertEquals(
    error.message,
    'Cannot reach "GET https://api.test/a?key=***": no complete response within 12345 ms',
  );
  assertEquals((await t.get(api, URL_A, { maxRetries: 1 })).attempts, 2);
  throw error;
});

Deno.test("send() rejects with the reason when its signal has fired", async () => {
  const transport = new MockTransport();
  transport.on("GET", URL_A).reply(200);
  const reason = new Error("stop");
  const signal = AbortSignal.abort(reason);
  const request = { method: "GET", url: URL_A, headers: new Headers(), body: null, timeout: 1 };
  const error = await transport.send({ ...request, timeout: false, signal }).catch((e) => e);
  assert(error === reason);
});

bothStyles("on() tells a path pattern from literal text, a recording is literal", async (t) => {
  const transport = new MockTransport();
  transport.on("GET", "/users/:id").reply(200, "any");
  transport.on("GET", "/users/me").reply(200, "me");
  const api = create({ baseURL: "https://api.test", transport });
  assertEquals((await t.get(api, "/users/7")).data, "any");
  assertEquals((await t.get(api, "/users/me")).data, "me");
  await t.fails(t.get(api, "/users/7/posts"), AxError);
  const recording = {
    request: { method: "GET", url: "https://api.test/users/:id", headers: {} },
    response: { status: 200, statusText: "OK", headers: {}, body: "literal" },
  };
  const replayed = MockTransport.from([recording]);
  const other = create({ baseURL: "https://api.test", transport: replayed });
  assertEquals((await t.get(other, "/users/:id")).data, "literal");
  await t.fails(t.get(other, "/users/7"), AxError);
});
