import { assert, assertEquals, assertStrictEquals, assertStringIncludes } from "@std/assert";
import {
  AxError,
  CancelError,
  CancelToken,
  type ClientConfig,
  concurrent,
  create,
  HTTPStatusError,
  InterceptorError,
  portable,
  sleep,
  TimeoutError,
  type Transport,
  type TransportRequest,
} from "../../mod.ts";
import { VirtualClock } from "../../src/testing/virtual_clock.ts";
import { bothStyles, parity } from "../support/styles.ts";

const URL_A = "https://example.com/a";

/** Answers at once, with the last status again and again. */
function answering(...statuses: number[]) {
  const requests: TransportRequest[] = [];
  const sendSync = (request: TransportRequest) => {
    const status = statuses[Math.min(requests.length, statuses.length - 1)] ?? 200;
    requests.push(request);
    return { status, headers: {}, body: null };
  };
  const transport: Transport = { sendSync, send: (request) => Promise.resolve(sendSync(request)) };
  return { transport, requests };
}

function setUp(config: ClientConfig = {}, ...statuses: number[]) {
  const { transport, requests } = answering(...statuses);
  const clock = new VirtualClock({ now: 1_000_000 });
  const api = create({ transport, clock, retryStrategy: { getDelay: () => 100 }, ...config });
  return { api, clock, requests };
}

bothStyles("totalTimeout ends a request interceptor that waits", async (t) => {
  const { api, clock, requests } = setUp({ totalTimeout: 300 });
  api.interceptors.request.use(function* () {
    yield* sleep(1_000);
  });
  const error = await t.fails(() => t.get(api, URL_A), TimeoutError);
  assertEquals([error.phase, error.code, error.attempts], ["total", "AX_TIMEOUT", 1]);
  assertStringIncludes(error.message, '"totalTimeout"');
  assertEquals([clock.now(), requests.length], [1_000_300, 0]);
});

bothStyles("totalTimeout ends middleware that waits, before and after next", async (t) => {
  for (const [before, after] of [[500, 0], [0, 500]] as const) {
    const { api, clock } = setUp({ totalTimeout: 300 });
    api.use(function* (request, next) {
      yield* sleep(before);
      const response = yield* next(request);
      yield* sleep(after);
      return response;
    });
    const error = await t.fails(() => t.get(api, URL_A), TimeoutError);
    assertEquals([error.phase, clock.now()], ["total", 1_000_300]);
  }
});

bothStyles("totalTimeout ends a response interceptor that waits", async (t) => {
  const { api, clock } = setUp({ totalTimeout: 300 });
  api.interceptors.response.use(function* (response) {
    yield* sleep(301);
    return response;
  });
  assertEquals((await t.fails(() => t.get(api, URL_A), TimeoutError)).phase, "total");
  assertEquals(clock.now(), 1_000_300);
});

bothStyles("totalTimeout counts attempts, waits and user code together", async (t) => {
  const { api, clock, requests } = setUp({ totalTimeout: 350, maxRetries: 9 }, 503);
  api.interceptors.request.use(function* () {
    yield* sleep(50);
  });
  // 50 + 100 + 50 + 100 + 50 = 350: the third attempt is not sent any more.
  const error = await t.fails(() => t.get(api, URL_A), TimeoutError);
  assertEquals([error.phase, error.attempts, requests.length], ["total", 3, 2]);
  assertStringIncludes(error.message, "3 attempts");
  assert(error.cause instanceof HTTPStatusError);
  assertEquals(error.cause.attempts, 2);
  assertEquals(clock.now(), 1_000_350);
});

bothStyles("totalTimeout does not end a call that is in time", async (t) => {
  const { api } = setUp({ totalTimeout: 301, maxRetries: 9 }, 503, 503, 503, 200);
  assertEquals((await t.get(api, URL_A)).attempts, 4);
  const limitless = setUp({ totalTimeout: false, maxRetries: 9 }, 503, 200);
  assertEquals((await t.get(limitless.api, URL_A)).attempts, 2);
});

bothStyles("middleware may change totalTimeout; the time gone by counts", async (t) => {
  const { api, clock } = setUp({ totalTimeout: 200, maxRetries: 9 }, 503);
  api.use(function* (request, next) {
    yield* sleep(150);
    return yield* next({ ...request, totalTimeout: 450 });
  });
  await t.fails(() => t.get(api, URL_A), TimeoutError);
  // Waits at 150, 250 and 350 of 450 ms: the next one would end too late.
  assertEquals(clock.sleeps, [150, 100, 100]);
});

bothStyles("the end of a call is thrown where its flow waits, so that cleanup runs", async (t) => {
  const steps: string[] = [];
  const { api, clock } = setUp({ totalTimeout: 300 });
  api.use(function* (request, next) {
    try {
      return yield* next(request);
    } catch (error) {
      steps.push(`catch ${(error as AxError).code}`);
      throw error;
    } finally {
      yield* sleep(20);
      steps.push("finally");
    }
  });
  api.interceptors.request.use(function* () {
    try {
      yield* sleep(1_000);
    } finally {
      yield* sleep(10);
      steps.push("inner finally");
    }
  });
  await t.fails(() => t.get(api, URL_A), TimeoutError);
  assertEquals(steps, ["inner finally", "catch AX_TIMEOUT", "finally"]);
  assertEquals(clock.now(), 1_000_330);
});

bothStyles("cleanup may send requests of its own", async (t) => {
  const { api, requests } = setUp({ maxRetries: 0 });
  api.use(function* (request, next) {
    if (request.url !== URL_A) return yield* next(request);
    try {
      yield* sleep(1_000);
      return yield* next(request);
    } finally {
      yield* api.flow.delete("https://example.com/lock");
    }
  });
  await t.fails(() => t.get(api, URL_A, { totalTimeout: 300 }), TimeoutError);
  assertEquals(requests.map(({ method, url }) => `${method} ${url}`), [
    "DELETE https://example.com/lock",
  ]);
});

bothStyles("middleware that has caught the end sends nothing more", async (t) => {
  const { api, requests } = setUp({ totalTimeout: 300 });
  const seen: unknown[] = [];
  let attempts = 0;
  api.interceptors.request.use(function* () {
    attempts++;
    yield* sleep(1_000);
  });
  api.use(function* (request, next) {
    for (let count = 0; count < 3; count++) {
      try {
        return yield* next(request);
      } catch (error) {
        seen.push(error);
      }
    }
    return yield* next(request);
  });
  const error = await t.fails(() => t.get(api, URL_A), TimeoutError);
  assertEquals([seen.length, attempts, requests.length], [3, 1, 0]);
  for (const each of seen) assertStrictEquals(each, error);
});

bothStyles("retryOn cannot go on after the end, whatever an interceptor makes of it", async (t) => {
  const { api, clock } = setUp({ totalTimeout: 300, maxRetries: 9, retryOn: () => true });
  api.interceptors.request.use(function* () {
    try {
      yield* sleep(1_000);
    } catch {
      throw new Error("hidden");
    }
  });
  await t.fails(() => t.get(api, URL_A), InterceptorError);
  assertEquals(clock.now(), 1_000_300);
});

bothStyles("cleanup after flows that ran at once may wait", async (t) => {
  const steps: string[] = [];
  const { api } = setUp({ totalTimeout: 300 });
  function* wait(name: string) {
    try {
      yield* sleep(1_000);
    } finally {
      yield* sleep(1);
      steps.push(name);
    }
  }
  api.use(function* (request, next) {
    try {
      yield* concurrent([wait("a"), wait("b")], { settled: true });
    } finally {
      yield* sleep(20);
      steps.push("finally");
    }
    return yield* next(request);
  });
  const error = await t.fails(() => t.get(api, URL_A), TimeoutError);
  assertEquals([error.phase, steps], ["total", ["a", "b", "finally"]]);
});

bothStyles("a response interceptor may recover from the end", async (t) => {
  const { api } = setUp({ totalTimeout: 300 });
  api.use(function* (request, next) {
    if (request.url === URL_A) yield* sleep(1_000);
    return yield* next(request);
  });
  api.interceptors.response.use(null, function* () {
    return yield* api.flow.get("https://example.com/fallback", { totalTimeout: 5_000 });
  });
  assertEquals((await t.get(api, URL_A)).url, "https://example.com/fallback");
});

bothStyles("an attempt gets its timeout, and a retry its own", async (t) => {
  const { api, requests } = setUp({ timeout: 5_000, maxRetries: 1 }, 503, 200);
  await t.get(api, URL_A);
  assertEquals(requests.map(({ timeout }) => timeout), [5_000, 5_000]);
  await t.get(api, URL_A, { timeout: false });
  assertEquals(requests.at(-1)?.timeout, false);
});

bothStyles("limits of 0, negative and NaN are refused before anything is sent", async (t) => {
  const { api, requests } = setUp();
  for (const name of ["timeout", "totalTimeout"]) {
    for (const value of [0, -1, NaN]) {
      await t.fails(() => t.get(api, URL_A, { [name]: value }), RangeError);
    }
    await t.fails(() => t.get(api, URL_A, { [name]: "5" as unknown as number }), TypeError);
  }
  assertEquals(requests.length, 0);
});

parity("a call that is out of time", async (t) => {
  const { api } = setUp({ totalTimeout: 300, maxRetries: 9 }, 503);
  await t.get(api, URL_A);
});

bothStyles("the first end wins: a cancel during cleanup changes nothing", async (t) => {
  const cancelToken = new CancelToken();
  const { api } = setUp({ totalTimeout: 300, cancelToken });
  api.use(function* (request, next) {
    try {
      yield* sleep(1_000);
      return yield* next(request);
    } finally {
      cancelToken.cancel("too late");
      yield* sleep(10);
    }
  });
  const error = await t.fails(() => t.get(api, URL_A), AxError);
  assert(!(error instanceof CancelError));
});

Deno.test("totalTimeout ends async user functions and what they await", async () => {
  let later: unknown;
  const { transport } = answering();
  const api = create({ transport, totalTimeout: 30 });
  const forever = new Promise<void>(() => {});
  api.use(async (request, next) => {
    try {
      return await next(request);
    } catch (error) {
      later = error;
      throw error;
    }
  });
  api.interceptors.request.use(async () => await forever);
  try {
    await api.get(URL_A);
    assert(false);
  } catch (error) {
    assert(error instanceof TimeoutError);
    assertEquals(error.phase, "total");
    await new Promise((resolve) => setTimeout(resolve, 0));
    assertStrictEquals(later, error);
  }
});

Deno.test("totalTimeout ends a plain function's promise", async () => {
  const api = create({ transport: answering().transport, totalTimeout: 30 });
  api.use(() => new Promise<never>(() => {}));
  try {
    await api.get(URL_A);
    assert(false);
  } catch (error) {
    assert(error instanceof TimeoutError);
    assertEquals(error.phase, "total");
  }
});

bothStyles("totalTimeout ends a portable async interceptor", async (t) => {
  const api = create({ transport: answering().transport, totalTimeout: 100 });
  api.interceptors.request.use(portable(async () => {
    await new Promise(() => {});
  }));
  const error = await t.fails(() => t.get(api, URL_A), TimeoutError);
  assertEquals(error.phase, "total");
}, { sanitizeOps: false, sanitizeResources: false });

bothStyles("an interceptor that swallows the end of its call sends nothing", async (t) => {
  const { api, requests } = setUp({ totalTimeout: 300 });
  api.interceptors.request.use(function* () {
    try {
      yield* sleep(1_000);
    } catch {
      // Goes on as if nothing had happened.
    }
  });
  assertEquals((await t.fails(() => t.get(api, URL_A), TimeoutError)).phase, "total");
  assertEquals(requests.length, 0);
});

bothStyles("middleware that swallows the end of its call sends nothing", async (t) => {
  for (const per of ["call", "attempt", "hop"] as const) {
    for (const first of [0, 1]) {
      for (const body of [undefined, { n: 1 }]) {
        const { api, requests } = setUp({ totalTimeout: 30 });
        api.use(function* (request, next) {
          if (first > 0) yield* next(request);
          try {
            yield* sleep(1_000);
          } catch {
            // Goes on as if nothing had happened.
          }
          return yield* next(request);
        }, { per });
        const call = () => t.put(api, URL_A, { json: body });
        const error = await t.fails(call, TimeoutError);
        assertEquals([error.phase, requests.length], ["total", first]);
      }
    }
  }
});

bothStyles("totalTimeout that ends a call before a wait leaves time for cleanup", async (t) => {
  const log: string[] = [];
  const config = { totalTimeout: 50, maxRetries: 1, retryStrategy: { getDelay: () => 60 } };
  const { api } = setUp(config, 503);
  api.use(function* (request, next) {
    try {
      return yield* next(request);
    } finally {
      yield* sleep(20);
      log.push("cleaned");
    }
  });
  assertEquals((await t.fails(() => t.get(api, URL_A), TimeoutError)).phase, "total");
  assertEquals(log, ["cleaned"]);
});
