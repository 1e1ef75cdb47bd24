/** Options that users of other clients reach for, each in both styles. */
import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import {
  BodySizeError,
  create,
  DecodeError,
  HTTPStatusError,
  type RequestConfig,
  RetryError,
  type TransportRequest,
} from "../../mod.ts";
import { Client } from "../../src/client.ts";
import { Engine } from "../../src/engine.ts";
import * as streams from "../../src/stream/open_streams.ts";
import { bridgePort } from "../../src/sync/native_bridge.ts";
import { WORKER_SOURCE } from "../../src/sync/worker_source.ts";
import { fetchPort } from "../../src/transport/fetch.ts";
import { native } from "../../src/transport/native.ts";
import { keepWorker } from "../support/kept_worker.ts";
import { sharedServer } from "../support/server.ts";
import { MockTransport } from "../../src/testing/mod.ts";
import { bothStyles } from "../support/styles.ts";

const server = sharedServer();
keepWorker();

interface Echo {
  url: string;
  body: string;
  headers: Record<string, string>;
}

/** Answers with a body; keeps what was sent. */
function answering(body: string, headers: Record<string, string> = {}, status = 200) {
  const sent: TransportRequest[] = [];
  const sendSync = (request: TransportRequest) => {
    sent.push(request);
    return { status, headers, body: new TextEncoder().encode(body) };
  };
  const transport = {
    send: (request: TransportRequest) => Promise.resolve(sendSync(request)),
    sendSync,
  };
  return { sent, transport };
}

bothStyles("path fills the names in braces, also those of the base URL's path", async (t) => {
  using api = create({ baseURL: server.url });
  const url = async (path: string | URL, config: RequestConfig) =>
    (await t.get<Echo>(api, path as string, config)).data.url;
  const values = { id: "a/b", n: 2 };
  assertEquals(await url("/echo?id={id}&n={n}", { path: values }), "/echo?id=a%2Fb&n=2");
  const absolute = new URL(`${server.url}/echo?id={id}`);
  assertEquals(await url(absolute, { path: { id: "ü" } }), "/echo?id=%C3%BC");
  // Without the option they are none.
  assertStringIncludes(decodeURIComponent(await url("/echo?q={id}", {})), "{id}");
  for (const path of [{}, { id: 1, other: 2 }]) {
    await t.fails(t.get(api, "/echo?q={id}", { path }), TypeError);
  }
  await t.fails(t.get(api, "/users/{id}", { path: { id: ".." } }), TypeError);
});

bothStyles("a name in braces of a path without a value is refused, nothing is sent", async (t) => {
  const transport = new MockTransport();
  transport.on("*", "*").reply(200);
  using api = create({
    baseURL: "https://example.com",
    transport,
    redact: ["key"],
    allowAbsoluteUrls: true,
  });
  const relative = await t.fails(t.get(api, "/user/{id}/{what}?key=s3cret"), TypeError);
  assertEquals(
    relative.message,
    'Cannot build URL "/user/{id}/{what}?key=***": "{id}" has no value, ' +
      'give "path: { id: … }"; braces that are meant are %7B and %7D',
  );
  const absolute = "https://me:{s3cret}@example.com/a/{user-id}";
  for (const client of [api, create({ transport })]) {
    const { message } = await t.fails(t.get(client, absolute), TypeError);
    assertStringIncludes(message, 'give "path: { "user-id": … }"');
    assertEquals(message.includes("s3cret"), false);
  }
  assertEquals(transport.requests.length, 0);
  const sent = ["/a?q={id}", "/a#{id}", "/%7Bid%7D", "/{}", "/a}{", "https://example.com/?q={b}"];
  for (const url of sent) await t.get(api, url);
  await t.request(api, { url: new URL("https://example.com/{id}") });
  assertEquals(transport.requests.length, sent.length + 1);
});

bothStyles("nested params are written as paramsSerializer says", async (t) => {
  using api = create({ baseURL: server.url });
  const params = {
    filter: { name: "a b", tags: ["x", "y"], range: { from: 1 } },
    list: [{ id: 1 }],
  };
  const url = async (paramsSerializer?: RequestConfig["paramsSerializer"]) =>
    decodeURIComponent((await t.get<Echo>(api, "/echo", { params, paramsSerializer })).data.url);
  assertEquals(
    await url({ nested: "brackets" }),
    "/echo?filter[name]=a+b&filter[tags]=x&filter[tags]=y&filter[range][from]=1&list[0][id]=1",
  );
  assertEquals(
    await url({ nested: "dots", arrayFormat: "comma" }),
    "/echo?filter.name=a+b&filter.tags=x,y&filter.range.from=1&list.0.id=1",
  );
  const error = await t.fails(() => url(), TypeError);
  assertStringIncludes(error.message, 'nested: "brackets"');
  const unknown = await t.fails(() => url({ nested: "deep" as never }), TypeError);
  assertStringIncludes(unknown.message, '"brackets" or "dots"');
});

bothStyles("a serializer that changes its parameters changes a copy", async (t) => {
  const params = { a: { b: 1 } };
  using api = create({
    baseURL: server.url,
    params,
    paramsSerializer(given) {
      (given as typeof params).a.b++;
      return `b=${(given as typeof params).a.b}`;
    },
  });
  for (let round = 0; round < 2; round++) {
    assertEquals((await t.get<Echo>(api, "/echo")).data.url, "/echo?b=2");
  }
  assertEquals(params, { a: { b: 1 } });
});

/** Numbers that are too large for JavaScript stay text. */
function parseJSON(text: string): unknown {
  return JSON.parse(text.replace(/:\s*(\d{16,})/g, ':"$1"'));
}

const BIG = '{"id": 12345678901234567890}';
const JSON_TYPE = { "content-type": "application/json" };

bothStyles("parseJSON reads every JSON text: data, json(), error bodies and NDJSON", async (t) => {
  const statuses: number[] = [];
  const config = {
    parseJSON(text: string, { response }: { response: { status: number } }) {
      statuses.push(response.status);
      return parseJSON(text);
    },
  };
  const expected = { id: "12345678901234567890" };
  const api = create({ transport: answering(BIG, JSON_TYPE).transport, ...config });
  const response = await t.get(api, "https://example.com/");
  assertEquals([response.data, response.json()], [expected, expected]);
  const refused = create({ transport: answering(BIG, JSON_TYPE, 422).transport, ...config });
  const error = await t.fails(t.get(refused, "https://example.com/"), HTTPStatusError);
  assertEquals([error.response?.data, error.response?.json()], [expected, expected]);
  const lines = create({ transport: answering(`${BIG}\n${BIG}`).transport, ...config });
  const stream = await t.stream(lines, "https://example.com/");
  assertEquals(await Array.fromAsync(stream.iterJSON()), [expected, expected]);
  assertEquals(new Set(statuses), new Set([200, 422]));
});

bothStyles("what parseJSON throws is a DecodeError that keeps the text", async (t) => {
  const api = create({
    transport: answering("not json", JSON_TYPE).transport,
    parseJSON: () => {
      throw new RangeError("no way");
    },
  });
  const error = await t.fails(t.get(api, "https://example.com/"), DecodeError);
  assertEquals(error.response?.text(), "not json");
  assertInstanceOf(error.cause, RangeError);
});

bothStyles("stringifyJSON writes what is sent as JSON", async (t) => {
  const { sent, transport } = answering("");
  const api = create({
    transport,
    stringifyJSON: (value) =>
      JSON.stringify(value, (_, item) => typeof item === "bigint" ? `${item}n` : item),
  });
  await t.post(api, "https://example.com/", { json: { id: 5n } });
  assertEquals(new TextDecoder().decode(sent[0]?.body as Uint8Array), '{"id":"5n"}');
  const broken = { stringifyJSON: () => undefined as never, json: 1 };
  const error = await t.fails(t.post(api, "https://example.com/", broken), TypeError);
  assertStringIncludes(error.message, '"stringifyJSON"');
});

Deno.test("parseJSON and stringifyJSON are plain functions", () => {
  const odd = [async () => {}, function* () {}, async function* () {}];
  for (const fn of odd) {
    assertThrows(() => create({ parseJSON: fn as never }), TypeError, "plain function");
    assertThrows(() => create({ stringifyJSON: fn as never }), TypeError, "plain function");
  }
});

bothStyles("responseType blob, and blob(), have the content type", async (t) => {
  using api = create({ baseURL: server.url });
  const { data } = await t.get<Blob>(api, "/html", { responseType: "blob" });
  assertInstanceOf(data, Blob);
  assertEquals(data.type, "text/html; charset=utf-8");
  assertStringIncludes(await data.text(), "<!doctype html>");
  const response = await t.get(api, "/bytes/5");
  const blob = response.blob();
  assertEquals([blob.size, blob.type], [5, "application/octet-stream"]);
  assertEquals(new Uint8Array(await blob.arrayBuffer()), response.bytes());
  assertEquals((await t.get(api, "/empty")).blob().size, 0);
});

bothStyles("redirects tells each hop that was followed", async (t) => {
  using api = create({ baseURL: server.url });
  const response = await t.get(api, "/redirect/2?status=307");
  assertEquals(response.redirects, [
    { status: 307, url: `${server.url}/redirect/2?status=307` },
    { status: 307, url: `${server.url}/redirect/1?status=307` },
  ]);
  assertEquals([response.redirected, response.url], [true, `${server.url}/echo?status=307`]);
  assertEquals((await t.get(api, "/json")).redirects, []);
  const stream = await t.stream(api, "/redirect/1");
  assertEquals(stream.redirects.length, 1);
  stream.close();
});

bothStyles("maxRequestSize refuses a larger body before anything is sent", async (t) => {
  using api = create({ baseURL: server.url, maxRequestSize: 10, headers: { "x-test-key": t.key } });
  const bodies: RequestConfig[] = [
    { json: "0123456789" },
    { data: "0123456789x" },
    { data: new Uint8Array(11) },
    { data: new Blob(["0123456789x"]) },
    { form: { a: "0123456789" } },
    { files: { a: "x" } },
  ];
  for (const body of bodies) {
    const error = await t.fails(t.post(api, "/echo", body), BodySizeError);
    assertStringIncludes(error.message, '"maxRequestSize"');
    assertEquals([error.code, error.request?.method], ["AX_BODY_SIZE", "POST"]);
  }
  assertEquals(await server.requests(t.key), []);
  assertEquals((await t.post<Echo>(api, "/echo", { data: "0123456789" })).data.body, "0123456789");
  const larger = { data: "0123456789x", maxRequestSize: false } as const;
  assertEquals((await t.post<Echo>(api, "/echo", larger)).data.body, "0123456789x");
});

bothStyles("maxRequestSize ends a stream as soon as it is passed", async (t) => {
  using api = create({ baseURL: server.url, maxRequestSize: 100, maxRetries: 2 });
  let pulled = 0;
  const data = (function* () {
    for (; pulled < 50; pulled++) yield new Uint8Array(30);
  })();
  const error = await t.fails(t.put(api, "/echo", { data }), BodySizeError);
  assertStringIncludes(error.message, "larger than 100 bytes");
  assert(pulled < 20, `${pulled} chunks`);
});

bothStyles("defaults are the client's config as it was merged, and read-only", async (t) => {
  const parent = create({
    baseURL: "https://example.com",
    headers: { authorization: "Bearer s3cret", "x-a": "1" },
    params: { token: "s3cret", page: 1 },
    redact: ["token"],
    context: { tenant: "t" },
    retryOnStatus: [503],
  });
  const api = parent.extend({ timeout: 5, headers: { "x-a": "2" } });
  const { defaults } = api;
  assertEquals(defaults.timeout, 5);
  assertEquals([defaults.maxRetries, defaults.baseURL], [0, "https://example.com"]);
  assertEquals(defaults.headers.get("x-a"), "2");
  assertEquals(parent.defaults.headers.get("x-a"), "1");
  const printed = Deno.inspect(defaults);
  assertEquals(printed.includes("s3cret"), false, printed);
  assertStringIncludes(printed, 'authorization: "***"');
  const changes: (() => unknown)[] = [
    () => (defaults as { timeout: number }).timeout = 1,
    () => defaults.headers.set("x-a", "3"),
    () => defaults.headers.append("x-b", "3"),
    () => defaults.headers.delete("authorization"),
    () => defaults.context.tenant = "other",
    () => (defaults.params as Record<string, unknown>).page = 2,
    () => (defaults.retryOnStatus as number[]).push(418),
    () => (defaults.retryMethods as string[]).push("POST"),
  ];
  for (const change of changes) await t.fails(() => change(), TypeError);
  const advice = await t.fails(() => defaults.headers.set("x-a", "3"), TypeError);
  assertStringIncludes(advice.message, "extend");
  assertEquals(api.defaults.headers.get("x-a"), "2");
});

Deno.test("a printed client shows its base URL, and no secret", () => {
  const api = create({
    baseURL: "https://me:s3cret@example.com/v1",
    headers: { cookie: "s3cret" },
  });
  assertEquals(Deno.inspect(api), 'Client { baseURL: "https://***@example.com/v1" }');
  assertEquals(Deno.inspect(create()), "Client {}");
});

/** As the entry for browsers makes it. */
function onPage(page: string, config: RequestConfig): Client {
  const platform = {
    port: fetchPort(native),
    blocking: bridgePort(WORKER_SOURCE),
    streams: () => streams,
    page: () => page,
  };
  return new Client({ engine: new Engine(platform), config } as never);
}

bothStyles("a relative URL in a page is resolved against the page, as fetch does", async (t) => {
  const { sent, transport } = answering("");
  const api = onPage("https://page.example/app/index.html?x#y", { transport });
  for (const url of ["users", "/users", "../up", "?q=1", "//other.example/x"]) {
    await t.get(api, url);
  }
  assertEquals(sent.map(({ url }) => url), [
    "https://page.example/app/users",
    "https://page.example/users",
    "https://page.example/up",
    "https://page.example/app/index.html?q=1",
    "https://other.example/x",
  ]);
  const based = onPage("https://page.example/", { transport, baseURL: "https://api.example" });
  await t.get(based, "/users");
  assertEquals(sent.at(-1)?.url, "https://api.example/users");
  await t.fails(t.get(create({ transport }), "users"), TypeError);
});

const HINTS: [name: string, config: Record<string, unknown>, words: string[]][] = [
  ["auth", { auth: { username: "a", password: "b" } }, ['"authorization"', '"basicAuth"']],
  ["verify", { verify: false }, ["network: { caCerts }", "always verified"]],
  ["withCredentials", { withCredentials: true }, ['fetchOptions: { credentials: "include" }']],
  ["arraybuffer", { responseType: "arraybuffer" }, ['"bytes"']],
  ["stream", { responseType: "stream" }, ['"stream"', '"streamSync"']],
  ["body", { body: "x" }, ['"json"', '"data"']],
  ["query", { query: {} }, ['"params"']],
  ["retries", { retries: 2 }, ['"maxRetries"']],
  ["baseUrl", { baseUrl: "https://example.com" }, ['"baseURL"']],
];

for (const [name, config, words] of HINTS) {
  bothStyles(`a hint for users of other clients: ${name}`, async (t) => {
    const error = await t.fails(
      t.get(create(), "https://example.com/", config as never),
      TypeError,
    );
    for (const word of words) assertStringIncludes(error.message, word);
    const made = await t.fails(() => create(config as never), TypeError);
    assertEquals(made.message, error.message);
  });
}

bothStyles("localhost:3000/x is told to lack its protocol", async (t) => {
  for (const url of ["localhost:3000/x", "api.example.com:8080", "127.0.0.1:3000?x"]) {
    const error = await t.fails(t.get(create(), url), TypeError);
    assertStringIncludes(error.message, "it has no protocol, start it with http:// or https://");
  }
});

bothStyles("a retried call that fails tells the redirects of none", async (t) => {
  using api = create({ baseURL: server.url, maxRetries: 1, retryStrategy: { getDelay: () => 0 } });
  const error = await t.fails(t.get(api, "/redirect-to?url=/status/503"), RetryError);
  assertEquals(error.response?.redirects.map(({ status }) => status), [302]);
});
