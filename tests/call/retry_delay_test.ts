import { assert, assertEquals, assertStrictEquals, assertStringIncludes } from "@std/assert";
import {
  AxError,
  type ClientConfig,
  create,
  ExponentialBackoff,
  FixedDelay,
  HTTPStatusError,
  LinearBackoff,
  type RetryContext,
  RetryError,
  TimeoutError,
  type Transport,
  type TransportResponse,
} from "../../mod.ts";
import { VirtualClock } from "../../src/testing/virtual_clock.ts";
import { bothStyles } from "../support/styles.ts";

const URL_A = "https://example.com/a";
const START = Date.UTC(2026, 0, 1);

/** Answers a status with headers, as often as it is asked. */
function failing(status: number, headers: Record<string, string> = {}): Transport {
  const answer = (): TransportResponse => ({ status, headers, body: null });
  return { send: () => Promise.resolve(answer()), sendSync: answer };
}

function setUp(config: ClientConfig = {}) {
  const clock = new VirtualClock({ now: START, seed: 7 });
  return { clock, api: create({ transport: failing(503), clock, maxRetries: 4, ...config }) };
}

bothStyles("get() waits as the strategy says", async (t) => {
  const jitter = "none";
  for (
    const [retryStrategy, expected] of [
      [new FixedDelay({ delay: 70 }), [70, 70, 70, 70]],
      [new LinearBackoff({ base: 100, increment: 50, jitter }), [100, 150, 200, 250]],
      [new ExponentialBackoff({ base: 100, multiplier: 3, jitter, maxDelay: 2_000 }), [
        ...[100, 300, 900, 2_000],
      ]],
      [{ getDelay: (retry: number) => retry * 11 }, [11, 22, 33, 44]],
    ] as const
  ) {
    const { api, clock } = setUp({ retryStrategy });
    await t.fails(() => t.get(api, URL_A), RetryError);
    assertEquals(clock.sleeps, expected);
  }
});

bothStyles("get() waits between 0 and the exponential delay by default", async (t) => {
  const { api, clock } = setUp();
  await t.fails(() => t.get(api, URL_A), RetryError);
  const [a = -1, b = -1, c = -1, d = -1] = clock.sleeps;
  assert(a >= 0 && a <= 500 && b <= 1_000 && c <= 2_000 && d <= 4_000);
  assertEquals(new Set([a, b, c, d]).size, 4);
});

Deno.test("both styles wait equally long when their clocks have the same seed", async () => {
  const [one, two] = [setUp(), setUp()];
  await one.api.get(URL_A).catch(() => {});
  try {
    two.api.getSync(URL_A);
  } catch {
    assertEquals(one.clock.sleeps.length, 4);
  }
  const rounded = (sleeps: readonly number[]) => sleeps.map((ms) => Math.round(ms * 100));
  assertEquals(rounded(one.clock.sleeps), rounded(two.clock.sleeps));
});

bothStyles("getDelay() gets the error, the response and the delay before", async (t) => {
  const seen: RetryContext[] = [];
  const { api } = setUp({
    maxRetries: 2,
    retryStrategy: {
      getDelay(retry, context) {
        seen.push(context);
        return retry * 10;
      },
    },
  });
  await t.fails(() => t.get(api, URL_A), RetryError);
  const [first, second] = seen;
  assert(first && second);
  assert(first.error instanceof HTTPStatusError);
  assertStrictEquals(first.response, first.error.response);
  assertEquals((first.request as { method: string }).method, "GET");
  assertEquals([first.previousDelay, second.previousDelay], [undefined, 10]);
  assert(first.random >= 0 && first.random < 1 && first.random !== second.random);
});

bothStyles("getDelay() is called as a method, so a class may be a strategy", async (t) => {
  class Half {
    readonly delay = 30;
    getDelay(): number {
      return this.delay / 2;
    }
  }
  const { api, clock } = setUp({ maxRetries: 1, retryStrategy: new Half() });
  await t.fails(() => t.get(api, URL_A), RetryError);
  assertEquals(clock.sleeps, [15]);
});

bothStyles("get() is a RangeError when getDelay returns no delay", async (t) => {
  for (const delay of [-1, NaN, Infinity, "5" as unknown as number]) {
    const { api } = setUp({ retryStrategy: { getDelay: () => delay } });
    const error = await t.fails(() => t.get(api, URL_A), RangeError);
    assertStringIncludes(error.message, "getDelay");
    assert(error.cause instanceof HTTPStatusError);
  }
});

function after(retryAfter: string, date?: number): Transport {
  const headers = { "retry-after": retryAfter };
  return failing(503, date === undefined ? headers : { ...headers, date: httpDate(date) });
}

function httpDate(ms: number): string {
  return new Date(ms).toUTCString();
}

bothStyles("get() waits as long as Retry-After says", async (t) => {
  const hour = 3_600_000;
  for (
    const [name, transport, expected] of [
      ["seconds", after("7"), 7_000],
      ["zero", after("0"), 0],
      ["a date", after(httpDate(START + 5_000)), 5_000],
      ["a past date", after(httpDate(START - 5_000)), 0],
      [
        "a date by a clock that is ahead",
        after(httpDate(START + hour + 4_000), START + hour),
        4_000,
      ],
      [
        "a date by a clock that is behind",
        after(httpDate(START - hour + 4_000), START - hour),
        4_000,
      ],
      ["nonsense", after("soon"), 99],
    ] as const
  ) {
    const retryStrategy = { getDelay: () => 99 };
    const { api, clock } = setUp({ transport, maxRetries: 1, retryStrategy });
    await t.fails(() => t.get(api, URL_A), RetryError);
    // A delay of 0 is no wait.
    assertEquals(clock.sleeps, expected > 0 ? [expected] : [], name);
  }
});

bothStyles(
  "get() waits for the reset of a rate limit that is used up, else by its strategy",
  async (t) => {
    const cases: [headers: Record<string, string>, expected: number][] = [
      [{ "ratelimit-reset": "7" }, 7_000],
      [{ "ratelimit-reset": "7", "ratelimit-remaining": "0" }, 7_000],
      [{ "ratelimit-reset": "7", "ratelimit-remaining": "3" }, 99],
      [{ "x-ratelimit-reset": `${START / 1000 + 5}`, "x-ratelimit-remaining": "0" }, 5_000],
      [{ "x-rate-limit-reset": "4" }, 4_000],
      [{ "ratelimit-reset": "7", "retry-after": "2" }, 2_000],
      [{ "ratelimit-reset": "soon" }, 99],
    ];
    for (const [headers, expected] of cases) {
      const retryStrategy = { getDelay: () => 99 };
      const config = { transport: failing(429, headers), maxRetries: 1, retryStrategy };
      const { api, clock } = setUp(config);
      await t.fails(() => t.get(api, URL_A), RetryError);
      assertEquals(clock.sleeps, [expected], JSON.stringify(headers));
    }
    const late = setUp({ transport: failing(429, { "x-ratelimit-reset": "120" }) });
    const error = await t.fails(() => t.get(late.api, URL_A), HTTPStatusError);
    assertEquals([error.retryAfter, late.clock.sleeps.length], [120_000, 0]);
  },
);

bothStyles("get() ends at once when Retry-After is longer than maxRetryAfter", async (t) => {
  const { api, clock } = setUp({ transport: after("61") });
  const error = await t.fails(() => t.get(api, URL_A), HTTPStatusError);
  assertEquals([error.retryAfter, error.attempts, clock.sleeps.length], [61_000, 1, 0]);
  const patient = setUp({ transport: after("61"), maxRetryAfter: 61_000, maxRetries: 1 });
  await t.fails(() => t.get(patient.api, URL_A), RetryError);
  assertEquals(patient.clock.sleeps, [61_000]);
});

bothStyles("get() tells of Retry-After when there is no retry", async (t) => {
  const { api } = setUp({ transport: after("3"), maxRetries: 0 });
  assertEquals((await t.fails(() => t.get(api, URL_A), HTTPStatusError)).retryAfter, 3_000);
});

bothStyles("get() ends at once when a wait would outlive totalTimeout", async (t) => {
  const { api, clock } = setUp({
    totalTimeout: 2_500,
    retryStrategy: new FixedDelay({ delay: 1_000 }),
  });
  const error = await t.fails(() => t.get(api, URL_A), TimeoutError);
  assertEquals([error.phase, error.attempts], ["total", 3]);
  assert(error.cause instanceof HTTPStatusError);
  assertEquals(error.cause.attempts, 3);
  assertEquals(clock.sleeps, [1_000, 1_000]);
  assertEquals(clock.now() - START, 2_000);
});

bothStyles("get() ends at once when Retry-After would outlive totalTimeout", async (t) => {
  const { api, clock } = setUp({ transport: after("10"), totalTimeout: 10_000 });
  const error = await t.fails(() => t.get(api, URL_A), TimeoutError);
  assertEquals([error.phase, error.attempts, clock.sleeps.length], ["total", 1, 0]);
  assertEquals((error.cause as HTTPStatusError).retryAfter, 10_000);
});

bothStyles("onRetry is not told of a wait that is not made", async (t) => {
  let calls = 0;
  const onRetry = () => void calls++;
  for (const config of [{ totalTimeout: 500 }, { maxRetryAfter: 500 }, { maxRetries: 0 }]) {
    const { api } = setUp({ transport: after("1"), onRetry, ...config });
    await t.fails(() => t.get(api, URL_A), AxError);
  }
  assertEquals(calls, 0);
});
