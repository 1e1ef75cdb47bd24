import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { create, createResponse, HTTPStatusError, sleep, SyncBridgeError } from "../../mod.ts";
import type { Client, Middleware, NextResult } from "../../mod.ts";
import { keepWorker } from "../support/kept_worker.ts";
import { sharedServer } from "../support/server.ts";
import { bothStyles, type StyleKit } from "../support/styles.ts";

const server = sharedServer();
keepWorker();

interface Echo {
  method: string;
  url: string;
  headers: Record<string, string>;
  body: string;
}

function client(t: StyleKit): Client {
  return create({ baseURL: server.url, headers: { "x-test-key": t.key } });
}

const CHANGES: Record<string, Middleware> = {
  "in place, and hands on nothing": (request, next) => {
    request.headers.set("x-changed", "1");
    request.url = "/echo?changed";
    return next();
  },
  "in place, and hands it on": (request, next) => {
    request.headers.set("x-changed", "1");
    request.url = "/echo?changed";
    return next(request);
  },
  "in place after next() was called, before it is run": (request, next) => {
    const result = next();
    request.headers.set("x-changed", "1");
    request.url = "/echo?changed";
    return result;
  },
  "as a copy": (request, next) =>
    next({ ...request, url: "/echo?changed", headers: { "X-Changed": "1" } }),
  "as the changed keys alone": (_request, next) =>
    next({ url: "/echo?changed", headers: [["x-changed", "1"]] }),
  "with plain headers in place": (request, next) => {
    Object.assign(request, { url: "/echo?changed", headers: { "x-changed": "1" } });
    return next(request);
  },
  *"as a generator"(request, next) {
    request.headers.set("x-changed", "1");
    yield* sleep(1);
    return yield* next({ url: "/echo?changed" });
  },
};

for (const [name, middleware] of Object.entries(CHANGES)) {
  bothStyles(`middleware changes the request ${name}`, async (t) => {
    using api = client(t);
    api.use(middleware);
    const { data } = await t.get<Echo>(api, "/echo", { headers: { "x-own": "1" } });
    const { headers } = data;
    assertEquals(data.url, "/echo?changed");
    assertEquals([headers["x-changed"], headers["x-own"], headers["x-test-key"]], [
      "1",
      "1",
      t.key,
    ]);
  });
}

bothStyles("middleware changes the response in place or gives another", async (t) => {
  using api = client(t);
  api.use(function* (request, next) {
    const response = yield* next(request);
    return createResponse({ status: 203, data: { was: response.data } });
  });
  api.use(function* (request, next) {
    const response = yield* next(request);
    response.data = "changed";
    return response;
  });
  const response = await t.get(api, "/echo");
  assertEquals([response.status, response.data], [203, { was: "changed" }]);
});

bothStyles("middleware that does not call next sends nothing", async (t) => {
  using api = client(t);
  api.use(() => createResponse({ status: 404, headers: { "x-from": "cache" }, body: "none" }));
  const response = await t.get(api, "/echo");
  assertEquals([response.status, response.data], [404, "none"]);
  assertEquals(response.headers.get("x-from"), "cache");
  assertEquals(await server.requests(t.key), []);
});

bothStyles("middleware calls next again, each time from its own request", async (t) => {
  using api = client(t);
  api.use(function* (request, next) {
    const first = yield* next({ url: "/status/401", validateStatus: false });
    assertEquals(first.status, 401);
    return yield* next(request);
  });
  api.interceptors.request.use((request) => request.headers.append("x-order", "1"));
  const { data } = await t.post<Echo>(api, "/echo", { json: { a: 1 } });
  assertEquals([data.body, data.headers["x-order"]], ['{"a":1}', "1"]);
  const sent = await server.requests(t.key);
  assertEquals(sent.map(({ method, path }) => `${method} ${path}`), [
    "POST /status/401",
    "POST /echo",
  ]);
});

bothStyles("middleware catches errors and recovers", async (t) => {
  using api = client(t);
  const seen: unknown[] = [];
  api.use(function* (request, next) {
    try {
      return yield* next(request);
    } catch (error) {
      seen.push(error);
      return yield* next({ url: "/echo" });
    }
  });
  assertEquals((await t.get<Echo>(api, "/status/500")).data.url, "/echo");
  assertInstanceOf(seen[0], HTTPStatusError);
});

bothStyles("middleware sees the decoded, untransformed response", async (t) => {
  using api = client(t);
  let seen: unknown;
  api.use(function* (request, next) {
    const response = yield* next(request);
    seen = response.data;
    return response;
  });
  const { data } = await t.get(api, "/json", { transformResponse: () => "transformed" });
  assertEquals(data, "transformed");
  assertEquals((seen as { ok: boolean }).ok, true);
});

bothStyles("middleware runs the flows of other calls at once with its own", async (t) => {
  using api = client(t);
  using other = create({ baseURL: server.url });
  api.use(function* (request, next) {
    const token = yield* other.flow.post<Echo>("/echo", { json: "token" });
    request.headers.set("x-token", token.data.body);
    return yield* next(request);
  });
  assertEquals((await t.get<Echo>(api, "/echo")).data.headers["x-token"], '"token"');
});

bothStyles("a result of next that is dropped sends nothing", async (t) => {
  using api = client(t);
  const dropped: NextResult[] = [];
  api.use((_request, next) => {
    dropped.push(next({ url: "/echo?dropped" }));
    return next({ url: "/echo?kept" });
  });
  await t.get(api, "/echo");
  assertEquals((await server.requests(t.key)).map(({ url }) => url), ["/echo?kept"]);
});

const WRONG: [string, Middleware, string][] = [
  ["returns nothing", (() => {}) as never, "no response"],
  ["returns a plain object", (() => ({ status: 200 })) as never, "no response"],
  ["hands on an unknown key", (_request, next) => next({ tokn: 1 } as never), '"context"'],
  ["hands on a misspelt key", (_request, next) => next({ Url: "/" } as never), '"url"'],
  ["hands on a wrong value", (_request, next) => next({ timeout: 0 }), '"timeout"'],
  ["hands on a wrong header", (_request, next) => next({ headers: { a: "b\r\nc: d" } }), '"a"'],
  ["hands on a response", (_request, next) => next(createResponse() as never), "status"],
  ["hands on null", (_request, next) => next(null as never), "null"],
];

for (const [name, middleware, text] of WRONG) {
  bothStyles(`middleware that ${name} is told so`, async (t) => {
    using api = client(t);
    api.use(middleware);
    const error = await t.fails(t.get(api, "/echo"), Error);
    assert(error instanceof TypeError || error instanceof RangeError, String(error));
    assertStringIncludes(error.message, text);
    assertEquals(await server.requests(t.key), []);
  });
}

Deno.test("use() refuses what is no function", () => {
  using api = create();
  let message = "";
  try {
    api.use({} as never);
  } catch (error) {
    message = (error as Error).message;
  }
  assertStringIncludes(message, "(request, next)");
});

Deno.test("async middleware is awaited in an async call, next() included", async () => {
  using api = create({ baseURL: server.url });
  api.use(async (request, next) => {
    request.headers.set("x-async", "1");
    const [one, two] = await Promise.all([next(request), next({ url: "/json" })]);
    one.data = [(one.data as Echo).headers["x-async"], (two.data as { ok: boolean }).ok];
    return one;
  });
  // deno-lint-ignore require-await -- returns the result unawaited
  api.use(async (request, next) => next(request));
  api.use((request, next) => next(request).then((response) => response));
  assertEquals((await api.get("/echo")).data, ["1", true]);
});

Deno.test("async middleware in a sync call is refused before any of it runs", async () => {
  using api = create({ baseURL: server.url, headers: { "x-test-key": "async-middleware" } });
  let ran = false;
  api.use(async function slow(request, next) {
    ran = true;
    return await next(request);
  });
  try {
    api.getSync("/echo");
    throw new Error("Must be refused");
  } catch (error) {
    assertInstanceOf(error, SyncBridgeError);
    assertMatch(error.message, /middleware .*"slow" in a sync call: it is async/);
  }
  assertEquals([ran, await server.requests("async-middleware")], [false, []]);
});
