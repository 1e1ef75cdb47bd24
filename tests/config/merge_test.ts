import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { create } from "../../mod.ts";
import type { ClientConfig, RequestConfig } from "../../mod.ts";
import { clientDefaults } from "../../src/config/merge.ts";
import { OPTIONS } from "../../src/config/table.ts";
import { keepWorker } from "../support/kept_worker.ts";
import { sharedServer } from "../support/server.ts";
import { bothStyles } from "../support/styles.ts";

const server = sharedServer();
keepWorker();

interface Echo {
  method: string;
  url: string;
  headers: Record<string, string>;
  body: string;
}

bothStyles("a call's options outrank the client's, those the defaults", async (t) => {
  using api = create({ baseURL: server.url, maxRetries: 2, timeout: 5_000 });
  const seen: unknown[] = [];
  api.interceptors.request.use(({ maxRetries, timeout, maxRedirects }) => {
    seen.push([maxRetries, timeout, maxRedirects]);
  });
  await t.get(api, "/echo");
  await t.get(api, "/echo", { maxRetries: 0, timeout: false });
  await t.get(api, "/echo", { maxRetries: undefined, timeout: undefined });
  assertEquals(seen, [[2, 5_000, 20], [0, false, 20], [2, 5_000, 20]]);
});

bothStyles("headers merge without regard to case, undefined removes one", async (t) => {
  using api = create({
    baseURL: server.url,
    headers: { "X-One": "client", "x-two": "client", "X-Three": "client" },
  });
  const headers = { "x-oNe": "call", "X-TWO": undefined, "x-four": undefined, Accept: "text/css" };
  const seen = (await t.get<Echo>(api, "/echo", { headers })).data.headers;
  assertEquals([seen["x-one"], seen["x-two"], seen["x-three"], seen.accept], [
    "call",
    undefined,
    "client",
    "text/css",
  ]);
  const fresh = (await t.get<Echo>(api, "/echo")).data.headers;
  assertEquals([fresh["x-one"], fresh["x-two"]], ["client", "client"]);
  assertEquals(fresh.accept, "application/json, text/plain, */*");
});

bothStyles("headers come as Headers, pairs and records", async (t) => {
  using api = create({ baseURL: server.url, headers: new Headers({ "x-a": "1" }) });
  const get = async (headers: RequestConfig["headers"]) =>
    (await t.get<Echo>(api, "/echo", { headers })).data.headers;
  assertEquals((await get([["x-b", "1"], ["X-B", "2"]]))["x-b"], "1, 2");
  assertEquals((await get(new Headers({ "x-b": "3" })))["x-b"], "3");
  assertEquals((await get({ "x-b": "" }))["x-b"], "");
  assertEquals((await get({}))["x-a"], "1");
});

bothStyles("params merge by key and replace those of the URL", async (t) => {
  using api = create({ baseURL: server.url, params: { a: 1, b: 2, c: [1, 2] } });
  const url = async (params: RequestConfig["params"], path = "/echo") =>
    (await t.get<Echo>(api, path, { params })).data.url;
  assertEquals(await url(undefined), "/echo?a=1&b=2&c=1&c=2");
  assertEquals(await url({ b: undefined, d: null }), "/echo?a=1&c=1&c=2&d=");
  assertEquals(await url([["a", "x"], ["a", "y"]]), "/echo?b=2&c=1&c=2&a=x&a=y");
  assertEquals(await url(new URLSearchParams("c=9")), "/echo?a=1&b=2&c=9");
  assertEquals(await url({ a: 5 }, "/echo?a=0&z=1"), "/echo?z=1&a=5&b=2&c=1&c=2");
});

bothStyles("context merges by key and is never sent", async (t) => {
  using api = create({ baseURL: server.url, context: { a: 1, b: 1 } });
  const seen: unknown[] = [];
  api.interceptors.request.use(({ context }) => {
    seen.push({ ...context });
    context.a = "changed";
  });
  await t.get(api, "/echo", { context: { b: 2, c: 2 }, params: { key: t.key } });
  await t.get(api, "/echo");
  assertEquals(seen, [{ a: 1, b: 2, c: 2 }, { a: 1, b: 1 }]);
  const [sent] = await server.requests(t.key);
  assertEquals(`${sent?.url}${JSON.stringify(sent?.headers)}`.includes("context"), false);
});

bothStyles("lists append: the client's, then the call's", async (t) => {
  const add = (name: string) => (data: unknown) => [data, name];
  using api = create({ baseURL: server.url, transformResponse: add("client") });
  using child = api.extend({ transformResponse: [add("child")] });
  const transformResponse = [add("call 1"), add("call 2")];
  const { data } = await t.get(child, "/status/200", { transformResponse });
  assertEquals(data, [[[[{ status: 200 }, "client"], "child"], "call 1"], "call 2"]);
  assertEquals((await t.get(api, "/status/200")).data, [{ status: 200 }, "client"]);
});

bothStyles("a list of the defaults is replaced", async (t) => {
  using api = create({ baseURL: server.url, retryOnStatus: [418] });
  const retryStrategy = { getDelay: () => 0 };
  const config = { maxRetries: 1, retryStrategy, params: { key: t.key } };
  const attempts = async (path: string, more: RequestConfig = {}) =>
    (await t.fails(t.get(api, path, { ...config, ...more }), Error) as { attempts?: number })
      .attempts;
  assertEquals(await attempts("/status/503"), 1);
  assertEquals(await attempts("/status/418"), 2);
  assertEquals(await attempts("/status/503", { retryOnStatus: [503] }), 2);
  assertEquals(await attempts("/status/418", { retryOnStatus: [503] }), 2);
});

bothStyles("a body of the call replaces the client's of whatever kind", async (t) => {
  using api = create({ baseURL: server.url, json: { client: true } });
  const body = async (config?: RequestConfig) =>
    (await t.post<Echo>(api, "/echo", config)).data.body;
  assertEquals(await body(), '{"client":true}');
  assertEquals(await body({ form: { a: 1 } }), "a=1");
  assertEquals(await body({ data: "raw" }), "raw");
  assertEquals(await body({ json: null }), "null");
  assertEquals(await body({ data: null }), "");
  assertEquals(await body({ json: undefined }), '{"client":true}');
});

bothStyles("the method of request() is in any case, that of a verb is fixed", async (t) => {
  using api = create({ baseURL: server.url });
  assertEquals((await t.request<Echo>(api, { url: "/echo", method: "put" })).data.method, "PUT");
  const config = { method: "POST" } as RequestConfig;
  const error = await t.fails(() => t.get<Echo>(api, "/echo", config), TypeError);
  assertStringIncludes(error.message, 'option "method" of "get"');
  assertEquals((await t.request<Echo>(api, { url: "/echo" })).data.method, "GET");
});

bothStyles("config objects are not changed and may be used again", async (t) => {
  const config = Object.freeze({
    headers: Object.freeze({ a: "1" }),
    params: Object.freeze({ b: 1 }),
    json: Object.freeze({ c: 1 }),
    context: Object.freeze({ d: 1 }),
    redact: Object.freeze(["x"]),
  });
  using api = create(Object.freeze({ baseURL: server.url, headers: Object.freeze({ z: "1" }) }));
  const [one, two] = [
    await t.post<Echo>(api, "/echo", config),
    await t.post<Echo>(api, "/echo", config),
  ];
  assertEquals([one.data.body, two.data.body], ['{"c":1}', '{"c":1}']);
});

bothStyles("keys that could pollute a prototype are ignored", async (t) => {
  const text = '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}';
  const evil = JSON.parse(text) as Record<string, never>;
  using api = create({ ...evil, baseURL: server.url });
  const config = { ...evil, headers: evil, params: evil, context: evil };
  const { data } = await t.get<Echo>(api, "/echo", config);
  assertEquals(data.url, "/echo");
  assertEquals(({} as Record<string, unknown>).polluted, undefined);
  assertEquals(({} as Record<string, unknown>).constructor, Object);
});

Deno.test("create() suggests the nearest option for one it does not know", () => {
  const cases: Record<string, string> = {
    baseUrl: '"baseURL"',
    BASEURL: '"baseURL"',
    header: '"headers"',
    timout: '"timeout"',
    retries: '"maxRetries"',
    maxRetry: '"maxRetries"',
    body: '"json"',
    query: '"params"',
    responseTyp: '"responseType"',
    "cancel-token": '"cancelToken"',
    adapter: '"transport"',
    validateStatuses: '"validateStatus"',
  };
  for (const [name, suggestion] of Object.entries(cases)) {
    const error = assertThrows(() => create({ [name]: 1 } as ClientConfig), TypeError);
    assertStringIncludes(error.message, `Unknown option "${name}"`);
    assertStringIncludes(error.message, suggestion);
  }
  for (const name of ["tenant", "zzzzzzzzzzzz", "toString", "hasOwnProperty"]) {
    const error = assertThrows(() => create({ [name]: 1 } as ClientConfig), TypeError);
    assertStringIncludes(error.message, `Unknown option "${name}"`);
  }
  const own = assertThrows(() => create({ zzzzzzzzzzzz: 1 } as ClientConfig), TypeError);
  assertStringIncludes(own.message, '"context"');
});

Deno.test("create() refuses each option with a value that it cannot have", () => {
  const odd = Symbol("odd");
  const free = ["json", "data", "attempt"];
  for (const name of [...OPTIONS.keys()].filter((name) => !free.includes(name))) {
    const error = assertThrows(() => create({ [name]: odd } as ClientConfig), TypeError);
    assertStringIncludes(error.message, `"${name}"`);
    create({ [name]: undefined } as ClientConfig).close();
  }
});

Deno.test("create() refuses numbers out of range", () => {
  const cases: Record<string, unknown[]> = {
    timeout: [0, -1, NaN, -Infinity],
    totalTimeout: [0, -1, NaN],
    maxRetries: [-1, 1.5, NaN],
    maxRedirects: [-1, 0.5],
    maxRetryAfter: [-1, NaN],
    maxResponseSize: [0, -1, NaN],
    retryOnStatus: [[99], [600], [200.5], ["500"]],
  };
  for (const [name, values] of Object.entries(cases)) {
    for (const value of values) {
      const error = assertThrows(() => create({ [name]: value } as ClientConfig), RangeError);
      assertStringIncludes(error.message, `"${name}"`);
    }
  }
});

Deno.test("create() looks into the network option, and names the member", () => {
  const refused = (network: unknown) =>
    assertThrows(() => create({ network } as ClientConfig), TypeError).message;
  assertStringIncludes(
    refused({ proxi: "http://127.0.0.1" }),
    'Unknown option "proxi" of "network"; there are ',
  );
  assertStringIncludes(refused({ toString: 1 }), "proxy, caCerts, cert, key, unixSocket, http2");
  assertStringIncludes(refused({ http2: 1 }), '"network.http2": it must be true or false, got 1');
  assertStringIncludes(refused({ caCerts: [1] }), '"network.caCerts": it must be an array of');
  create({ network: { proxy: undefined } }).close();
});

Deno.test("create() refuses what is no config, and says what a value was but not its text", () => {
  for (const config of [null, 1, "https://example.com"]) {
    assertThrows(() => create(config as never), TypeError, " as config: ");
  }
  using api = create();
  for (const address of ["/api", "https://example.com", new URL("https://example.com")]) {
    for (const make of [create, (config: ClientConfig) => api.extend(config)]) {
      const { message } = assertThrows(() => make(address as never), TypeError);
      assertStringIncludes(message, 'as config: give it as "{ baseURL: … }"');
    }
  }
  for (const odd of [null, [], new Map(), new FormData(), () => {}]) {
    const { message } = assertThrows(() => create(odd as never), TypeError);
    assertStringIncludes(message, " as config: give a plain object of options");
  }
  const error = assertThrows(() => create({ timeout: "s3cret" as never }), TypeError);
  assertStringIncludes(error.message, "got a string");
  assertEquals(error.message.includes("s3cret"), false);
});

Deno.test("clientDefaults() names the place of options that belong elsewhere", () => {
  assertThrows(() => clientDefaults({ stream: true } as never), TypeError, "streamSync");
  using api = create({ baseURL: "http://test.invalid" });
  assertThrows(() => api.getSync("/", { module: "x" } as never), TypeError, "create()");
});

bothStyles("a body that is an array replaces that of the client: it is no list", async (t) => {
  using api = create({ baseURL: server.url, json: ["client"] });
  const { data } = await t.post<Echo>(api, "/echo", { json: ["call"] });
  assertEquals(data.body, '["call"]');
});
