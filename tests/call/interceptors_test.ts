// deno-lint-ignore-file require-yield -- a generator counts by its kind here
import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import {
  create,
  createResponse,
  HTTPStatusError,
  InterceptorError,
  isAxError,
  SyncBridgeError,
} from "../../mod.ts";
import type { Client, RequestInterceptor, ResponseErrorHandler } from "../../mod.ts";
import { keepWorker } from "../support/kept_worker.ts";
import { sharedServer } from "../support/server.ts";
import { bothStyles, type StyleKit } from "../support/styles.ts";

const server = sharedServer();
keepWorker();

interface Echo {
  url: string;
  headers: Record<string, string>;
}

function client(t: StyleKit): Client {
  return create({ baseURL: server.url, headers: { "x-test-key": t.key } });
}

bothStyles("interceptors run in the order they were registered", async (t) => {
  using api = client(t);
  const log: string[] = [];
  for (const name of ["a", "b", "c"]) {
    api.interceptors.request.use((request) => {
      log.push(`request ${name}`);
      request.headers.append("x-order", name);
    });
    api.interceptors.response.use((response) => {
      log.push(`response ${name}`);
      response.data = [response.data, name];
    });
  }
  const { data } = await t.get<[[[Echo, string], string], string]>(api, "/echo");
  assertEquals(log, [
    "request a",
    "request b",
    "request c",
    "response a",
    "response b",
    "response c",
  ]);
  assertEquals(data[0][0][0].headers["x-order"], "a, b, c");
  assertEquals([data[1], data[0][1], data[0][0][1]], ["c", "b", "a"]);
});

bothStyles("eject() removes one interceptor, clear() all of them", async (t) => {
  using api = client(t);
  const { request } = api.interceptors;
  const add = (name: string) => request.use((config) => config.headers.append("x-order", name));
  const [first, second, third] = [add("a"), add("b"), add("c")];
  assertEquals(new Set([first, second, third]).size, 3);
  for (const id of [second, second, 99]) request.eject(id);
  const order = async () => (await t.get<Echo>(api, "/echo")).data.headers["x-order"];
  assertEquals(await order(), "a, c");
  request.clear();
  assertEquals(await order(), undefined);
  // An id is never given again, so that an old one cannot eject another's.
  assert(add("d") > third);
});

bothStyles("interceptors of a call are those that were there when it began", async (t) => {
  using api = client(t);
  api.interceptors.request.use(() => {
    api.interceptors.response.use((response) => {
      response.data = "late";
    });
  });
  assertEquals((await t.get<Echo>(api, "/echo")).data.url, "/echo");
});

const COLOURS: Record<string, RequestInterceptor> = {
  plain: (request) => request.headers.set("x-colour", "set"),
  "plain that returns a copy": (request) => ({ ...request, headers: { "x-colour": "set" } }),
  *generator(request) {
    request.headers.set("x-colour", "set");
  },
  "plain that returns a flow": (request) =>
    (function* () {
      request.headers.set("x-colour", "set");
    })(),
};

for (const [colour, interceptor] of Object.entries(COLOURS)) {
  bothStyles(`a request interceptor may be ${colour}`, async (t) => {
    using api = client(t);
    api.interceptors.request.use(interceptor);
    assertEquals((await t.get<Echo>(api, "/echo")).data.headers["x-colour"], "set");
  });
}

bothStyles("a generator interceptor calls the API by yield*", async (t) => {
  using api = client(t);
  using other = create({ baseURL: server.url });
  api.interceptors.request.use(function* (request) {
    const { data } = yield* other.flow.get<Echo>("/echo?from=token");
    request.headers.set("x-token", data.url);
  });
  api.interceptors.response.use(function* (response) {
    response.data = (yield* other.flow.get<Echo>("/echo?from=response")).data.url;
  });
  const { data } = await t.get(api, "/echo");
  assertEquals(data, "/echo?from=response");
  const [request] = await server.requests(t.key);
  assertEquals(new Map(request?.headers).get("x-token"), "/echo?from=token");
});

Deno.test("an async interceptor is awaited in an async call", async () => {
  using api = create({ baseURL: server.url });
  api.interceptors.request.use(async (request) => {
    await Promise.resolve();
    request.headers.set("x-token", "1");
  });
  api.interceptors.response.use(async (response) => {
    response.data = await Promise.resolve("changed");
  });
  const response = await api.get("/echo");
  assertEquals([response.data, response.request.headers.get("x-token")], ["changed", "1"]);
});

Deno.test("an async interceptor in a sync call is refused before any of it runs", async () => {
  using api = create({ baseURL: server.url, headers: { "x-test-key": "async-refused" } });
  let ran = 0;
  // deno-lint-ignore require-await -- only its kind counts
  const id = api.interceptors.request.use(async function fetchToken() {
    ran++;
  });
  const check = () => {
    try {
      api.getSync("/echo");
    } catch (error) {
      assertInstanceOf(error, SyncBridgeError);
      return error.message;
    }
  };
  const message = check();
  assertMatch(message ?? "", /request interceptor .*"fetchToken" in a sync call: it is async/);
  assertStringIncludes(message ?? "", "generator");
  assertEquals([ran, await server.requests("async-refused")], [0, []]);
  api.interceptors.request.eject(id);
  // deno-lint-ignore require-await -- only its kind counts
  api.interceptors.response.use(async function change() {
    ran++;
  });
  assertMatch(check() ?? "", /response interceptor .*"change"/);
  assertEquals(ran, 0);
});

Deno.test("a plain interceptor that returns a promise is refused in a sync call", async () => {
  using api = create({ baseURL: server.url, headers: { "x-test-key": "promise" } });
  api.interceptors.request.use((request) => Promise.resolve(request));
  assertEquals((await api.get("/echo")).status, 200);
  try {
    api.getSync("/echo");
  } catch (error) {
    assertInstanceOf(error, SyncBridgeError);
    assertStringIncludes(error.message, "returned a promise");
  }
  assertEquals((await server.requests("promise")).length, 1);
});

bothStyles("onRejected of a response recovers by a response", async (t) => {
  using api = client(t);
  let seen: unknown;
  api.interceptors.response.use(null, (error) => {
    seen = error;
    return createResponse({ data: { recovered: true } });
  });
  api.interceptors.response.use((response) => {
    response.data = [response.data];
  });
  assertEquals((await t.get(api, "/status/500")).data, [{ recovered: true }]);
  assertInstanceOf(seen, HTTPStatusError);
});

bothStyles("onRejected re-sends the request that it gets beside the error", async (t) => {
  using api = client(t);
  let attempt: number | undefined;
  let retried = false;
  api.interceptors.response.use(null, function* (error, { request }) {
    if (!isAxError(error) || error.response?.status !== 401 || retried) throw error;
    retried = true;
    attempt = request.attempt;
    request.headers.set("authorization", "Bearer new");
    return yield* api.flow.request(request);
  });
  const { data } = await t.post(api, "/auth", { json: { a: 1 }, params: { b: 2 } });
  assertEquals(data, { authorization: "Bearer new" });
  assertEquals(attempt, 1);
  const sent = await server.requests(t.key);
  assertEquals(sent.map(({ method, url, text }) => [method, url, text]), [
    ["POST", "/auth?b=2", '{"a":1}'],
    ["POST", "/auth?b=2", '{"a":1}'],
  ]);
});

bothStyles("a re-sent request may be spread with changes like those of any call", async (t) => {
  using api = client(t);
  const resend: ResponseErrorHandler = (error, { request }) => {
    if (request.context.again) throw error;
    return api.flow.request({
      ...request,
      method: "put",
      url: "/echo",
      headers: { "x-more": "1" },
      transformResponse: (data) => [data],
      maxRetries: undefined,
      context: { again: true },
    });
  };
  api.interceptors.response.use(null, resend);
  const { data } = await t.get<[Echo & { method: string }]>(api, "/status/500");
  const [{ method, headers }] = data;
  assertEquals([method, headers["x-more"], headers["x-test-key"]], ["PUT", "1", t.key]);
});

bothStyles("an InterceptorError wraps what a fulfilled handler throws", async (t) => {
  using api = client(t);
  const cause = new RangeError("no token");
  const id = api.interceptors.request.use(function addToken() {
    throw cause;
  });
  const error = await t.fails(t.get(api, "/echo?token=1"), InterceptorError);
  assertEquals(error.cause, cause);
  assertEquals([error.interceptor, error.code], ["addToken", "AX_INTERCEPTOR"]);
  assertEquals(error.message, 'The request interceptor "addToken" failed: no token');
  assertEquals(error.attempts, 1);
  assertEquals(await server.requests(t.key), []);
  api.interceptors.request.eject(id);
  api.interceptors.response.use(() => {
    throw "text";
  });
  const late = await t.fails(t.get(api, "/echo"), InterceptorError);
  assertEquals([late.cause, late.interceptor], ["text", "anonymous"]);
  assertEquals(late.request?.method, "GET");
});
