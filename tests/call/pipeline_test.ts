import { assertEquals, assertStringIncludes } from "@std/assert";
import { create, createResponse, HTTPStatusError, SchemaError, TimeoutError } from "../../mod.ts";
import type { Client, Clock, StandardSchema, Transport } from "../../mod.ts";
import { keepWorker } from "../support/kept_worker.ts";
import { sharedServer } from "../support/server.ts";
import { bothStyles, type StyleKit } from "../support/styles.ts";

const server = sharedServer();
keepWorker();

function client(t: StyleKit): Client {
  return create({ baseURL: server.url, headers: { "x-test-key": t.key } });
}

function schemaOf<T>(check: (value: unknown) => T): StandardSchema<unknown, T> {
  return {
    "~standard": { version: 1, vendor: "test", validate: (value) => ({ value: check(value) }) },
  };
}

/** A transport that answers 503 first, then a redirect, then 200. */
function scripted(log: string[]): Transport {
  const answers = [503, 302, 200];
  const send = ({ url }: { url: string }) => {
    const status = answers.shift() ?? 200;
    log.push(`transport ${new URL(url).pathname} ${status}`);
    const headers: Record<string, string> = { "content-type": "application/json" };
    if (status === 302) headers.location = "/moved";
    return { status, headers, body: new TextEncoder().encode(`{"status":${status}}`) };
  };
  return { send: (request) => Promise.resolve(send(request)), sendSync: send };
}

bothStyles("a call goes through its stages in the one order of the pipeline", async (t) => {
  const log: string[] = [];
  const note = (text: string) => void log.push(text);
  using api = create({
    baseURL: "http://test.invalid",
    transport: scripted(log),
    maxRetries: 2,
    retryStrategy: { getDelay: () => 0 },
    retryOn: (_error, { attempt }) => (note(`retryOn ${attempt}`), true),
    onRetry: (_error, { retry }) => note(`onRetry ${retry}`),
    transformRequest: (data) => (note("transformRequest"), data),
    transformResponse: (data) => (note("transformResponse"), data),
    validateStatus: (status) => (note(`validateStatus ${status}`), status === 200),
    paramsSerializer: () => (note("paramsSerializer"), "a=1"),
    params: { a: 1 },
    schema: schemaOf((value) => (note("schema"), value)),
  });
  for (const name of ["1", "2"]) {
    api.use(function* (request, next) {
      note(`middleware ${name} in`);
      const response = yield* next(request);
      note(`middleware ${name} out ${response.status}`);
      return response;
    });
    api.interceptors.request.use(({ attempt }) => note(`request ${name} of attempt ${attempt}`));
    api.interceptors.response.use(() => note(`response ${name}`));
  }
  const response = await t.put(api, "/start", { json: {} });
  assertEquals(response.data, { status: 200 });
  assertEquals([response.attempts, response.redirected], [2, true]);
  assertEquals(log, [
    "middleware 1 in",
    "middleware 2 in",
    "request 1 of attempt 1",
    "request 2 of attempt 1",
    "transformRequest",
    "paramsSerializer",
    "transport /start 503",
    "validateStatus 503",
    "retryOn 1",
    "onRetry 1",
    "request 1 of attempt 2",
    "request 2 of attempt 2",
    "transformRequest",
    "paramsSerializer",
    "transport /start 302",
    "transport /moved 200",
    "validateStatus 200",
    "middleware 2 out 200",
    "middleware 1 out 200",
    // Once more, for what a middleware may have answered itself.
    "validateStatus 200",
    "transformResponse",
    "schema",
    "response 1",
    "response 2",
  ]);
});

bothStyles("each attempt starts again from what middleware handed to next", async (t) => {
  using api = client(t);
  let token = 0;
  api.use((request, next) => {
    request.headers.append("x-layer", "middleware");
    return next(request);
  });
  api.interceptors.request.use((request) => {
    request.headers.append("x-layer", `token ${++token}`);
    request.context.count = Number(request.context.count ?? 0) + 1;
    request.headers.set("x-count", String(request.context.count));
  });
  const retryStrategy = { getDelay: () => 0 };
  await t.get(api, "/fail-then/2", { maxRetries: 2, retryStrategy });
  const seen = (await server.requests(t.key)).map(({ headers }) => new Map(headers));
  assertEquals(seen.map((headers) => [headers.get("x-layer"), headers.get("x-count")]), [
    ["middleware, token 1", "1"],
    ["middleware, token 2", "1"],
    ["middleware, token 3", "1"],
  ]);
});

bothStyles("options of outer stages are those that middleware handed to next", async (t) => {
  using api = client(t);
  api.use((_request, next) =>
    next({
      maxRetries: 1,
      retryStrategy: { getDelay: () => 0 },
      transformResponse: (data) => ({ data }),
      schema: schemaOf((value) => [value]),
    })
  );
  const { data, attempts } = await t.get(api, "/fail-then/1");
  assertEquals([data, attempts], [[{ data: { count: 2 } }], 2]);
});

bothStyles("totalTimeout that middleware shortens counts from the start", async (t) => {
  const clock = frozenClock();
  using api = create({ baseURL: server.url, clock });
  api.use(function* (_request, next) {
    clock.time = 500;
    return yield* next({ totalTimeout: 400 });
  });
  const error = await t.fails(t.get(api, "/echo", { params: { key: t.key } }), TimeoutError);
  assertEquals(error.phase, "total");
  assertStringIncludes(error.message, "400 ms");
  assertEquals(await server.requests(t.key), []);
});

bothStyles("totalTimeout that middleware takes back does not end the call", async (t) => {
  const clock = frozenClock();
  using api = create({ baseURL: server.url, clock, totalTimeout: 400 });
  api.use((_request, next) => {
    clock.time = 500;
    return next({ totalTimeout: false });
  });
  assertEquals((await t.get(api, "/echo")).timings, { start: 0, end: 500, duration: 500 });
});

bothStyles("middleware of each level may answer itself, the call tells its time", async (t) => {
  for (const per of ["call", "attempt", "hop"] as const) {
    const clock = frozenClock();
    using api = create({ baseURL: server.url, clock });
    api.use(() => {
      clock.time = 500;
      return createResponse({ status: 200, data: "own" });
    }, { per });
    assertEquals((await t.get(api, "/echo")).timings, { start: 0, end: 500, duration: 500 });
  }
});

bothStyles("the time of a call counts what its middleware does after next", async (t) => {
  for (const per of ["call", "attempt", "hop"] as const) {
    const clock = frozenClock();
    using api = create({ baseURL: server.url, clock });
    api.use(function* (request, next) {
      const response = yield* next(request);
      clock.time = 500;
      return response;
    }, { per });
    assertEquals((await t.get(api, "/echo")).timings, { start: 0, end: 500, duration: 500 });
  }
});

function frozenClock(): Clock & { time: number } {
  return {
    time: 0,
    now() {
      return this.time;
    },
    random: () => 0.5,
    sleep: () => Promise.resolve(),
    sleepSync: () => {},
  };
}

bothStyles("what a request interceptor sets is for its attempt only", async (t) => {
  using api = client(t);
  api.interceptors.request.use((request) => {
    request.maxRetries = 5;
    request.validateStatus = (status) => status === 503;
  });
  const response = await t.get(api, "/status/503");
  assertEquals([response.status, response.attempts], [503, 1]);
});

bothStyles("a refused status is not transformed nor validated", async (t) => {
  using api = client(t);
  const never = () => {
    throw new Error("Must not run");
  };
  const config = { transformResponse: never, schema: schemaOf(never) };
  const error = await t.fails(t.get(api, "/status/418", config), HTTPStatusError);
  assertEquals(error.response?.data, { status: 418 });
});

bothStyles("errors of user functions other than interceptors stay as they are", async (t) => {
  using api = client(t);
  const thrown = new RangeError("mine");
  const fail = () => {
    throw thrown;
  };
  const configs = [
    { transformRequest: fail, json: 1 },
    { transformResponse: fail },
    { paramsSerializer: fail, params: { a: 1 } },
    { validateStatus: fail },
    { schema: schemaOf(fail) },
    { retryOn: fail, maxRetries: 1, validateStatus: () => false },
    { onRetry: fail, maxRetries: 1, validateStatus: () => false, retryOn: () => true },
  ];
  for (const config of configs) {
    assertEquals(await t.fails(t.put(api, "/echo", config), RangeError), thrown);
  }
});

bothStyles("a plain interceptor may call the other style while it runs", async (t) => {
  using api = client(t);
  using inner = create({ baseURL: server.url });
  api.interceptors.request.use((request) => {
    const { data } = inner.getSync<{ url: string }>(`/echo?for=${request.url}`);
    request.headers.set("x-nested", data.url);
  });
  const paths = ["/delay/30?n=1", "/echo?n=2", "/delay/10?n=3", "/echo?n=4"];
  const flows = paths.map((path) => api.flow.get<unknown>(path));
  const responses = await t.either(
    () => Promise.all(paths.map((path) => api.get(path))),
    () => api.allSync(flows),
  );
  // No answer is lost, and each one is its own.
  assertEquals(responses.map(({ url }) => url), paths.map((path) => server.url + path));
  const nested = responses.map(({ request }) => request.headers.get("x-nested"));
  assertEquals(nested, paths.map((path) => `/echo?for=${path}`));
});

bothStyles("a response of createResponse passes the outer stages", async (t) => {
  using api = client(t);
  api.use(() => createResponse({ data: { a: 1 } }));
  api.interceptors.response.use((response) => void (response.data = [response.data]));
  const transformResponse = (data: unknown) => ({ transformed: data });
  assertEquals((await t.get(api, "/x", { transformResponse })).data, [{ transformed: { a: 1 } }]);
  const schema: StandardSchema = {
    "~standard": {
      version: 1,
      vendor: "test",
      validate: () => ({ issues: [{ message: "never fits" }] }),
    },
  };
  await t.fails(t.get(api, "/x", { schema }), SchemaError);
});
