import { assert, assertEquals } from "@std/assert";
import { create, HTTPStatusError, RetryError } from "../../mod.ts";
import { VirtualClock } from "../../src/testing/virtual_clock.ts";
import { sharedServer } from "../support/server.ts";
import { bothStyles } from "../support/styles.ts";

const server = sharedServer();

function setUp(maxRetries = 3) {
  const clock = new VirtualClock({ now: Date.now() });
  return { clock, api: create({ baseURL: server.url, clock, maxRetries }) };
}

bothStyles("refused statuses leave their connection to the next attempt", async (t) => {
  const { api } = setUp();
  const response = await t.get(api, `/fail-then/3?key=${t.key}`);
  assertEquals([response.attempts, response.data], [4, { count: 4 }]);
  const peers = (await server.requests(t.key)).map(({ peer }) => peer);
  assertEquals([peers.length, new Set(peers).size], [4, 1]);
});

bothStyles("put() sends the whole body on each attempt", async (t) => {
  const { api } = setUp();
  await t.put(api, `/fail-then/2?key=${t.key}`, { json: { a: 1 } });
  await t.put(api, `/fail-then/1?key=${t.key}-blob`, { data: new Blob(["a", "b"]) });
  const texts = (await server.requests(t.key)).map(({ text }) => text);
  assertEquals(texts, ['{"a":1}', '{"a":1}', '{"a":1}']);
  assertEquals((await server.requests(`${t.key}-blob`)).map(({ text }) => text), ["ab", "ab"]);
});

bothStyles("put() sends a stream once, whatever comes back", async (t) => {
  const { api } = setUp();
  let pulled = 0;
  const data = (function* () {
    for (; pulled < 3; pulled++) yield new TextEncoder().encode(`${pulled}`);
  })();
  const error = await t.fails(
    () => t.put(api, `/fail-then/1?key=${t.key}`, { data }),
    HTTPStatusError,
  );
  assertEquals([error.attempts, error.status, pulled], [1, 503, 3]);
  assertEquals((await server.requests(t.key)).map(({ text }) => text), ["012"]);
});

bothStyles("post() reaches the server once when it is refused", async (t) => {
  const { api } = setUp();
  await t.fails(() => t.post(api, `/fail-then/1?key=${t.key}`, { json: 1 }), HTTPStatusError);
  assertEquals((await server.requests(t.key)).length, 1);
});

bothStyles("Retry-After of a server is kept, in seconds and as a date", async (t) => {
  const { api, clock } = setUp(1);
  await t.get(api, `/fail-then/1?key=${t.key}&retry-after=30`);
  assertEquals(clock.sleeps.map(Math.round), [30_000]);
  // Off by an hour: the server's own `date` is what the date is relative to.
  clock.advance(3_600_000);
  const date = encodeURIComponent(new Date(Date.now() + 20_000).toUTCString());
  await t.get(api, `/fail-then/1?key=${t.key}-date&retry-after=${date}`);
  const waited = Math.round(clock.sleeps[1] ?? 0);
  assert(waited >= 18_000 && waited <= 21_000, `waited ${waited} ms`);
});

bothStyles("a Retry-After beyond maxRetryAfter ends the call at once", async (t) => {
  const { api, clock } = setUp();
  const params = { key: t.key, "retry-after": 3_600, status: 429 };
  const error = await t.fails(() => t.get(api, "/fail-then/9", { params }), HTTPStatusError);
  assertEquals([error.status, error.retryAfter, clock.sleeps.length], [429, 3_600_000, 0]);
  assertEquals((await server.requests(t.key)).length, 1);
});

bothStyles("a storm of 429 passes when every call waits its turn", async (t) => {
  const { api } = setUp(5);
  const path = `/fail-then/12?key=${t.key}&status=429&retry-after=1`;
  const calls = Array.from({ length: 6 }, () => path);
  const responses = await t.either(
    () => Promise.all(calls.map((url) => api.get(url))),
    () => [...api.allSync(calls.map((url) => api.flow.get(url)))],
  );
  assertEquals(responses.map(({ status }) => status), new Array(6).fill(200));
  assertEquals((await server.requests(t.key)).length, 18);
});

bothStyles("a storm of 429 that does not end is a RetryError", async (t) => {
  const { api } = setUp(2);
  const params = { key: t.key, status: 429, "retry-after": 0 };
  const error = await t.fails(() => t.get(api, "/fail-then/99", { params }), RetryError);
  assertEquals([error.attempts, error.response?.status], [3, 429]);
  assertEquals((error.cause as HTTPStatusError).retryAfter, 0);
});
