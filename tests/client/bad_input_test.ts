import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { create } from "../../mod.ts";
import type { ClientConfig, RequestConfig } from "../../mod.ts";
import { sharedServer } from "../support/server.ts";
import { bothStyles, parity } from "../support/styles.ts";

const server = sharedServer();

interface Case {
  name: string;
  url?: string | URL;
  method?: string;
  config?: Record<string, unknown>;
  client?: ClientConfig;
  class?: typeof TypeError | typeof RangeError;
  text: string[];
}

const circular: Record<string, unknown> = { name: "loop" };
circular.self = circular;

const CASES: Case[] = [
  {
    name: "a misspelt option",
    config: { heders: {} },
    text: ['Unknown option "heders"', '"headers"'],
  },
  { name: "an option of another client", config: { body: "x" }, text: ['"body"', '"json"'] },
  {
    name: "two bodies",
    method: "POST",
    config: { json: 1, data: "x" },
    text: ["two bodies", '"json" and "data"'],
  },
  {
    name: "three bodies",
    method: "POST",
    config: { json: 1, form: { a: 1 }, files: {} },
    text: ["two bodies"],
  },
  { name: "a URL that does not parse", url: "http://[bad", text: ["http://[bad", "not a valid"] },
  { name: "a relative URL without a base", client: {}, text: ['"baseURL"'] },
  { name: "another origin", url: "https://evil.invalid/", text: ["allowAbsoluteUrls"] },
  { name: "a scheme-relative URL", url: "//evil.invalid/", text: ["allowAbsoluteUrls"] },
  { name: "a hidden absolute URL", url: " \\\\evil.invalid", text: ["control characters"] },
  { name: "a path above the base", url: "/../x", text: ["climb above"] },
  { name: "a file: URL", url: "file:///etc/passwd", client: {}, text: ['"file:"', '"https:"'] },
  { name: "a file: URL under a base", url: "file:///etc/passwd", text: ['"file:"'] },
  { name: "a data: URL", url: new URL("data:text/plain,x"), client: {}, text: ['"data:"'] },
  { name: "a javascript: URL", url: "javascript:1", client: {}, text: ['"javascript:"'] },
  { name: "a URL that is a number", url: 5 as never, text: ["the URL is a number"] },
  { name: "a URL that is null", url: null as never, text: ["null"] },
  {
    name: "a base URL with a query",
    client: { baseURL: "http://a.invalid/?x=1" },
    text: ["query"],
  },
  {
    name: "a base URL with a fragment",
    client: { baseURL: "http://a.invalid/#x" },
    text: ["frag"],
  },
  { name: "a relative base URL", client: { baseURL: "/api" }, text: ["/api", "not an absolute"] },
  { name: "a base URL of a file", client: { baseURL: "file:///x" }, text: ['"file:"'] },
  {
    name: "a header value with CR and LF",
    config: { headers: { "x-a": "b\r\nx-evil: 1" } },
    text: ['"x-a"', "line break"],
  },
  { name: "a header value with LF", config: { headers: { "x-a": "b\nc" } }, text: ["line break"] },
  {
    name: "a header value with NUL",
    config: { headers: { "x-a": "b\0c" } },
    text: ["control character"],
  },
  { name: "a header name with a space", config: { headers: { "x a": "b" } }, text: ["name must"] },
  {
    name: "a header that is a number",
    config: { headers: { "x-a": 1 } },
    text: ['"x-a"', "number"],
  },
  { name: "a header that is null", config: { headers: { "x-a": null } }, text: ["undefined"] },
  { name: "a header that is a list", config: { headers: { "x-a": ["b"] } }, text: ["array"] },
  { name: "a header beyond Latin-1", config: { headers: { "x-a": "€" } }, text: ["Latin-1"] },
  { name: "headers that are text", config: { headers: "x-a: b" }, text: ['"headers"', "object"] },
  { name: "a GET with a body", config: { json: { a: 1 } }, text: ["body with GET", '"params"'] },
  { name: "a HEAD with a body", method: "HEAD", config: { data: "x" }, text: ["body with HEAD"] },
  {
    name: "circular JSON",
    method: "POST",
    config: { json: circular },
    text: ['"json"', "refers to itself"],
  },
  { name: "a BigInt in JSON", method: "POST", config: { json: { id: 1n } }, text: ["BigInt"] },
  { name: "a function as JSON", method: "POST", config: { json: () => {} }, text: ["function"] },
  { name: "an object as data", method: "POST", config: { data: { a: 1 } }, text: ['"json"'] },
  { name: "a number as data", method: "POST", config: { data: 5 }, text: ['"data"', "number"] },
  { name: "a nested parameter", config: { params: { a: { b: 1 } } }, text: ['"paramsSerializer"'] },
  { name: "a parameter that is NaN", config: { params: { a: NaN } }, text: ['"a"', "NaN"] },
  {
    name: "an invalid date",
    config: { params: { a: new Date(NaN) } },
    class: RangeError,
    text: ["date"],
  },
  {
    name: "a timeout of 0",
    config: { timeout: 0 },
    class: RangeError,
    text: ['"timeout"', "false"],
  },
  { name: "a negative timeout", config: { timeout: -1 }, class: RangeError, text: ["got -1"] },
  { name: "a timeout that is NaN", config: { timeout: NaN }, class: RangeError, text: ["got NaN"] },
  { name: "a timeout that is text", config: { timeout: "5s" }, text: ["milliseconds"] },
  {
    name: "a totalTimeout of 0",
    config: { totalTimeout: 0 },
    class: RangeError,
    text: ['"totalTimeout"'],
  },
  { name: "negative retries", config: { maxRetries: -1 }, class: RangeError, text: ["got -1"] },
  { name: "a method with a space", method: "GE T", text: ['method "GE T"'] },
  { name: "a method that fetch forbids", method: "TRACE", text: ['"TRACE"', "forbids"] },
  {
    name: "a response type",
    config: { responseType: "image" },
    text: ['"json", "text", "bytes" or "blob"'],
  },
  { name: "a schema that is none", config: { schema: {} }, text: ["Standard Schema"] },
  { name: "a signal that is none", config: { signal: {} }, text: ["AbortSignal"] },
  { name: "a token that is none", config: { cancelToken: "x" }, text: ['"cancelToken"'] },
  { name: "a transport without send", config: { transport: {} }, text: ['"send"'] },
  { name: "a config that is null", config: null as never, text: ["give a plain object"] },
  { name: "a config that is text", config: "x" as never, text: ['"{ data: … }"'] },
];

for (const { name, url = "/echo", method = "GET", config = {}, client, text, ...rest } of CASES) {
  const Class = rest.class ?? TypeError;
  parity(`bad input: ${name} fails alike`, async (t) => {
    using api = create(client ?? { baseURL: server.url });
    await t.call(api, "request", url as string, options(config, method));
  });

  bothStyles(`bad input: ${name} is a ${Class.name}, and nothing is sent`, async (t) => {
    const error = await t.fails(() => {
      const api = create({ ...client ?? { baseURL: server.url } });
      api.interceptors.request.use((request) => {
        request.context.key = t.key;
      });
      return t.call(api, "request", url as string, options(config, method));
    }, Error);
    assertEquals([error.constructor, error.name], [Class, Class.name], String(error));
    for (const part of text) assertStringIncludes(error.message, part);
    // std: sentence case, no final period.
    assert(/^[A-Z]/.test(error.message) && !error.message.endsWith("."), error.message);
    assertEquals(await server.requests(), []);
  });
}

function options(config: unknown, method: string): RequestConfig {
  if (typeof config !== "object" || config === null) return config as never;
  return { method, ...config };
}

bothStyles("bad input is found before a stream of the body is read", async (t) => {
  using api = create({ baseURL: server.url });
  let pulled = 0;
  function* chunks(): Generator<Uint8Array<ArrayBuffer>> {
    pulled++;
    yield new Uint8Array([1]);
  }
  const config = { data: chunks(), headers: { "x-a": "\n" } };
  await t.fails(t.post(api, "/echo", config), TypeError);
  assertEquals(pulled, 0);
});

bothStyles("bad input never shows a secret", async (t) => {
  using api = create({ baseURL: server.url });
  const secret = "s3cret";
  const configs: RequestConfig[] = [
    { headers: { authorization: `Bearer ${secret}\n` } },
    { headers: { [`authorization: Bearer ${secret}`]: "x" } },
    { headers: { authorization: [secret] } as never },
    { timeout: secret as never },
    { baseURL: `https://me:${secret}@[bad` },
    { url: `https://me:${secret}@evil.invalid/` },
    { url: `//me:${secret}@evil.invalid/` },
    { redact: ["key"], url: `https://evil.invalid/?key=${secret}` },
  ];
  for (const config of configs) {
    const error = await t.fails(t.request(api, { url: "/", ...config }), TypeError);
    assertEquals(Deno.inspect(error).includes(secret), false, error.message);
  }
});
