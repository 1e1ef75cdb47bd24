import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import {
  CancelError,
  CancelToken,
  type Client,
  type ClientConfig,
  concurrent,
  create,
  NetworkError,
  type Operation,
  TimeoutError,
} from "../../mod.ts";
import { rateLimit } from "../../src/plugins/rate_limit.ts";
import { MockTransport } from "../../src/testing/mod.ts";
import { allSettled, atOnce } from "../support/at_once.ts";
import { eventually, sharedServer } from "../support/server.ts";
import { bothStyles } from "../support/styles.ts";

const server = sharedServer();

interface Watched {
  readonly api: Client;
  /** The paths of requests, in the order in which they began. */
  readonly begun: string[];
  /** The most that were under way at once. */
  most(): number;
}

/** A client with places that counts what is on the wire. */
function watched(concurrency: number, config: ClientConfig = {}): Watched {
  const begun: string[] = [];
  let inside = 0;
  let most = 0;
  const api = create(config).plugin(rateLimit({ concurrency }));
  api.use(function* (request, next) {
    begun.push(new URL(request.url).pathname);
    most = Math.max(most, ++inside);
    try {
      return yield* next(request);
    } finally {
      inside--;
    }
  }, { per: "hop" });
  return { api, begun, most: () => most };
}

/** Does something once the server has answered somebody else: others have long begun to wait. */
function* afterAnswer(act: () => void): Generator<Operation, void, unknown> {
  yield* create().flow.get(`${server.url}/json`);
  act();
}

bothStyles("rateLimit() has no more than concurrency requests under way", async (t) => {
  const { api, begun, most } = watched(2);
  const urls = [30, 5, 6, 7, 8].map((ms) => `${server.url}/delay/${ms}`);
  await atOnce(t, api, urls.map((url) => () => api.flow.get(url)));
  assertEquals(most(), 2);
  assertEquals(begun, urls.map((url) => new URL(url).pathname));
});

bothStyles("rateLimit() holds a place until the body is read", async (t) => {
  const { api } = watched(1);
  const key = t.key;
  const ends: string[] = [];
  api.use(function* (request, next) {
    const response = yield* next(request);
    ends.push(`${new URL(response.url).pathname} ${response.text().length}`);
    return response;
  }, { per: "attempt" });
  await atOnce(t, api, [
    () => api.flow.get(`${server.url}/drip?chunks=4&gap=10&size=5&key=${key}`),
    () => api.flow.get(`${server.url}/json?key=${key}`),
  ]);
  assertEquals(ends.map((end) => end.split(" ")[0]), ["/drip", "/json"]);
});

bothStyles("rateLimit() gives a place back when a request fails", async (t) => {
  const { api } = watched(1);
  const dead = "http://127.0.0.1:1/";
  const outcomes = await allSettled(t, api, [
    () => api.flow.get(dead),
    () => api.flow.get(`${server.url}/status/500`),
    () => api.flow.get(`${server.url}/json`),
  ]);
  assertEquals(outcomes.map(({ status }) => status), ["rejected", "rejected", "fulfilled"]);
  assertInstanceOf((outcomes[0] as PromiseRejectedResult).reason, NetworkError);
});

bothStyles("rateLimit() ends a request with its call, also where others wait", async (t) => {
  const { api } = watched(1);
  const { key } = t;
  const cancelToken = new CancelToken();
  const outcomes = await allSettled<unknown>(t, api, [
    () => api.flow.get(`${server.url}/never?key=${key}`, { cancelToken }),
    () => api.flow.get(`${server.url}/json`),
    () => afterAnswer(() => cancelToken.cancel()),
  ]);
  assertEquals(outcomes.map(({ status }) => status), ["rejected", "fulfilled", "fulfilled"]);
  assertInstanceOf((outcomes[0] as PromiseRejectedResult).reason, CancelError);
  await eventually(() => server.aborted(key), (count) => count === 1);
});

bothStyles("rateLimit() lets a call that waits for a place be cancelled", async (t) => {
  const { api, begun } = watched(1);
  const [holding, waiting] = [new CancelToken(), new CancelToken()];
  const outcomes = await allSettled<unknown>(t, api, [
    () => api.flow.get(`${server.url}/never`, { cancelToken: holding }),
    () => api.flow.get(`${server.url}/json`, { cancelToken: waiting }),
    () => api.flow.get(`${server.url}/text`),
    () => afterAnswer(() => waiting.cancel()),
    function* () {
      yield* afterAnswer(() => {});
      yield* afterAnswer(() => holding.cancel());
    },
  ]);
  assertEquals(outcomes.map(({ status }) => status), [
    ...["rejected", "rejected", "fulfilled", "fulfilled", "fulfilled"],
  ]);
  assertEquals(begun, ["/never", "/text"]);
});

bothStyles("rateLimit() bounds the wait for a place by totalTimeout", async (t) => {
  const { api, begun } = watched(1);
  const holding = new CancelToken();
  const outcomes = await allSettled<unknown>(t, api, [
    () => api.flow.get(`${server.url}/never`, { cancelToken: holding }),
    function* () {
      try {
        return yield* api.flow.get(`${server.url}/json`, { totalTimeout: 15 });
      } finally {
        holding.cancel();
      }
    },
  ]);
  const [, waited] = outcomes as PromiseRejectedResult[];
  assertInstanceOf(waited?.reason, TimeoutError);
  assertEquals(begun, ["/never"]);
});

bothStyles("rateLimit() lets a call made inside an attempt pass", async (t) => {
  const { api, begun } = watched(1);
  api.use(function* (request, next) {
    const response = yield* next(request);
    if (new URL(response.url).pathname === "/json") yield* api.flow.get(`${server.url}/text`);
    return response;
  }, { per: "attempt" });
  await t.get(api, `${server.url}/json`);
  assertEquals(begun, ["/json", "/text"]);
});

bothStyles("rateLimit() counts the flows of a call as calls", async (t) => {
  const { api, most } = watched(2);
  const flows = [1, 2, 3, 4].map((ms) => () => api.flow.get(`${server.url}/delay/${ms}`));
  await t.run(concurrent(flows));
  assertEquals(most(), 2);
});

Deno.test("rateLimit() never has a sync call wait for an async one of its thread", async () => {
  let release = (): void => {};
  const held = new Promise<void>((resolve) => release = resolve);
  const transport = new MockTransport();
  transport.on("GET", "https://example.com/held").reply(async () => {
    await held;
    return { status: 200 };
  });
  transport.on("GET", "https://example.com/sync").reply(200);
  const { api, begun, most } = watched(1, { transport });
  const first = api.get("https://example.com/held");
  const second = api.get("https://example.com/held");
  await eventually(() => begun.length, (count) => count === 1);
  assertEquals(api.getSync("https://example.com/sync").status, 200);
  assertEquals(begun, ["/held", "/sync"]);
  assertEquals(most(), 2);
  release();
  await Promise.all([first, second]);
  assertEquals(begun, ["/held", "/sync", "/held"]);
});

Deno.test("rateLimit() lets one sync flow after another pass where async ones have the places", async () => {
  let release = (): void => {};
  const held = new Promise<void>((resolve) => release = resolve);
  const transport = new MockTransport();
  transport.on("GET", "https://example.com/held").reply(async () => {
    await held;
    return { status: 200 };
  });
  transport.on("GET", "https://example.com/sync").reply(200);
  const { api, most } = watched(1, { transport });
  const first = api.get("https://example.com/held");
  await eventually(() => most(), (count) => count === 1);
  const sync = () => api.flow.get("https://example.com/sync");
  assertEquals(api.allSync([sync, sync, sync]).length, 3);
  assert(most() <= 2);
  release();
  await first;
});
