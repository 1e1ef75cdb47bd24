import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  type AxResponse,
  CancelError,
  CancelToken,
  type Client,
  type ClientConfig,
  create,
  DecodeError,
  HTTPStatusError,
  NetworkError,
  TimeoutError,
} from "../../mod.ts";
import { MockTransport, VirtualClock } from "../../src/testing/mod.ts";
import { cache, type CacheOptions, memoryStore } from "../../src/plugins/cache.ts";
import { bothStyles, type StyleKit } from "../support/styles.ts";

const ORIGIN = "https://api.example.com";
const FRESH = { "cache-control": "max-age=60" };
const RELOAD = { context: { cache: { mode: "reload" } } } as const;

interface Setup {
  readonly api: Client;
  readonly transport: MockTransport;
  readonly clock: VirtualClock;
}

function setup(options: CacheOptions = {}, config: ClientConfig = {}): Setup {
  const transport = new MockTransport();
  const clock = new VirtualClock({ now: Date.UTC(2026, 0, 1) });
  const api = create({ baseURL: ORIGIN, transport, clock, ...config }).plugin(cache(options));
  return { api, transport, clock };
}

/** A reply that counts, so that an answer tells which one it is. */
function counted(transport: MockTransport, path: string, headers: Record<string, string> = FRESH) {
  let count = 0;
  return transport.on("GET", `${ORIGIN}${path}`).reply(() => ({
    body: { count: ++count },
    headers,
  }));
}

// What the caller sees.

bothStyles("cache() says how a response was answered", async (t) => {
  const { api, transport, clock } = setup();
  const headers = { "cache-control": "max-age=10, stale-if-error=60", etag: '"a"' };
  const route = transport.on("GET", `${ORIGIN}/a`).reply(200, { ok: true }, headers);
  const from = async () => (await t.get(api, "/a")).fromCache;
  assertEquals(await from(), undefined);
  assertEquals(await from(), "hit");
  clock.advance(10_000);
  route.replyOnce(304, null, headers);
  assertEquals(await from(), "revalidated");
  clock.advance(10_000);
  route.failOnce();
  assertEquals(await from(), "stale");
});

bothStyles("cache() gives the same response as the origin", async (t) => {
  const { api, transport } = setup();
  const headers = { ...FRESH, "content-type": "application/json; charset=utf-8", "x-a": "1" };
  transport.on("GET", `${ORIGIN}/a`).reply(203, '{"name":"日本"}', headers);
  const fresh = await t.get(api, "/a");
  const hit = await t.get(api, "/a");
  assertEquals(hit.fromCache, "hit");
  const seen = ({ status, data, url, ok }: AxResponse) => ({ status, data, url, ok });
  assertEquals(seen(hit), seen(fresh));
  assertEquals(hit.text(), fresh.text());
  assertEquals(hit.bytes(), fresh.bytes());
  assertEquals(hit.headers.get("x-a"), "1");
  assertEquals(hit.headers.get("content-type"), fresh.headers.get("content-type"));
  assertEquals(hit.request.url, `${ORIGIN}/a`);
});

bothStyles("cache() serves one response to calls that read it differently", async (t) => {
  const { api, transport } = setup();
  transport.on("GET", `${ORIGIN}/a`).reply(200, '{"a":1}', {
    ...FRESH,
    "content-type": "application/json",
  });
  assertEquals((await t.get(api, "/a")).data, { a: 1 });
  assertEquals((await t.get(api, "/a", { responseType: "text" })).data, '{"a":1}');
  const bytes = await t.get<Uint8Array>(api, "/a", { responseType: "bytes" });
  assertEquals(bytes.data.byteLength, 7);
  const transformed = await t.get(api, "/a", {
    transformResponse: [(data) => (data as { a: number }).a + 1],
  });
  assertEquals([transformed.data, transformed.fromCache], [2, "hit"]);
  assertEquals(transport.requests.length, 1);
});

bothStyles("cache() keeps what callers change out of the store", async (t) => {
  const { api, transport } = setup();
  transport.on("GET", `${ORIGIN}/a`).reply(200, { list: [1] }, FRESH);
  for (let round = 0; round < 3; round++) {
    const response = await t.get<{ list: number[] }>(api, "/a");
    assertEquals(response.data, { list: [1] });
    response.data.list.push(2);
    response.bytes().fill(0);
    response.headers.set("x-mine", "1");
  }
  assertEquals((await t.get(api, "/a")).headers.get("x-mine"), null);
});

bothStyles("cache() answers a refused status from the cache, as the error it is", async (t) => {
  const { api, transport } = setup();
  transport.on("GET", `${ORIGIN}/gone`).reply(410, "<p>gone</p>", {
    ...FRESH,
    "content-type": "application/json",
  });
  const first = await t.fails(() => t.get(api, "/gone"), HTTPStatusError);
  const second = await t.fails(() => t.get(api, "/gone"), HTTPStatusError);
  assertEquals([first.response?.fromCache, second.response?.fromCache], [undefined, "hit"]);
  assertEquals([second.status, second.response?.data], [410, "<p>gone</p>"]);
  assertEquals(second.message, first.message);
  assertEquals(transport.requests.length, 1);
});

bothStyles(
  "cache() is one for both styles, for children and for all clients it is given to",
  async (t) => {
    const { api, transport, clock } = setup();
    counted(transport, "/a");
    await api.get("/a");
    assertEquals(api.getSync("/a").fromCache, "hit");
    assertEquals((await t.get(api.extend({ headers: { "x-a": "1" } }), "/a")).fromCache, "hit");
    const store = memoryStore();
    const [one, other] = [1, 2].map(() =>
      create({ baseURL: ORIGIN, transport, clock }).plugin(cache({ store }))
    ) as [Client, Client];
    assertEquals((await t.get(one, "/a")).data, { count: 2 });
    assertEquals((await t.get(other, "/a")).data, { count: 2 });
  },
);

bothStyles("cache() keeps several at once apart", async (t) => {
  const { api, transport } = setup();
  for (const path of ["/a", "/b"]) counted(transport, path);
  const both = () =>
    t.either(
      () => Promise.all([api.get("/a"), api.get("/b")]),
      () => api.allSync([api.flow.get("/a"), api.flow.get("/b")]),
    );
  assertEquals((await both()).map(({ fromCache }) => fromCache), [undefined, undefined]);
  assertEquals((await both()).map(({ fromCache }) => fromCache), ["hit", "hit"]);
  assertEquals(transport.requests.length, 2);
});

bothStyles("cache() asks credentials of request interceptors before it looks", async (t) => {
  const { api, transport } = setup();
  counted(transport, "/me");
  let user = "a";
  api.interceptors.request.use((request) => request.headers.set("authorization", user));
  assertEquals((await t.get(api, "/me")).data, { count: 1 });
  user = "b";
  assertEquals((await t.get(api, "/me")).data, { count: 2 });
  user = "a";
  assertEquals((await t.get(api, "/me")).data, { count: 1 });
});

bothStyles("cache() takes the names of redact for credentials", async (t) => {
  const { api, transport } = setup({}, { redact: ["x-tenant"] });
  counted(transport, "/a");
  for (const tenant of ["1", "2", "1"]) {
    await t.get(api, "/a", { headers: { "x-tenant": tenant, "x-other": tenant } });
  }
  assertEquals(transport.requests.length, 2);
});

bothStyles("cache() caches each hop of a redirect by itself", async (t) => {
  const { api, transport, clock } = setup();
  transport.on("GET", `${ORIGIN}/old`).reply(301, "moved", { ...FRESH, location: "/new" });
  transport.on("GET", `${ORIGIN}/new`).reply(200, "here", { "cache-control": "max-age=10" });
  const first = await t.get(api, "/old");
  assertEquals([first.data, first.fromCache, first.redirected], ["here", undefined, true]);
  const second = await t.get(api, "/old");
  assertEquals([second.data, second.fromCache, second.redirected], ["here", "hit", true]);
  assertEquals(second.url, `${ORIGIN}/new`);
  clock.advance(10_000);
  assertEquals((await t.get(api, "/old")).fromCache, undefined);
  assertEquals(
    transport.requests.map(({ url }) => url),
    ["/old", "/new", "/new"].map((path) => ORIGIN + path),
  );
});

bothStyles("cache() stores a redirect that is not followed with its body", async (t) => {
  const { api, transport } = setup({}, { followRedirects: false });
  transport.on("GET", `${ORIGIN}/old`).reply(301, "moved", { ...FRESH, location: "/new" });
  await t.get(api, "/old");
  const hit = await t.get(api, "/old");
  assertEquals([hit.status, hit.text(), hit.fromCache], [301, "moved", "hit"]);
});

bothStyles("cache() answers streams, and does not store them", async (t) => {
  const { api, transport } = setup();
  counted(transport, "/a");
  const read = async () => {
    const stream = await t.stream(api, "/a");
    const text = await Array.fromAsync(stream.iterText() as AsyncIterable<string>);
    return [text.join(""), stream.headers.get("age")];
  };
  assertEquals(await read(), ['{"count":1}', null]);
  assertEquals(await read(), ['{"count":2}', null]);
  assertEquals((await t.get(api, "/a")).data, { count: 3 });
  assertEquals(await read(), ['{"count":3}', "0"]);
});

bothStyles("cache() leaves alone what has a body or another method", async (t) => {
  const { api, transport } = setup();
  transport.on("*", `${ORIGIN}/a`).reply(200, "x", FRESH);
  for (const method of ["POST", "OPTIONS", "QUERY"]) {
    for (let round = 0; round < 2; round++) await t.request(api, { method, url: "/a" });
  }
  assertEquals(transport.requests.length, 6);
});

// What must not be stored.

bothStyles("cache() does not store a body that was cut", async (t) => {
  const { api, transport } = setup();
  const route = transport.on("GET", `${ORIGIN}/a`).reply(200, "whole", FRESH);
  route.replyStreamOnce(200, function* () {
    yield "who";
    throw new NetworkError("The connection was reset");
  }, FRESH);
  await t.fails(() => t.get(api, "/a"), NetworkError);
  const whole = await t.get(api, "/a");
  assertEquals([whole.data, whole.fromCache], ["whole", undefined]);
});

bothStyles("cache() does not store a body that was cut behind a refused status", async (t) => {
  const { api, transport } = setup();
  const route = transport.on("GET", `${ORIGIN}/a`).reply(404, "whole", FRESH);
  route.replyStreamOnce(404, function* () {
    yield "who";
    throw new NetworkError("The connection was reset");
  }, FRESH);
  await t.fails(() => t.get(api, "/a"), HTTPStatusError);
  const error = await t.fails(() => t.get(api, "/a"), HTTPStatusError);
  assertEquals([error.response?.text(), error.response?.fromCache], ["whole", undefined]);
});

bothStyles("cache() does not store what was cancelled on the way", async (t) => {
  const { api, transport } = setup();
  const token = new CancelToken();
  const route = transport.on("GET", `${ORIGIN}/a`).reply(200, "whole", FRESH);
  route.replyStreamOnce(200, function* () {
    yield "wh";
    token.cancel("enough");
    yield "ole";
  }, FRESH);
  await t.fails(() => t.get(api, "/a", { cancelToken: token }), CancelError);
  assertEquals((await t.get(api, "/a")).fromCache, undefined);
});

bothStyles("cache() does not store what was asked for before a change", async (t) => {
  const { api, transport } = setup();
  counted(transport, "/a");
  transport.on("PUT", `${ORIGIN}/a`).reply(204);
  // The change comes while the body of the GET is on its way.
  api.use(function* (request, next) {
    const response = yield* next(request);
    if (request.method === "GET" && request.context["slow"]) yield* api.flow.put("/a");
    return response;
  }, { per: "hop" });
  await t.get(api, "/a", { context: { slow: true } });
  assertEquals((await t.get(api, "/a")).data, { count: 2 });
});

bothStyles("cache() does not store again what was asked about before a change", async (t) => {
  const { api, transport, clock } = setup();
  const headers = { "cache-control": "max-age=10", etag: '"a"' };
  const route = counted(transport, "/a", headers);
  transport.on("PUT", `${ORIGIN}/a`).reply(204);
  api.use(function* (request, next) {
    const response = yield* next(request);
    if (request.context["slow"]) yield* api.flow.put("/a");
    return response;
  }, { per: "hop" });
  await t.get(api, "/a");
  clock.advance(10_000);
  route.replyOnce(304, null, headers);
  const response = await t.get(api, "/a", { context: { slow: true } });
  assertEquals([response.data, response.fromCache], [{ count: 1 }, "revalidated"]);
  assertEquals((await t.get(api, "/a")).data, { count: 2 });
});

bothStyles("cache() stores JSON that cannot be decoded for nobody", async (t) => {
  const { api, transport } = setup();
  const route = transport.on("GET", `${ORIGIN}/a`).reply(200, { ok: true }, FRESH);
  route.replyOnce(200, "{", { ...FRESH, "content-type": "application/json" });
  await t.fails(() => t.get(api, "/a"), Error);
  assertEquals((await t.get(api, "/a")).data, { ok: true });
});

// Stale responses.

bothStyles("cache() serves a stale response in place of a timeout", async (t) => {
  const { api, transport, clock } = setup();
  const headers = { "cache-control": "max-age=10, stale-if-error=60" };
  const route = transport.on("GET", `${ORIGIN}/a`).reply(200, "old", headers);
  await t.get(api, "/a");
  clock.advance(11_000);
  route.timeoutOnce();
  const stale = await t.get(api, "/a");
  assertEquals([stale.data, stale.fromCache], ["old", "stale"]);
  clock.advance(60_000);
  route.timeoutOnce();
  await t.fails(() => t.get(api, "/a"), TimeoutError);
});

bothStyles(
  "cache() serves a stale response in place of an error at once, without retries",
  async (t) => {
    const { api, transport, clock } = setup({}, { maxRetries: 3 });
    const headers = { "cache-control": "max-age=10, stale-if-error=60" };
    const route = transport.on("GET", `${ORIGIN}/a`).reply(200, "old", headers);
    await t.get(api, "/a");
    clock.advance(11_000);
    route.replyOnce(503);
    const stale = await t.get(api, "/a");
    assertEquals([stale.status, stale.fromCache, stale.attempts], [200, "stale", 1]);
  },
);

bothStyles("cache() serves no stale response in place of one that cannot be decoded", async (t) => {
  const { api, transport, clock } = setup();
  const headers = { "cache-control": "max-age=10, stale-if-error=60" };
  const route = transport.on("GET", `${ORIGIN}/a`).reply(200, { ok: true }, headers);
  await t.get(api, "/a");
  clock.advance(11_000);
  route.replyOnce(200, "{", { "content-type": "application/json" });
  await t.fails(() => t.get(api, "/a"), DecodeError);
});

bothStyles("cache() refreshes behind a stale response (RFC 5861, 3)", async (t) => {
  const { api, transport, clock } = setup();
  const headers = { "cache-control": "max-age=10, stale-while-revalidate=60", etag: '"a"' };
  counted(transport, "/a", headers);
  await t.get(api, "/a");
  clock.advance(11_000);
  const stale = await t.get(api, "/a");
  assertEquals([stale.data, stale.fromCache], [{ count: 1 }, "stale"]);
  await refreshed(transport, 2);
  assertEquals(transport.requests[1]?.headers.get("if-none-match"), '"a"');
  const next = await t.get(api, "/a");
  assertEquals([next.data, next.fromCache], [{ count: 2 }, "hit"]);
});

bothStyles("cache() refreshes behind a stale response of a refused status too", async (t) => {
  const { api, transport, clock } = setup();
  const headers = { "cache-control": "max-age=10, stale-while-revalidate=60" };
  const route = transport.on("GET", `${ORIGIN}/a`).reply(200, "back", headers);
  route.replyOnce(404, null, headers);
  await t.fails(() => t.get(api, "/a"), HTTPStatusError);
  clock.advance(11_000);
  const error = await t.fails(() => t.get(api, "/a"), HTTPStatusError);
  assertEquals(error.response?.fromCache, "stale");
  await refreshed(transport, 2);
  assertEquals((await t.get(api, "/a")).data, "back");
});

bothStyles("cache() refreshes once at a time, and forgets a refresh that fails", async (t) => {
  const { api, transport, clock } = setup();
  const headers = { "cache-control": "max-age=10, stale-while-revalidate=600" };
  const route = counted(transport, "/a", headers);
  await t.get(api, "/a");
  clock.advance(11_000);
  route.failOnce();
  await t.either(
    () => Promise.all([api.get("/a"), api.get("/a")]),
    () => api.allSync([api.flow.get("/a"), api.flow.get("/a")]),
  );
  await refreshed(transport, 2);
  assertEquals(transport.requests.length, 2);
  assertEquals((await t.get(api, "/a")).fromCache, "stale");
  await refreshed(transport, 3);
  assertEquals((await t.get(api, "/a")).data, { count: 2 });
});

bothStyles("cache() asks first when a stale response is too old to refresh behind", async (t) => {
  const { api, transport, clock } = setup();
  const headers = { "cache-control": "max-age=10, stale-while-revalidate=60", etag: '"a"' };
  const route = counted(transport, "/a", headers);
  await t.get(api, "/a");
  clock.advance(70_000);
  route.replyOnce(304, null, headers);
  assertEquals((await t.get(api, "/a")).fromCache, "revalidated");
});

/** The thread is free from here on: what runs in the background comes to its end. */
async function refreshed(transport: MockTransport, requests: number): Promise<void> {
  for (let turn = 0; turn < 1000 && transport.requests.length < requests; turn++) {
    await new Promise((resolve) => setTimeout(resolve));
  }
  assertEquals(transport.requests.length, requests);
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setTimeout(resolve));
}

// A plain time to live.

bothStyles("cache({ ttl }) keeps a response for a time, whatever the server says", async (t) => {
  const { api, transport, clock } = setup({ ttl: 60_000 });
  counted(transport, "/a", { "cache-control": "no-store", "set-cookie": "a=1" });
  const count = async () => (await t.get<{ count: number }>(api, "/a")).data.count;
  assertEquals(await count(), 1);
  clock.advance(59_999);
  assertEquals(await count(), 1);
  clock.advance(1);
  assertEquals(await count(), 2);
  assertEquals((await t.get(api, "/a")).fromCache, "hit");
});

bothStyles("cache({ ttl }) keeps responses of success alone", async (t) => {
  const { api, transport } = setup({ ttl: 60_000 }, { validateStatus: false });
  for (const status of [301, 404, 500, 206]) {
    transport.on("GET", `${ORIGIN}/${status}`).reply(status, "x");
    await t.get(api, `/${status}`);
    assertEquals((await t.get(api, `/${status}`)).fromCache, undefined);
  }
});

bothStyles("cache({ ttl, maxSize }) drops what was used longest ago", async (t) => {
  const { api, transport } = setup({ ttl: 60_000, maxSize: 2 });
  for (const path of ["/a", "/b", "/c"]) counted(transport, path);
  for (const path of ["/a", "/b", "/a", "/c"]) await t.get(api, path);
  assertEquals((await t.get(api, "/a")).fromCache, "hit");
  assertEquals((await t.get(api, "/b")).fromCache, undefined);
});

bothStyles(
  "cache({ ttl }) tells URLs, vary and credentials apart, and unsafe methods drop it",
  async (t) => {
    const { api, transport } = setup({ ttl: 60_000 });
    counted(transport, "/a", { vary: "accept-language" });
    transport.on("DELETE", `${ORIGIN}/a`).reply(204);
    const data = async (headers: Record<string, string>, page = 1) =>
      (await t.get<{ count: number }>(api, "/a", { headers, params: { page } })).data.count;
    assertEquals(await data({}), 1);
    assertEquals(await data({}, 2), 2);
    assertEquals(await data({ "accept-language": "de" }), 3);
    assertEquals(await data({ authorization: "a" }), 4);
    assertEquals([await data({}), await data({ authorization: "a" })], [1, 4]);
    await t.delete(api, "/a", { params: { page: 1 } });
    assertEquals([await data({}), await data({}, 2)], [5, 2]);
  },
);

bothStyles("cache({ ttl }) takes the time and the mode of a call", async (t) => {
  const { api, transport, clock } = setup({ ttl: 60_000 });
  counted(transport, "/a");
  await t.get(api, "/a");
  clock.advance(1000);
  assertEquals(
    (await t.get(api, "/a", { context: { cache: { ttl: 1000 } } })).fromCache,
    undefined,
  );
  assertEquals((await t.get(api, "/a")).data, { count: 2 });
  assertEquals((await t.get(api, "/a", RELOAD)).data, { count: 3 });
  assertEquals((await t.get(api, "/a", { context: { cache: false } })).data, { count: 4 });
  assertEquals((await t.get(api, "/a")).data, { count: 3 });
});

// Bad input.

Deno.test("cache() refuses options that mean nothing", () => {
  const wrong: [unknown, typeof Error, string][] = [
    [{ ttl: 0 }, RangeError, '"ttl"'],
    [{ ttl: NaN }, RangeError, '"ttl"'],
    [{ maxSize: -1 }, RangeError, '"maxSize"'],
    [{ storeTimeout: 0 }, RangeError, '"storeTimeout"'],
    [{ store: new Map(), maxSize: 1 }, TypeError, '"maxSize" with "store"'],
    [{ store: {} }, TypeError, 'no method "get"'],
    [{ ttl: 1, shared: true }, TypeError, '"shared" with "ttl"'],
    [{ onError: "log" }, TypeError, '"onError"'],
    [{ tll: 5 }, TypeError, 'Unknown option "tll" of cache()'],
  ];
  for (const [options, ErrorClass, text] of wrong) {
    let error: unknown;
    try {
      cache(options as CacheOptions);
    } catch (thrown) {
      error = thrown;
    }
    assert(error instanceof ErrorClass, Deno.inspect(options));
    assertStringIncludes(error.message, text);
  }
});

bothStyles("cache() refuses options of a call that mean nothing", async (t: StyleKit) => {
  const { api } = setup();
  for (const wrong of ["no", { mode: "fast" }, { ttl: 5 }, { mod: "reload" }]) {
    const error = await t.fails(
      () => t.get(api, "/a", { context: { cache: wrong } }),
      TypeError,
    );
    assertStringIncludes(error.message, '"context.cache"'.replaceAll('"', ""));
  }
});
