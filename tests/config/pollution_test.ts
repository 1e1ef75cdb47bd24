/** What somebody else has put into `Object.prototype` changes no call. */

import { assert, assertEquals } from "@std/assert";
import { OPTIONS } from "../../src/config/table.ts";
import { MockTransport } from "../../src/testing/mod.ts";
import { type Client, create, createResponse, type RequestConfig } from "../../mod.ts";
import { sharedServer } from "../support/server.ts";
import { bothStyles, type StyleKit } from "../support/styles.ts";

const server = sharedServer();

const evil = (): never => {
  throw new Error("evil");
};

/** For each option a value that would be seen. */
const EVIL: Readonly<Record<string, unknown>> = {
  method: "DELETE",
  url: "https://evil.example.com/",
  baseURL: "https://evil.example.com/",
  allowAbsoluteUrls: true,
  protocols: [],
  path: { evil: 1 },
  params: { evil: 1 },
  paramsSerializer: () => "evil",
  headers: { "x-evil": "1" },
  json: { evil: 1 },
  form: { evil: 1 },
  files: { evil: "1" },
  data: "evil",
  timeout: 1,
  totalTimeout: 0.001,
  maxRetries: 3,
  retryStrategy: { getDelay: evil },
  retryOnStatus: [200],
  retryMethods: ["POST"],
  retryOn: evil,
  maxRetryAfter: 0,
  onRetry: evil,
  validateStatus: () => false,
  followRedirects: false,
  maxRedirects: 0,
  sensitiveHeaders: ["accept"],
  transformRequest: () => "evil",
  transformResponse: () => "evil",
  schema: { "~standard": { version: 1, vendor: "evil", validate: evil } },
  parseJSON: () => "evil",
  stringifyJSON: () => "evil",
  responseType: "bytes",
  maxResponseSize: 1,
  maxRequestSize: 1,
  signal: AbortSignal.abort("evil"),
  cancelToken: { cancelled: true, reason: "evil", onCancel: evil, cancel: evil },
  onUploadProgress: evil,
  onDownloadProgress: evil,
  network: { proxy: "http://127.0.0.1:9" },
  transport: { send: evil, sendSync: evil },
  fetch: evil,
  fetchOptions: { headers: { "x-evil": "1" } },
  // Of our own, below the options.
  deadline: evil,
  blocking: true,
  explain: evil,
  report: evil,
  hold: evil,
  clock: { now: evil, random: evil, sleep: evil, sleepSync: evil },
  redact: ["accept"],
  context: { evil: 1 },
  attempt: 7,
  module: "file:///evil.ts",
  // Members of fetch's init that are no options; "body" confuses Deno's own fetch.
  duplex: "half",
  redirect: "error",
  // Members of our own objects.
  leftMs: 1,
  stream: true,
  statusText: "evil",
  redirected: true,
  failure: new Error("evil"),
};

/** Runs with a name in `Object.prototype`. */
async function polluted<T>(name: string, run: () => Promise<T>): Promise<T> {
  const target = Object.prototype as unknown as Record<string, unknown>;
  try {
    target[name] = EVIL[name];
    return await run();
  } finally {
    delete target[name];
  }
}

async function everything(t: StyleKit, api: Client, body: RequestConfig): Promise<unknown> {
  const child = api.extend({ headers: { "x-child": "1" } });
  child.interceptors.request.use((request) => ({ headers: request.headers, timeout: 5_000 }));
  child.use((request, next) => next({ context: { own: 1 }, maxRetries: request.maxRetries }));
  child.use((request, next) => next(request), { per: "hop" });
  const results: unknown[] = [];
  for (const client of [api, child]) {
    for (const method of ["GET", "POST"]) {
      const config = method === "GET" ? { url: "/echo?a=1" } : { url: "/echo?b=1", ...body };
      const response = await t.request(client, { method, ...config });
      const { status, statusText, redirected, data, url, attempts } = response;
      results.push({ status, statusText, redirected, data, url, attempts });
    }
  }
  child.close();
  return results;
}

Deno.test("every option has a value that would be seen", () => {
  assertEquals([...OPTIONS.keys()].filter((name) => !Object.hasOwn(EVIL, name)), []);
});

bothStyles("no member of Object.prototype is an option, over the network", async (t) => {
  const make = (): Client => create({ baseURL: server.url });
  const plain = await everything(t, make(), { json: { a: 1 } });
  for (const name of Object.keys(EVIL)) {
    const client = make();
    const found = await polluted(name, () => everything(t, client, { json: { a: 1 } }));
    const made = await polluted(name, () => everything(t, make(), { json: { a: 1 } }));
    assertEquals([found, made], [plain, plain], name);
    client.close();
  }
});

bothStyles("no member of Object.prototype is an option of pages, streams and mocks", async (t) => {
  const run = async (): Promise<unknown> => {
    const transport = new MockTransport();
    transport.on("GET", "/a").reply(200, [1], { link: '</b>; rel="next"' });
    transport.on("GET", "/b").reply(200, [2]);
    const api = create({ transport, baseURL: "https://api.example.com" });
    const pages = await t.pages(api, "/a");
    const stream = await t.stream(api, "/b");
    const bytes = await stream.read();
    const { status, headers } = createResponse({ data: 1 });
    return [
      pages,
      stream.status,
      bytes,
      status,
      [...headers],
      transport.requests.map(({ url, headers }) => [url, [...headers]]),
    ];
  };
  const plain = await run();
  for (const name of Object.keys(EVIL)) assertEquals(await polluted(name, run), plain, name);
});

Deno.test("an object's inherited members are no options", () => {
  for (const inherited of [{ headers: { "x-a": "1" } }, { timeout: 1 }]) {
    let error: unknown;
    try {
      create(Object.create(inherited));
    } catch (thrown) {
      error = thrown;
    }
    assert(error instanceof TypeError && error.message.includes("give a plain object"));
  }
});
