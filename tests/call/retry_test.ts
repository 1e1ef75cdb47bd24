import { assert, assertEquals, assertStrictEquals, assertStringIncludes } from "@std/assert";
import {
  AxError,
  type ClientConfig,
  create,
  FixedDelay,
  HTTPStatusError,
  InterceptorError,
  NetworkError,
  RetryError,
  type RetryOn,
  sleep,
  SyncBridgeError,
  TimeoutError,
  type Transport,
  type TransportRequest,
  type TransportResponse,
} from "../../mod.ts";
import { VirtualClock } from "../../src/testing/virtual_clock.ts";
import { bothStyles } from "../support/styles.ts";

type Step = number | Error;

/** Answers one step after the other; the last one again and again. */
class Script implements Transport {
  readonly requests: TransportRequest[] = [];
  readonly #steps: readonly Step[];

  constructor(...steps: Step[]) {
    this.#steps = steps;
  }

  send(request: TransportRequest): Promise<TransportResponse> {
    return Promise.try(() => this.sendSync(request));
  }

  sendSync(request: TransportRequest): TransportResponse {
    const step = this.#steps[Math.min(this.requests.length, this.#steps.length - 1)];
    this.requests.push(request);
    if (step instanceof Error) throw step;
    return { status: step ?? 200, headers: {}, body: new TextEncoder().encode(`${step}`) };
  }
}

const URL_A = "https://example.com/a";
const refused = new Error("connection refused");

function setUp(transport: Transport, config: ClientConfig = {}) {
  const clock = new VirtualClock();
  const retryStrategy = new FixedDelay({ delay: 1_000 });
  const api = create({ transport, clock, maxRetries: 3, retryStrategy, ...config });
  return { api, clock };
}

bothStyles("get() makes no retry when maxRetries is not given", async (t) => {
  const transport = new Script(503, 200);
  const error = await t.fails(() => t.get(create({ transport }), URL_A), HTTPStatusError);
  assertEquals([error.attempts, error.status, transport.requests.length], [1, 503, 1]);
});

bothStyles("get() tries again when an attempt fails, and counts the attempts", async (t) => {
  const transport = new Script(503, refused, 200);
  const { api, clock } = setUp(transport);
  const response = await t.get(api, URL_A);
  assertEquals([response.attempts, response.data, transport.requests.length], [3, "200", 3]);
  assertEquals(clock.sleeps, [1_000, 1_000]);
  assertEquals(response.timings.duration, 2_000);
});

bothStyles("get() fails with RetryError when every attempt fails", async (t) => {
  const transport = new Script(refused, 500, 503);
  const { api } = setUp(transport, { maxRetries: 2 });
  const error = await t.fails(() => t.get(api, URL_A), RetryError);
  assertEquals([error.attempts, error.errors.length, error.code], [3, 3, "AX_RETRY"]);
  assert(error.errors[0] instanceof NetworkError);
  assert(error.errors[1] instanceof HTTPStatusError);
  assertStrictEquals(error.cause, error.errors[2]);
  assertEquals(error.response?.status, 503);
  assertEquals(error.response?.data, "503");
  assertEquals(error.request, { method: "GET", url: URL_A });
  assertEquals(error.errors.map((each) => (each as AxError).attempts), [1, 2, 3]);
  assertStringIncludes(error.message, "failed 3 times; the last time:");
  assertEquals(error.toJSON().attempts, 3);
});

bothStyles("a RetryError says on a line of its own why each earlier attempt failed", async (t) => {
  const { api } = setUp(new Script(refused, 500, 503), { maxRetries: 2 });
  const { message } = await t.fails(() => t.get(api, URL_A), RetryError);
  assertEquals(message.split("\n"), [
    `"GET ${URL_A}" failed 3 times; the last time: "GET ${URL_A}" failed: status 503`,
    `  attempt 1: Cannot reach "GET ${URL_A}": connection refused`,
    `  attempt 2: "GET ${URL_A}" failed: status 500`,
  ]);
});

bothStyles("get() has no response in its RetryError when the last error has none", async (t) => {
  const { api } = setUp(new Script(503, refused), { maxRetries: 1 });
  const error = await t.fails(() => t.get(api, URL_A), RetryError);
  assertEquals(error.response, undefined);
  assertEquals((error.cause as NetworkError).cause, refused);
});

bothStyles("get() fails with the error itself when a retry meets one not to retry", async (t) => {
  for (const maxRetries of [1, 2]) {
    const transport = new Script(503, 404);
    const { api } = setUp(transport, { maxRetries });
    const error = await t.fails(() => t.get(api, URL_A), HTTPStatusError);
    assertEquals([error.status, error.attempts, transport.requests.length], [404, 2, 2]);
  }
});

bothStyles("get() retries exactly the statuses of retryOnStatus", async (t) => {
  for (const status of [408, 425, 429, 500, 502, 503, 504, 400, 401, 404, 501, 505]) {
    const transport = new Script(status, 200);
    const call = t.get(setUp(transport).api, URL_A, { validateStatus: (code) => code === 200 });
    await call.catch(() => {});
    const listed = [408, 425, 429].includes(status) || status >= 500 && status <= 504;
    assertEquals(transport.requests.length, listed && status !== 501 ? 2 : 1, `${status}`);
  }
  const transport = new Script(503, 418, 200);
  const { api } = setUp(transport, { retryOnStatus: [418, 503] });
  assertEquals((await t.get(api, URL_A)).attempts, 3);
});

bothStyles("request() retries idempotent methods only", async (t) => {
  for (const method of ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "QUERY", "POST", "PATCH"]) {
    const transport = new Script(503, 200);
    const { api } = setUp(transport);
    await t.request(api, { url: URL_A, method }).catch(() => {});
    const expected = method === "POST" || method === "PATCH" ? 1 : 2;
    assertEquals(transport.requests.length, expected, method);
  }
});

bothStyles("post() is retried when retryMethods names it, whatever the case", async (t) => {
  const transport = new Script(refused, 200);
  const { api } = setUp(transport, { retryMethods: ["post"] });
  const response = await t.post(api, URL_A, { json: { a: 1 } });
  assertEquals(response.attempts, 2);
  const bodies = transport.requests.map(({ body }) => new TextDecoder().decode(body as Uint8Array));
  assertEquals(bodies, ['{"a":1}', '{"a":1}']);
  await t.fails(
    () => t.get(setUp(new Script(503), { retryMethods: [] }).api, URL_A),
    HTTPStatusError,
  );
});

bothStyles("post() is retried when it has an idempotency-key", async (t) => {
  const headers = { "Idempotency-Key": "k" };
  const { api } = setUp(new Script(503, 200));
  assertEquals((await t.post(api, URL_A, { headers })).attempts, 2);
});

bothStyles("post() is retried when an interceptor adds the idempotency-key", async (t) => {
  const { api } = setUp(new Script(503, 200));
  api.interceptors.request.use((request) => request.headers.set("idempotency-key", "k"));
  assertEquals((await t.post(api, URL_A)).attempts, 2);
});

bothStyles("retryOn replaces the built-in predicate when it is given", async (t) => {
  const seen: unknown[] = [];
  const retryOn: RetryOn = (error, { attempt, request }) => {
    seen.push([
      (error as HTTPStatusError).status,
      attempt,
      request.method,
      request.headers.get("x"),
    ]);
    return attempt < 3;
  };
  const transport = new Script(404);
  const { api } = setUp(transport, { retryOn, headers: { x: "1" } });
  const error = await t.fails(() => t.post(api, URL_A), HTTPStatusError);
  assertEquals(seen, [[404, 1, "POST", "1"], [404, 2, "POST", "1"], [404, 3, "POST", "1"]]);
  assertEquals([error.attempts, transport.requests.length], [3, 3]);
});

bothStyles("retryOn is not asked when there is nothing to decide", async (t) => {
  let asked = 0;
  const retryOn = () => ++asked > 0;
  await t.fails(
    () => t.get(setUp(new Script(503), { retryOn, maxRetries: 0 }).api, URL_A),
    AxError,
  );
  const cancelled = AbortSignal.abort("stop");
  const { api } = setUp(new Script(503), { retryOn });
  await t.fails(() => t.get(api, URL_A, { signal: cancelled }), AxError);
  assertEquals(asked, 0);
});

bothStyles("retryOn gets the response, and is asked only while a retry is left", async (t) => {
  const seen: unknown[] = [];
  const retryOn: RetryOn = (_error, { attempt, response }) => {
    seen.push([attempt, response?.status, response?.data]);
    return true;
  };
  const { api } = setUp(new Script(404, refused, 500), { retryOn, maxRetries: 2 });
  assertEquals((await t.fails(() => t.get(api, URL_A), RetryError)).attempts, 3);
  assertEquals(seen, [[1, 404, "404"], [2, undefined, undefined]]);
});

/** As another copy of the package makes it: the code tells, not the class. */
function foreign(code: string, members: Record<string, unknown> = {}): Error {
  const error = Object.assign(new Error(code), { code, ...members });
  return Object.defineProperty(error, Symbol.for("@ax/client.error"), { value: true });
}

bothStyles("an error is retried by its code, also one of another copy", async (t) => {
  const cases: [error: Error, attempts: number][] = [
    [foreign("AX_NETWORK"), 2],
    [foreign("AX_TIMEOUT", { phase: "attempt" }), 2],
    [foreign("AX_TIMEOUT", { phase: "total" }), 1],
    [foreign("AX_STATUS", { status: 503 }), 2],
    [foreign("AX_STATUS", { status: 404 }), 1],
    [foreign("AX_DECODE"), 1],
    [foreign("AX_CANCEL"), 1],
  ];
  for (const [error, attempts] of cases) {
    const transport = new Script(error, 200);
    await t.get(setUp(transport).api, URL_A).catch(() => {});
    assertEquals(transport.requests.length, attempts, error.message);
  }
});

bothStyles("get() waits for the server's own time with an error of another copy", async (t) => {
  const { api, clock } = setUp(
    new Script(foreign("AX_STATUS", { status: 429, retryAfter: 7 }), 200),
  );
  await t.get(api, URL_A);
  assertEquals(clock.sleeps, [7]);
});

bothStyles("a network error without our mark is not taken for one of ours", async (t) => {
  const problem = Object.assign(new TypeError("mine"), { code: "AX_NETWORK" });
  const transport = new Script(problem, 200);
  assertStrictEquals(await t.fails(() => t.get(setUp(transport).api, URL_A), TypeError), problem);
  assertEquals(transport.requests.length, 1);
});

bothStyles("retryOn may be a generator that waits", async (t) => {
  const { api, clock } = setUp(new Script(404, 200), {
    *retryOn() {
      yield* sleep(5);
      return true;
    },
  });
  assertEquals((await t.get(api, URL_A)).attempts, 2);
  assertEquals(clock.sleeps, [5, 1_000]);
});

Deno.test("retryOn may be async in an async call", async () => {
  const retryOn = async () => await Promise.resolve(true);
  const { api } = setUp(new Script(404, 200), { retryOn });
  assertEquals((await api.get(URL_A)).attempts, 2);
});

bothStyles("get() fails with what retryOn throws when it throws", async (t) => {
  const problem = new Error("broken predicate");
  const { api } = setUp(new Script(503), {
    retryOn: () => {
      throw problem;
    },
  });
  assertStrictEquals(await t.fails(() => t.get(api, URL_A), Error), problem);
});

bothStyles("onRetry is told of each retry before its wait", async (t) => {
  const seen: unknown[] = [];
  const { api, clock } = setUp(new Script(503, refused, 200), {
    onRetry: (error, { retry, delay, request }) => {
      seen.push([(error as AxError).code, retry, delay, request.url, clock.sleeps.length]);
    },
  });
  await t.get(api, URL_A);
  assertEquals(seen, [["AX_STATUS", 1, 1_000, URL_A, 0], ["AX_NETWORK", 2, 1_000, URL_A, 1]]);
});

bothStyles("get() fails with what onRetry throws when it throws", async (t) => {
  const problem = new Error("no more");
  const { api } = setUp(new Script(503), {
    *onRetry() {
      yield* sleep(1);
      throw problem;
    },
  });
  assertStrictEquals(await t.fails(() => t.get(api, URL_A), Error), problem);
});

bothStyles(
  "request interceptors run on each attempt, from the request given to next",
  async (t) => {
    const transport = new Script(503, 503, 200);
    const { api } = setUp(transport);
    let tokens = 0;
    let entered = 0;
    api.use((request, next) => {
      entered++;
      request.headers.set("x-from", "middleware");
      return next(request);
    });
    api.interceptors.request.use((request) => {
      assertEquals(request.headers.get("x-seen"), null);
      assertEquals(request.headers.get("x-from"), "middleware");
      request.headers.set("x-seen", `attempt ${request.attempt}`);
      request.headers.set("authorization", `Bearer ${++tokens}`);
      (request.context.list as number[]).push(request.attempt);
    });
    const list: number[] = [];
    await t.get(api, URL_A, { context: { list } });
    assertEquals(entered, 1);
    assertEquals(list, [1, 2, 3]);
    const sent = transport.requests.map(({ headers }) => [
      headers.get("x-seen"),
      headers.get("authorization"),
    ]);
    const expected = [1, 2, 3].map((n) => [`attempt ${n}`, `Bearer ${n}`]);
    assertEquals(sent, expected);
  },
);

bothStyles("middleware may steer the retries of its call", async (t) => {
  const transport = new Script(503, 503, 200);
  const { api, clock } = setUp(transport, { maxRetries: 0 });
  api.use((request, next) =>
    next({ ...request, maxRetries: 2, retryStrategy: { getDelay: () => 7 } })
  );
  assertEquals((await t.get(api, URL_A)).attempts, 3);
  assertEquals(clock.sleeps, [7, 7]);
});

bothStyles("middleware sees the RetryError and may answer with another try", async (t) => {
  const { api } = setUp(new Script(503, 503, 200), { maxRetries: 1 });
  const seen: unknown[] = [];
  api.use(function* (request, next) {
    try {
      return yield* next(request);
    } catch (error) {
      seen.push((error as AxError).code);
      return yield* next(request);
    }
  });
  assertEquals((await t.get(api, URL_A)).status, 200);
  assertEquals(seen, ["AX_RETRY"]);
});

bothStyles("response interceptors get the RetryError once", async (t) => {
  const { api } = setUp(new Script(503), { maxRetries: 2 });
  let calls = 0;
  api.interceptors.response.use(null, (error) => {
    calls++;
    throw error;
  });
  await t.fails(() => t.get(api, URL_A), RetryError);
  assertEquals(calls, 1);
});

bothStyles("the error of a request interceptor is retried by retryOn alone", async (t) => {
  for (const retryOn of [undefined, () => true]) {
    const { api } = setUp(new Script(200), { maxRetries: 1, retryOn });
    let calls = 0;
    api.interceptors.request.use(() => {
      calls++;
      throw new Error("no token");
    });
    const expected = retryOn ? RetryError : InterceptorError;
    assert((await t.fails(() => t.get(api, URL_A), AxError)) instanceof expected);
    assertEquals(calls, retryOn ? 2 : 1);
  }
});

bothStyles("a stream is never sent again, also if retryOn says so", async (t) => {
  const transport = new Script(503, 200);
  const { api } = setUp(transport, { retryOn: () => true });
  const data = (function* () {
    yield new Uint8Array([1]);
  })();
  const error = await t.fails(() => t.put(api, URL_A, { data }), HTTPStatusError);
  assertEquals([error.attempts, transport.requests.length], [1, 1]);
});

bothStyles("misuse is not retried", async (t) => {
  const { api } = setUp(new Script(200));
  await t.fails(() => t.get(api, "ftp://example.com/"), TypeError);
});

Deno.test("an attempt that timed out is retried", async () => {
  const transport = new Script(new DOMException("late", "TimeoutError"), 200);
  assertEquals((await setUp(transport).api.get(URL_A)).attempts, 2);
  const { api } = setUp(new Script(new DOMException("late", "TimeoutError")), { maxRetries: 0 });
  try {
    api.getSync(URL_A);
  } catch (error) {
    assert(error instanceof TimeoutError);
    assertEquals(error.phase, "attempt");
  }
});

Deno.test("getSync() names an async retryOn that it cannot run", () => {
  const { api } = setUp(new Script(503), { retryOn: () => Promise.resolve(true) });
  try {
    api.getSync(URL_A);
    assert(false);
  } catch (error) {
    assert(error instanceof SyncBridgeError);
    assertStringIncludes(error.message, "retryOn");
  }
});

bothStyles("a permission that is missing is not asked for again", async (t) => {
  let sent = 0;
  const fail = (): never => {
    sent++;
    throw new NetworkError("Not allowed", { systemCode: "NotCapable" });
  };
  const transport = { send: () => Promise.resolve().then(fail), sendSync: fail };
  const api = create({ transport, maxRetries: 3, clock: new VirtualClock() });
  await t.fails(t.get(api, "https://example.com/"), NetworkError);
  assertEquals(sent, 1);
});
