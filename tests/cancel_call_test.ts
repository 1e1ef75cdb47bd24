import { assert, assertEquals, assertStrictEquals, assertStringIncludes } from "@std/assert";
import {
  CancelError,
  CancelToken,
  concurrent,
  create,
  FixedDelay,
  sleep,
  TimeoutError,
  type Transport,
} from "../mod.ts";
import { VirtualClock } from "../src/testing/virtual_clock.ts";
import { eventually, sharedServer } from "./support/server.ts";
import { bothStyles, parity } from "./support/styles.ts";

const server = sharedServer();
const URL_A = "https://example.com/a";

function answering(status = 200): Transport & { sent: number } {
  const transport = {
    sent: 0,
    send: () => Promise.resolve(transport.sendSync()),
    sendSync() {
      transport.sent++;
      return { status, headers: {}, body: null };
    },
  };
  return transport;
}

bothStyles("a signal that has fired ends the call before anything is sent", async (t) => {
  const transport = answering();
  const reason = { why: "not needed" };
  const error = await t.fails(
    () => t.get(create({ transport }), URL_A, { signal: AbortSignal.abort(reason) }),
    CancelError,
  );
  assertStrictEquals(error.reason, reason);
  assertEquals([error.code, transport.sent], ["AX_CANCEL", 0]);
  assertEquals(error.request, { method: "GET", url: URL_A });
});

bothStyles("a signal that has fired ends the call before a user function runs", async (t) => {
  const ran: string[] = [];
  const api = create({
    transport: answering(),
    signal: AbortSignal.abort(),
    transformRequest: () => ran.push("transformRequest"),
    paramsSerializer: () => String(ran.push("paramsSerializer")),
  });
  await t.fails(() => t.get(api, URL_A, { params: { a: 1 } }), CancelError);
  api.interceptors.request.use(() => void ran.push("interceptor"));
  await t.fails(() => t.get(api, URL_A), CancelError);
  api.use((_, next) => (ran.push("middleware"), next()));
  await t.fails(() => t.get(api, URL_A), CancelError);
  assertEquals(ran, []);
});

bothStyles("a token that was cancelled ends the call before anything is sent", async (t) => {
  const transport = answering();
  const cancelToken = new CancelToken();
  cancelToken.cancel("no more");
  const api = create({ transport, cancelToken });
  const error = await t.fails(() => t.get(api, URL_A), CancelError);
  assertEquals([error.reason, transport.sent], ["no more", 0]);
  assertStringIncludes(error.message, "was cancelled: no more");
});

parity("a cancelled call", async (t) => {
  const signal = AbortSignal.abort("stop");
  await t.get(create({ transport: answering() }), URL_A, { signal });
});

bothStyles("a signal without a reason gives the runtime's, as reason and cause", async (t) => {
  const signal = AbortSignal.abort();
  const error = await t.fails(
    () => t.get(create({ transport: answering() }), URL_A, { signal }),
    CancelError,
  );
  assertStrictEquals(error.reason, signal.reason);
  assertStrictEquals(error.cause, signal.reason);
});

bothStyles("a cancel by an interceptor ends the call before it is sent", async (t) => {
  for (const end of ["signal", "token"]) {
    const transport = answering();
    const controller = new AbortController();
    const cancelToken = new CancelToken();
    const api = create({ transport });
    api.interceptors.request.use(() => {
      if (end === "signal") controller.abort("by an interceptor");
      else cancelToken.cancel("by an interceptor");
    });
    const { signal } = controller;
    const error = await t.fails(() => t.get(api, URL_A, { signal, cancelToken }), CancelError);
    assertEquals([error.reason, transport.sent], ["by an interceptor", 0]);
  }
});

bothStyles("a cancel by onRetry ends the call before the wait", async (t) => {
  const transport = answering(503);
  const controller = new AbortController();
  const clock = new VirtualClock();
  const api = create({
    transport,
    clock,
    maxRetries: 5,
    signal: controller.signal,
    onRetry: (_, { retry }) => {
      if (retry === 2) controller.abort("twice is enough");
    },
  });
  const error = await t.fails(() => t.get(api, URL_A), CancelError);
  assertEquals([error.reason, error.attempts, transport.sent], ["twice is enough", 2, 2]);
  assertEquals(clock.sleeps.length, 1);
});

bothStyles("a cancel during the last attempt is no RetryError", async (t) => {
  const cancelToken = new CancelToken();
  const transport = answering(503);
  const api = create({ transport, clock: new VirtualClock(), maxRetries: 1, cancelToken });
  api.interceptors.request.use(({ attempt }) => {
    if (attempt === 2) cancelToken.cancel("now");
  });
  const error = await t.fails(() => t.get(api, URL_A), CancelError);
  assertEquals([error.attempts, transport.sent], [2, 1]);
});

bothStyles("a cancel by a progress callback ends the call and the request", async (t) => {
  const controller = new AbortController();
  const api = create({ baseURL: server.url });
  const error = await t.fails(() =>
    t.get(api, `/drip?key=${t.key}&chunks=1000&gap=5`, {
      signal: controller.signal,
      onDownloadProgress: () => controller.abort("enough read"),
    }), CancelError);
  assertEquals(error.reason, "enough read");
  await eventually(() => server.aborted(t.key), (count) => count === 1);
});

bothStyles("one token ends many calls", async (t) => {
  const cancelToken = new CancelToken();
  const api = create({ transport: answering(), cancelToken, clock: new VirtualClock() });
  const ended: unknown[] = [];
  function* one(name: string) {
    try {
      yield* sleep(name === "c" ? 10 : 100);
      cancelToken.cancel(`by ${name}`);
      yield* api.flow.get(URL_A);
    } catch (error) {
      ended.push([name, (error as CancelError).reason]);
    }
  }
  function* waiting(name: string) {
    yield* sleep(name === "b" ? 1 : 20);
    yield* one(name);
  }
  await t.run((function* () {
    yield* concurrent([waiting("a"), waiting("b"), one("c")]);
  })());
  assertEquals(ended[0], ["c", "by c"]);
  assertEquals(ended.length, 3);
  const error = await t.fails(() => t.get(api, URL_A), CancelError);
  assertEquals(error.reason, "by c");
});

Deno.test("one token ends many async calls at once, on the wire too", async () => {
  const key = "many";
  const cancelToken = new CancelToken();
  const api = create({ baseURL: server.url, cancelToken });
  const calls = Array.from({ length: 5 }, () => api.get(`/never?key=${key}`));
  const settled = Promise.allSettled(calls);
  await eventually(() => server.open(key), (open) => open === 5);
  cancelToken.cancel("all");
  for (const outcome of await settled) {
    assert(outcome.status === "rejected" && outcome.reason instanceof CancelError);
    assertEquals(outcome.reason.reason, "all");
  }
  await eventually(() => server.aborted(key), (count) => count === 5);
});

for (const path of ["/never?", "/stall-body?size=1000&"]) {
  Deno.test(`a signal ends an async call to ${path}, on the wire too`, async () => {
    const key = `signal ${path}`;
    const controller = new AbortController();
    const api = create({ baseURL: server.url, timeout: false });
    const call = api.get(`${path}key=${encodeURIComponent(key)}`, { signal: controller.signal });
    call.catch(() => {});
    await eventually(() => server.open(key), (open) => open === 1);
    controller.abort("stop");
    const error = await call.catch((error) => error);
    assert(error instanceof CancelError);
    assertEquals(error.reason, "stop");
    await eventually(() => server.aborted(key), (count) => count === 1);
  });
}

Deno.test("a signal ends an async call that nobody has accepted yet", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const controller = new AbortController();
  setTimeout(() => controller.abort("too slow"), 20);
  const url = `http://127.0.0.1:${listener.addr.port}/`;
  const error = await create().get(url, { signal: controller.signal }).catch((error) => error);
  assert(error instanceof CancelError);
  assertEquals(error.reason, "too slow");
});

Deno.test("a signal ends the wait of an async call", async () => {
  const controller = new AbortController();
  const transport = answering(503);
  // Longer than any run of the tests.
  const retryStrategy = new FixedDelay({ delay: 2 ** 31 - 1 });
  const api = create({ transport, maxRetries: 3, retryStrategy });
  setTimeout(() => controller.abort("stop"), 20);
  const error = await api.get(URL_A, { signal: controller.signal }).catch((error) => error);
  assert(error instanceof CancelError);
  assertEquals([error.attempts, transport.sent], [1, 1]);
});

Deno.test("AbortSignal.timeout() ends an async call by TimeoutError, phase signal", async () => {
  const api = create({ baseURL: server.url });
  const signal = AbortSignal.timeout(30);
  for (const each of [signal, AbortSignal.any([signal, new AbortController().signal])]) {
    const error = await api.get("/never", { signal: each }).catch((error) => error);
    assert(error instanceof TimeoutError);
    assertEquals(error.phase, "signal");
    assertStrictEquals(error.cause, each.reason);
  }
});

Deno.test("AbortSignal.timeout() that cannot fire leaves a sync call to its timeout", async () => {
  const api = create({ baseURL: server.url, timeout: 100 });
  const signal = AbortSignal.timeout(20);
  try {
    api.getSync("/never", { signal });
    assert(false);
  } catch (error) {
    assert(error instanceof TimeoutError);
    assertEquals(error.phase, "attempt");
    assertStringIncludes(error.message, "within 100 ms");
  }
  // It fires when the thread is free again, and then it ends the next call.
  await new Promise((resolve) => setTimeout(resolve, 30));
  try {
    api.getSync("/echo", { signal });
    assert(false);
  } catch (error) {
    assertEquals((error as TimeoutError).phase, "signal");
  }
});

bothStyles("a client that is closed ends its calls", async (t) => {
  const api = create({ transport: answering(503), clock: new VirtualClock(), maxRetries: 3 });
  const config = { onRetry: () => api.close() };
  const error = await t.fails(() => t.get(api, URL_A, config), CancelError);
  assertEquals(error.reason, "client closed");
  await t.fails(() => t.get(api, URL_A), TypeError);
});

bothStyles("catch and finally of user code see a cancel, and may wait", async (t) => {
  const steps: unknown[] = [];
  const cancelToken = new CancelToken();
  const api = create({ transport: answering(503), clock: new VirtualClock(), maxRetries: 3 });
  api.use(function* (request, next) {
    try {
      return yield* next(request);
    } catch (error) {
      steps.push((error as CancelError).reason);
      yield* sleep(5);
      steps.push("catch");
      throw error;
    } finally {
      yield* sleep(5);
      steps.push("finally");
    }
  });
  const config = { cancelToken, onRetry: () => cancelToken.cancel("stop") };
  await t.fails(() => t.get(api, URL_A, config), CancelError);
  assertEquals(steps, ["stop", "catch", "finally"]);
});

bothStyles("a flow of another call is not ended by this call's signal", async (t) => {
  const api = create({ transport: answering() });
  const controller = new AbortController();
  const inner: number[] = [];
  api.interceptors.response.use(null, function* () {
    const response = yield* api.flow.get("https://example.com/b");
    inner.push(response.status);
    return response;
  });
  controller.abort();
  const response = await t.get(api, URL_A, { signal: controller.signal });
  assertEquals([inner, response.url], [[200], "https://example.com/b"]);
});
