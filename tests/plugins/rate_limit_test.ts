import { assert, assertEquals, assertInstanceOf, assertThrows } from "@std/assert";
import {
  CancelError,
  CancelToken,
  type Client,
  create,
  HTTPStatusError,
  now,
  type Operation,
  sleep,
  TimeoutError,
} from "../../mod.ts";
import { rateLimit, type RateLimitOptions } from "../../src/plugins/rate_limit.ts";
import { MockTransport, VirtualClock } from "../../src/testing/mod.ts";
import { after, allSettled, atOnce } from "../support/at_once.ts";
import { bothStyles } from "../support/styles.ts";

const URL_A = "https://a.example.com/";
const URL_B = "https://b.example.com/";

interface Bench {
  readonly api: Client;
  readonly clock: VirtualClock;
  readonly transport: MockTransport;
  /** When each request was sent, and where to. */
  readonly sent: [ms: number, url: string][];
}

function bench(options: RateLimitOptions, reply: number | ((n: number) => object) = 200): Bench {
  const clock = new VirtualClock();
  const transport = new MockTransport();
  const sent: [number, string][] = [];
  transport.on("*", "*").reply((request) => {
    sent.push([clock.now(), request.url]);
    return typeof reply === "number" ? { status: reply } : reply(sent.length) as { status: number };
  });
  const api = create({ transport, clock }).plugin(rateLimit(options));
  return { api, clock, transport, sent };
}

const times = ({ sent }: Bench): number[] => sent.map(([ms]) => ms);

bothStyles("rateLimit() sends limit at once and then one each interval / limit", async (t) => {
  const b = bench({ limit: 2, interval: 1_000 });
  for (let n = 0; n < 5; n++) await t.get(b.api, URL_A);
  assertEquals(times(b), [0, 0, 500, 1_000, 1_500]);
});

bothStyles("rateLimit() lets calls that run at once go in the order they asked", async (t) => {
  const b = bench({ limit: 1, interval: 100 });
  const urls = Array.from({ length: 5 }, (_, n) => `${URL_A}${n}`);
  await atOnce(t, b.api, urls.map((url) => () => b.api.flow.get(url)));
  assertEquals(b.sent, urls.map((url, n) => [n * 100, url]));
});

bothStyles("rateLimit() has one limit for a client, or one for each host", async (t) => {
  const client = bench({ limit: 1, interval: 100 });
  const host = bench({ limit: 1, interval: 100, per: "host" });
  for (const { api } of [client, host]) {
    await t.get(api, URL_A);
    await t.get(api, URL_B);
    await t.get(api, `${URL_A}2`);
  }
  assertEquals(times(client), [0, 100, 200]);
  assertEquals(times(host), [0, 0, 100]);
});

bothStyles("rateLimit() has one limit for each key, made of the request on the wire", async (t) => {
  const seen: unknown[] = [];
  const b = bench({
    limit: 1,
    interval: 100,
    per: (request) => {
      seen.push(request.url);
      return request.headers.get("x-tenant") ?? "none";
    },
  });
  b.api.interceptors.request.use((request) => request.headers.set("x-tenant", "from-interceptor"));
  await t.get(b.api, URL_A, { params: { q: 1 } });
  await t.get(b.api, URL_B);
  assertEquals(times(b), [0, 100]);
  assertEquals(seen, [`${URL_A}?q=1`, URL_B]);
});

bothStyles("rateLimit() takes a token for each retry and each redirect", async (t) => {
  const b = bench(
    { limit: 1, interval: 100 },
    (n) =>
      n === 1
        ? { status: 500 }
        : n === 2
        ? { status: 302, headers: { location: "/next" } }
        : { status: 200 },
  );
  const config = { maxRetries: 1, retryStrategy: { getDelay: () => 10 } };
  assertEquals((await t.get(b.api, URL_A, config)).status, 200);
  assertEquals(b.sent, [[0, URL_A], [100, URL_A], [200, `${URL_A}next`]]);
});

bothStyles("rateLimit() holds back what comes after a 429 with Retry-After", async (t) => {
  const b = bench(
    { limit: 10 },
    (n) => n === 1 ? { status: 429, headers: { "retry-after": "7" } } : { status: 200 },
  );
  await t.get(b.api, URL_A, { validateStatus: false });
  await t.get(b.api, URL_A);
  assertEquals(times(b), [0, 7_000]);
});

bothStyles("rateLimit() and a retry wait for the same Retry-After once", async (t) => {
  const b = bench(
    { limit: 10 },
    (n) => n === 1 ? { status: 429, headers: { "retry-after": "7" } } : { status: 200 },
  );
  assertEquals((await t.get(b.api, URL_A, { maxRetries: 1 })).attempts, 2);
  assertEquals(times(b), [0, 7_000]);
});

bothStyles("rateLimit() waits for the reset of a server that has nothing left", async (t) => {
  const b = bench({ concurrency: 9 }, (n) => ({
    status: 200,
    headers: n === 1 ? { ratelimit: '"default";r=0;t=30' } : {},
  }));
  await t.get(b.api, URL_A);
  await t.get(b.api, URL_A);
  assertEquals(times(b), [0, 30_000]);
});

bothStyles("rateLimit() sends at once no more than the server has left", async (t) => {
  const b = bench({ limit: 100 }, (n) => ({
    status: 200,
    headers: n === 1 ? { "x-ratelimit-remaining": "2", "x-ratelimit-reset": "30" } : {},
  }));
  await t.get(b.api, URL_A);
  await atOnce(t, b.api, Array.from({ length: 4 }, () => () => b.api.flow.get(URL_A)));
  assertEquals(times(b), [0, 0, 0, 30_000, 30_000]);
});

bothStyles(
  "rateLimit() answers with a 429 while the server wants longer than maxRetryAfter",
  async (t) => {
    const b = bench(
      { limit: 10 },
      (n) => n === 1 ? { status: 429, headers: { "retry-after": "3600" } } : { status: 200 },
    );
    await t.fails(t.get(b.api, URL_A), HTTPStatusError);
    b.clock.advance(1_500);
    const error = await t.fails(t.get(b.api, URL_A, { maxRetries: 5 }), HTTPStatusError);
    assertEquals([error.status, error.retryAfter, error.attempts], [429, 3_599_000, 1]);
    assertEquals(b.sent.length, 1);
    b.clock.advance(3_600_000);
    assertEquals((await t.get(b.api, URL_A)).status, 200);
  },
);

bothStyles(
  "rateLimit() ends a wait at totalTimeout, and the token is used by who comes next",
  async (t) => {
    const b = bench({ limit: 1, interval: 1_000 });
    await t.get(b.api, URL_A);
    const error = await t.fails(t.get(b.api, URL_A, { totalTimeout: 300 }), TimeoutError);
    assertEquals(error.phase, "total");
    await t.get(b.api, URL_A);
    assertEquals(times(b), [0, 1_000]);
  },
);

bothStyles("rateLimit() ends a wait for a token with a cancel", async (t) => {
  const b = bench({ limit: 1, interval: 1_000 });
  await t.get(b.api, URL_A);
  const cancelToken = new CancelToken();
  const [ended] = await allSettled<unknown>(t, b.api, [
    () => b.api.flow.get(URL_A, { cancelToken }),
    () => after(400, b.clock, () => cancelToken.cancel("enough")),
  ]);
  assertInstanceOf((ended as PromiseRejectedResult).reason, CancelError);
  assertEquals(b.sent.length, 1);
});

bothStyles("rateLimit() passes by a call with context.rateLimit: false", async (t) => {
  const b = bench({ limit: 1, interval: 1_000, concurrency: 1 });
  await t.get(b.api, URL_A);
  await t.get(b.api, URL_A, { context: { rateLimit: false } });
  assertEquals(times(b), [0, 0]);
});

bothStyles("rateLimit() is shared with a client made by extend", async (t) => {
  const b = bench({ limit: 1, interval: 100 });
  await t.get(b.api, URL_A);
  await t.get(b.api.extend(), URL_A);
  assertEquals(times(b), [0, 100]);
});

bothStyles("rateLimit() counts streams", async (t) => {
  const b = bench({ limit: 1, interval: 100, concurrency: 1 });
  for (let n = 0; n < 2; n++) {
    const stream = await t.stream(b.api, URL_A);
    await stream.read();
  }
  assertEquals(times(b), [0, 100]);
});

Deno.test("rateLimit() keeps one order for async and sync calls", async () => {
  const b = bench({ limit: 1, interval: 100 });
  const first = b.api.get(`${URL_A}1`);
  await first;
  b.api.getSync(`${URL_A}2`);
  await b.api.get(`${URL_A}3`);
  assertEquals(b.sent, [[0, `${URL_A}1`], [100, `${URL_A}2`], [200, `${URL_A}3`]]);
});

function store(take: (n: number) => unknown): {
  readonly log: unknown[];
  take(key: string, rate: object): never;
  pause(key: string, ms: number): void;
} {
  const log: unknown[] = [];
  let count = 0;
  return {
    log,
    take(key, rate) {
      log.push(["take", key, rate]);
      return take(++count) as never;
    },
    pause: (key, ms) => void log.push(["pause", key, ms]),
  };
}

bothStyles("rateLimit() takes tokens from a store and tells it of pauses", async (t) => {
  const shared = store((n) => n === 2 ? 250 : 0);
  const b = bench(
    { limit: 5, interval: 100, per: "host", store: shared },
    (n) => n === 2 ? { status: 429, headers: { "retry-after": "3" } } : { status: 200 },
  );
  await t.get(b.api, URL_A);
  await t.get(b.api, URL_A, { validateStatus: false });
  assertEquals(times(b), [0, 250]);
  const take = ["take", "a.example.com", { limit: 5, interval: 100 }];
  assertEquals(shared.log, [take, take, ["pause", "a.example.com", 3_000]]);
});

bothStyles("rateLimit() asks a store whose methods are generators", async (t) => {
  function* take(): Generator<Operation, number, unknown> {
    yield* sleep(20);
    return (yield* now()) === 20 ? 30 : 0;
  }
  const b = bench({ limit: 5, store: store(take) });
  await t.get(b.api, URL_A);
  assertEquals(times(b), [50]);
});

bothStyles("rateLimit() goes by its own tokens when the store fails", async (t) => {
  const errors: unknown[] = [];
  const failure = new Error("store down");
  const b = bench({
    limit: 1,
    interval: 100,
    store: store(() => {
      throw failure;
    }),
    onError: (error) => errors.push(error),
  });
  await t.get(b.api, URL_A);
  await t.get(b.api, URL_A);
  assertEquals(times(b), [0, 100]);
  assertEquals(errors, [failure, failure]);
});

bothStyles("rateLimit() takes nonsense of a store for a failure", async (t) => {
  const b = bench({ limit: 1, interval: 100, store: store((n) => n === 1 ? NaN : "soon") });
  await t.get(b.api, URL_A);
  await t.get(b.api, URL_A);
  assertEquals(times(b), [0, 100]);
});

bothStyles("rateLimit() waits for a store no longer than the call's timeout", async (t) => {
  const errors: unknown[] = [];
  function* hangs(): Generator<Operation, number, unknown> {
    yield* sleep(1e9);
    return 0;
  }
  const b = bench({ limit: 1, store: store(hangs), onError: (error) => errors.push(error) });
  await t.get(b.api, URL_A, { timeout: 50 });
  assertEquals(times(b), [50]);
  assertInstanceOf(errors[0], TimeoutError);
});

bothStyles(
  "rateLimit() does not take the end of the call for a failure of the store",
  async (t) => {
    const errors: unknown[] = [];
    function* hangs(): Generator<Operation, number, unknown> {
      yield* sleep(1e9);
      return 0;
    }
    const b = bench({ limit: 1, store: store(hangs), onError: (error) => errors.push(error) });
    const call = t.get(b.api, URL_A, { totalTimeout: 50 });
    assertEquals((await t.fails(call, TimeoutError)).phase, "total");
    assertEquals([errors, b.sent], [[], []]);
  },
);

Deno.test("rateLimit() awaits an async store, and blames it in a sync call", async () => {
  const errors: { code?: string }[] = [];
  const b = bench({
    limit: 1,
    interval: 100,
    store: { take: async () => await Promise.resolve(70), pause: () => {} },
    onError: (error) => errors.push(error as { code?: string }),
  });
  await b.api.get(URL_A);
  assertEquals(times(b), [70]);
  b.api.getSync(URL_A);
  assertEquals(errors.map(({ code }) => code), ["AX_SYNC_BRIDGE"]);
});

Deno.test("rateLimit() refuses options that cannot be meant", () => {
  const make = (options: object) => () => rateLimit(options as RateLimitOptions);
  assertThrows(make({}), TypeError, 'give "limit", "concurrency" or both');
  assertThrows(make({ limit: 0 }), RangeError, '"limit" must be an integer of 1 or more, got 0');
  assertThrows(make({ concurrency: 1.5 }), RangeError, '"concurrency"');
  assertThrows(make({ limit: 1, interval: 0 }), RangeError, '"interval"');
  assertThrows(make({ limit: 1, per: "user" }), TypeError, '"per"');
  assertThrows(make({ limit: 1, store: { take() {} } }), TypeError, '"pause"');
});

bothStyles("rateLimit() refuses a key that is no string", async (t) => {
  const b = bench({ limit: 1, per: () => 5 as unknown as string });
  const error = await t.fails(t.get(b.api, URL_A), TypeError);
  assert(error.message.includes('"per" must return a string, got a number'));
  assertEquals(b.sent, []);
});
