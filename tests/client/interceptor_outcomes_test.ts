import { assertEquals, assertInstanceOf, assertStringIncludes } from "@std/assert";
import {
  CancelError,
  CancelToken,
  create,
  createResponse,
  HTTPStatusError,
  InterceptorError,
  isAxError,
  NetworkError,
} from "../../mod.ts";
import type { Client } from "../../mod.ts";
import { keepWorker } from "../support/kept_worker.ts";
import { unusedPort } from "../support/fault_server.ts";
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

bothStyles("an AxError from a handler stays as it is", async (t) => {
  using api = client(t);
  const thrown = new CancelError("enough");
  api.interceptors.request.use(() => {
    throw thrown;
  });
  assertEquals(await t.fails(t.get(api, "/echo"), CancelError), thrown);
});

bothStyles("what onRejected of a response throws is the call's error", async (t) => {
  using api = client(t);
  const thrown = new RangeError("mine");
  api.interceptors.response.use(null, () => {
    throw thrown;
  });
  const error = await t.fails(t.get(api, "/status/500"), RangeError);
  assertEquals(error, thrown);
});

bothStyles("onRejected that returns nothing leaves the error", async (t) => {
  using api = client(t);
  const seen: unknown[] = [];
  api.interceptors.response.use(null, (error) => void seen.push(error));
  const error = await t.fails(t.get(api, "/status/404"), HTTPStatusError);
  assertEquals(seen, [error]);
});

bothStyles("response handlers chain like those of promises", async (t) => {
  using api = client(t);
  const log: string[] = [];
  const { response } = api.interceptors;
  response.use(() => void log.push("skipped"));
  response.use(() => {}, (error) => {
    log.push(`first: ${error.code}`);
    throw new RangeError("second error");
  });
  response.use(() => void log.push("skipped"));
  response.use(null, (error) => {
    log.push(`second: ${error.message}`);
    return createResponse({ data: "recovered" });
  });
  response.use((given) => {
    log.push(`then: ${given.data}`);
    throw new Error("late");
  }, () => void log.push("not mine"));
  response.use(null, (error) => void log.push(`last: ${error.code}`));
  await t.fails(t.get(api, "/status/500"), InterceptorError);
  assertEquals(log, [
    "first: AX_STATUS",
    "second: second error",
    "then: recovered",
    "last: AX_INTERCEPTOR",
  ]);
});

bothStyles("response handlers see the final outcome of every kind, once a call", async (t) => {
  using api = client(t);
  const seen: string[] = [];
  api.interceptors.response.use(
    (response) => void seen.push(String(response.status)),
    (error) => void seen.push(isAxError(error) ? error.code : error.message),
  );
  const settings = { retryStrategy: { getDelay: () => 0 } };
  await t.get(api, "/fail-then/1", { ...settings, maxRetries: 1, params: { key: t.key } });
  const url = `http://127.0.0.1:${unusedPort()}`;
  await t.fails(t.get(api, url, { allowAbsoluteUrls: true }), NetworkError);
  await t.fails(t.get(api, "/status/503", { ...settings, maxRetries: 1 }), Error);
  await t.fails(t.get(api, "/never", { timeout: 20 }), Error);
  const cancelToken = new CancelToken();
  cancelToken.cancel();
  await t.fails(t.get(api, "/echo", { cancelToken }), CancelError);
  await t.fails(t.get(api, "http://other.invalid/"), TypeError);
  api.use(() => {
    throw new RangeError("middleware broke");
  });
  await t.fails(t.get(api, "/echo"), RangeError);
  assertEquals(seen.slice(0, 5), ["200", "AX_NETWORK", "AX_RETRY", "AX_TIMEOUT", "AX_CANCEL"]);
  assertStringIncludes(seen[5] ?? "", "another origin");
  assertEquals(seen.slice(6), ["middleware broke"]);
});

bothStyles("onRejected of a request gets an earlier one's error and may recover", async (t) => {
  using api = client(t);
  const log: unknown[] = [];
  const { request } = api.interceptors;
  request.use((config) => config.headers.set("x-first", "1"), () => void log.push("too early"));
  request.use(() => {
    throw new RangeError("no token");
  }, () => void log.push("its own"));
  request.use((config) => void config.headers.set("x-skipped", "1"));
  request.use(null, (error, state) => {
    log.push(error.code, error.cause instanceof RangeError, state.request.method);
    return { headers: { "x-recovered": "1" } };
  });
  request.use((config) => config.headers.set("x-last", "1"));
  const { headers } = (await t.get<Echo>(api, "/echo")).data;
  assertEquals(log, ["AX_INTERCEPTOR", true, "GET"]);
  const names = ["x-first", "x-skipped", "x-recovered", "x-last"];
  assertEquals(names.map((name) => headers[name]), ["1", undefined, "1", "1"]);
});

bothStyles("onRejected of a request replaces the error by what it throws", async (t) => {
  using api = client(t);
  const thrown = new RangeError("mine");
  api.interceptors.request.use(() => {
    throw new Error("first");
  });
  api.interceptors.request.use(null, () => {
    throw thrown;
  });
  assertEquals(await t.fails(t.get(api, "/echo"), RangeError), thrown);
});

bothStyles("a response handler that returns no response is told so", async (t) => {
  using api = client(t);
  api.interceptors.response.use(function unwrap(response) {
    return response.data as never;
  });
  const error = await t.fails(t.get(api, "/echo"), TypeError);
  assertStringIncludes(error.message, '"unwrap"');
  assertStringIncludes(error.message, "response.data");
});

const ODD: [string, unknown, string][] = [
  ["text", "x", "a string"],
  ["null", null, "null"],
  ["a list", [], "an array"],
  ["an unknown key", { token: 1 }, '"context"'],
  ["a misspelt key", { heders: {} }, '"headers"'],
];

for (const [name, returned, text] of ODD) {
  bothStyles(`a request interceptor may not return ${name}`, async (t) => {
    using api = client(t);
    api.interceptors.request.use(() => returned as never);
    const error = await t.fails(t.get(api, "/echo"), TypeError);
    assertStringIncludes(error.message, text);
    assertEquals(await server.requests(t.key), []);
  });
}

bothStyles("a header set as a property of Headers is a TypeError that says set()", async (t) => {
  using api = client(t);
  const set = (headers: Headers) => Object.assign(headers, { Authorization: "Bearer 1" });
  const check = async () => {
    const error = await t.fails(t.get(api, "/echo"), TypeError);
    assertStringIncludes(error.message, 'headers.set("Authorization"');
  };
  const id = api.interceptors.request.use((request) => void set(request.headers));
  await check();
  api.interceptors.request.eject(id);
  api.use((request, next) => {
    set(request.headers);
    return next(request);
  });
  await check();
  assertEquals(await server.requests(t.key), []);
});

bothStyles("a returned body replaces the one there was, of whatever kind", async (t) => {
  using api = client(t);
  api.interceptors.request.use(() => ({ data: "raw" }));
  await t.post(api, "/echo", { json: { a: 1 } });
  const [sent] = await server.requests(t.key);
  assertEquals(sent?.text, "raw");
});

bothStyles(
  "returned headers merge when they are plain, replace when they are Headers",
  async (t) => {
    using api = client(t);
    api.interceptors.request.use(() => ({ headers: { "X-Plain": "1", accept: undefined } }));
    api.interceptors.request.use(() => ({ headers: [["x-pair", "1"], ["x-pair", "2"]] }));
    const seen = (await t.get<Echo>(api, "/echo", { headers: { "x-own": "1" } })).data.headers;
    assertEquals([seen["x-plain"], seen["x-pair"], seen["x-own"]], ["1", "1, 2", "1"]);
    assertEquals(seen.accept, "*/*");
    api.interceptors.request.use((request) => {
      const headers = new Headers({ "x-only": "1" });
      return { ...request, headers };
    });
    const only = (await t.get<Echo>(api, "/echo", { headers: { "x-own": "1" } })).data.headers;
    assertEquals([only["x-only"], only["x-own"]], ["1", undefined]);
  },
);

bothStyles("an interceptor gets every option, headers as Headers, and its own copy", async (t) => {
  using api = client(t);
  const context = { user: 1 };
  api.interceptors.request.use((request) => {
    assertInstanceOf(request.headers, Headers);
    const { method, url, attempt, timeout, maxRetries } = request;
    assertEquals([method, url, attempt, timeout, maxRetries], ["GET", "/echo", 1, 30_000, 0]);
    assertEquals(request.context, { user: 1 });
    request.context.user = 2;
    request.headers.set("x-seen", "1");
  });
  const config = { context, headers: new Headers({ "x-a": "1" }) };
  await t.get(api, "/echo", config);
  await t.get(api, "/echo", config);
  assertEquals([context, config.headers.has("x-seen")], [{ user: 1 }, false]);
});

bothStyles("what an interceptor changes in place stays with its attempt", async (t) => {
  const forms = [{ a: "1" }, [["a", "1"]], new URLSearchParams("a=1")] as const;
  for (const params of forms) {
    using api = create({
      baseURL: server.url,
      params,
      context: { tries: 0 },
      maxRetries: 1,
      retryStrategy: { getDelay: () => 0 },
    });
    api.interceptors.request.use(({ params: given, context }) => {
      context.tries = context.tries as number + 1;
      if (given instanceof URLSearchParams) given.append("b", "2");
      else if (Array.isArray(given)) given.push(["b", "2"]);
      else (given as Record<string, string>).b = `${(given as { b?: string }).b ?? ""}2`;
    });
    for (let round = 0; round < 2; round++) {
      const { request } = await t.get(api, `/fail-then/1?key=${t.key}-${round}`);
      assertEquals(new URL(request.url).searchParams.getAll("b"), ["2"]);
    }
    assertEquals([...new URLSearchParams(params as Record<string, string>)], [["a", "1"]]);
  }
  using shared = create({ baseURL: server.url });
  shared.interceptors.request.use((request) => {
    (request.retryMethods as string[]).push("POST");
  });
  await t.fails(t.get(shared, "/echo"), Error);
  assertEquals(shared.defaults.retryMethods.includes("POST"), false);
});

bothStyles("use() takes null, and refuses what is no function", async (t) => {
  using api = client(t);
  api.interceptors.request.use(null, null);
  api.interceptors.response.use(undefined);
  assertEquals((await t.get(api, "/echo")).status, 200);
  const error = await t.fails(() => api.interceptors.request.use("x" as never), TypeError);
  assertStringIncludes(error.message, "give a function");
});
