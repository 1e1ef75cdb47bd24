/** Single sentences of the contract that have no better place. */
import { assert, assertEquals, assertStrictEquals, assertStringIncludes } from "@std/assert";
import {
  AxError,
  create,
  HTTPStatusError,
  RetryError,
  share,
  sleep,
  syncSupport,
  SyncUnavailableError,
  TimeoutError,
} from "../../mod.ts";
import { MockTransport, VirtualClock } from "../../src/testing/mod.ts";
import { bothStyles } from "../support/styles.ts";

const URL_A = "https://example.com/a";

function mocked(status = 200, body?: unknown) {
  const transport = new MockTransport();
  transport.on("*", "*").reply(status, body);
  return transport;
}

bothStyles("use() and plugin() are chainable", async (t) => {
  const transport = mocked();
  const api = create({ transport })
    .use((request, next) => {
      request.headers.set("x-a", "1");
      return next(request);
    })
    .plugin({ name: "b", attach: (client) => void client.interceptors.request.use(() => {}) })
    .use((_request, next) => next(), { per: "hop" });
  await t.get(api, URL_A);
  assertEquals(transport.requests[0]?.headers.get("x-a"), "1");
});

Deno.test("syncSupport() says whether and by what, for this thread and client", () => {
  assertEquals(syncSupport(), { supported: true, via: "worker" });
  assertEquals(create().syncSupport(), { supported: true, via: "worker" });
  assertEquals(create({ transport: mocked() }).syncSupport(), {
    supported: true,
    via: "transport",
  });
  const transport = { send: () => Promise.reject(new Error("no")) };
  const { supported, via, reason = "" } = create({ transport }).syncSupport();
  assertEquals([supported, via], [false, undefined]);
  assertStringIncludes(reason, '"sendSync"');
  try {
    create({ transport }).getSync(URL_A);
  } catch (error) {
    assert(error instanceof SyncUnavailableError);
    assertStringIncludes(error.message, '"sendSync"');
    return;
  }
  throw new Error("it did not fail");
});

bothStyles("Infinity and false are no limit, and read as false", async (t) => {
  const api = create({ transport: mocked(200, "x") });
  for (const limit of [Infinity, false] as const) {
    const limits = {
      timeout: limit,
      totalTimeout: limit,
      maxResponseSize: limit,
      maxRequestSize: limit,
    };
    const child = api.extend(limits);
    const seen: unknown[] = [];
    child.interceptors.request.use(({ timeout, totalTimeout, maxResponseSize, maxRequestSize }) => {
      seen.push(timeout, totalTimeout, maxResponseSize, maxRequestSize);
    });
    await t.post(child, URL_A, { data: "x" });
    await t.post(child, URL_A, { data: "x", ...limits });
    assertEquals(seen, Array(8).fill(false));
  }
});

bothStyles("attempts that an error already has are left alone", async (t) => {
  const api = create({ transport: mocked(), maxRetries: 2 });
  const inner = new AxError("from a call of its own", { attempts: 7 });
  api.interceptors.request.use(() => {
    throw inner;
  });
  assertStrictEquals(await t.fails(t.get(api, URL_A), AxError), inner);
  assertEquals(inner.attempts, 7);
});

bothStyles("handlers' second argument can be sent again, its attempt counts anew", async (t) => {
  const transport = new MockTransport();
  transport.on("GET", URL_A).replyOnce(503).replyOnce(503).reply(200, "again");
  const api = create({ transport, maxRetries: 1, clock: new VirtualClock() });
  api.interceptors.response.use(null, function* (error, { request }) {
    assert(error instanceof RetryError);
    assertEquals(request.attempt, 2);
    const response = yield* api.flow.request(request);
    assertEquals(response.attempts, 1);
    return response;
  });
  assertEquals((await t.get(api, URL_A)).data, "again");
});

bothStyles(
  "an error that is not retried tells its attempts, the class and code of both styles",
  async (t) => {
    const transport = new MockTransport();
    transport.on("GET", URL_A).replyOnce(503).reply(404);
    const api = create({ transport, maxRetries: 3, clock: new VirtualClock() });
    const error = await t.fails(t.get(api, URL_A), HTTPStatusError);
    assertEquals([error.attempts, error.status, error.code], [2, 404, "AX_STATUS"]);
  },
);

bothStyles("a wait that would outlive totalTimeout is told with the last error", async (t) => {
  const transport = mocked(503);
  const api = create({ transport, maxRetries: 3, clock: new VirtualClock(), totalTimeout: 100 });
  const error = await t.fails(
    t.get(api, URL_A, { retryStrategy: { getDelay: () => 200 } }),
    TimeoutError,
  );
  assertEquals([error.phase, (error.cause as HTTPStatusError).status], ["total", 503]);
  // It comes long before 100 ms have gone by.
  assertEquals(
    error.message,
    '"GET https://example.com/a" timed out: no result within 100 ms ("totalTimeout"), ' +
      "the next attempt would begin in 200 ms",
  );
  const later = await t.fails(
    t.get(api, URL_A, { retryStrategy: { getDelay: (retry) => retry === 1 ? 60 : 59.5 } }),
    TimeoutError,
  );
  assertStringIncludes(
    later.message,
    '("totalTimeout") and 2 attempts, the next attempt would begin in 60 ms',
  );
});

Deno.test("a sync call never waits for a shared flow of an async one: it runs its own", async () => {
  const key = {};
  let runs = 0;
  function* slow() {
    runs++;
    yield* sleep(20);
    return runs;
  }
  const api = create({ transport: mocked() });
  api.use(function* (request, next) {
    yield* share(key, slow());
    return yield* next(request);
  });
  const pending = [api.get(URL_A), api.get(URL_A)];
  assertEquals(api.getSync(URL_A).status, 200);
  assertEquals(runs, 2);
  await Promise.all(pending);
  api.allSync([api.flow.get(URL_A), api.flow.get(URL_A)]);
  assertEquals(runs, 3);
});

bothStyles("allSync keeps the order, its first error ends the rest, settled tells each", (_t) => {
  const transport = new MockTransport();
  transport.on("GET", "/ok/:n").reply((request) => ({ status: 200, body: request.url.at(-1) }));
  transport.on("GET", "/bad").reply(500);
  const api = create({ baseURL: "https://example.com", transport });
  const flows = () => [1, 2, 3].map((n) => api.flow.get(`/ok/${n}`));
  assertEquals(api.allSync(flows(), { concurrency: 2 }).map(({ data }) => data), ["1", "2", "3"]);
  const settled = api.allSync([() => api.flow.get("/bad"), ...flows()], { settled: true });
  assertEquals(settled.map(({ status }) => status), [
    ...["rejected", "fulfilled", "fulfilled", "fulfilled"],
  ]);
});

bothStyles("printing a response, its request, a config and an error shows no secret", async (t) => {
  const transport = mocked(404, { ok: false });
  const api = create({
    transport,
    baseURL: "https://me:s3cret@example.com",
    headers: { authorization: "Bearer s3cret", "x-own": "s3cret" },
    params: { key: "s3cret" },
    redact: ["x-own", "key"],
  });
  const shown: unknown[] = [];
  api.interceptors.request.use((request) => void shown.push(request));
  api.use((request, next) => {
    shown.push(request);
    return next();
  }, { per: "hop" });
  const error = await t.fails(t.get(api, "/a"), HTTPStatusError);
  const logged = [error, error.response, error.response?.request];
  for (const value of [...shown, ...logged, api, api.defaults]) {
    assertEquals(Deno.inspect(value).includes("s3cret"), false, Deno.inspect(value));
  }
  assertEquals(JSON.stringify(logged).includes("s3cret"), false);
});
