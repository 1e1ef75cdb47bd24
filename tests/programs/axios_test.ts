/** Snippets of axios as one types them first: each works, or fails with the right advice. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import * as axios from "../../mod.ts";
import { isAxError } from "../../mod.ts";
import { sharedServer } from "../support/server.ts";
import { bothStyles, type StyleKit } from "../support/styles.ts";

const server = sharedServer();

interface Echo {
  url: string;
  body: string;
  headers: Record<string, string>;
}

/** What a program without types may write. */
// deno-lint-ignore no-explicit-any -- the types refuse most of these
type Untyped = any;

const RIGHT: Record<string, (t: StyleKit) => Promise<void>> = {
  async "an instance with defaults"(t) {
    const instance = axios.create({
      baseURL: server.url,
      timeout: 1000,
      headers: { "X-Custom-Header": "foobar" },
    });
    const { data } = await t.get<Echo>(instance, "/echo", { params: { ID: 12345 } });
    assertEquals([data.url, data.headers["x-custom-header"]], ["/echo?ID=12345", "foobar"]);
  },
  async "verbs of the module"(t) {
    const url = `${server.url}/echo?ID=1`;
    const response = await t.either(() => axios.get<Echo>(url), () => axios.getSync<Echo>(url));
    assertEquals([response.status, response.data.url], [200, "/echo?ID=1"]);
  },
  async "request with method and url"(t) {
    const api = axios.create();
    const config = { method: "post", url: "/echo", baseURL: server.url, json: { a: 1 } };
    assertEquals((await t.request<Echo>(api, config)).data.body, '{"a":1}');
  },
  async "all and spread"() {
    const [a, b] = await axios.all([
      axios.get<Echo>(`${server.url}/echo?a`),
      axios.get<Echo>(`${server.url}/echo?b`),
    ]).then(axios.spread((one, two) => [one.data.url, two.data.url]));
    assertEquals([a, b], ["/echo?a", "/echo?b"]);
  },
  async "an error's response"(t) {
    const api = axios.create({ baseURL: server.url });
    try {
      await t.get(api, "/status/404");
    } catch (error) {
      if (!isAxError<{ status: number }>(error) || !error.response) throw error;
      assertEquals([error.response.status, error.response.data], [404, { status: 404 }]);
      assertEquals(error.response.headers.get("content-type"), "application/json");
      return;
    }
    throw new Error("it did not fail");
  },
  async "validateStatus and maxRedirects"(t) {
    const api = axios.create({ baseURL: server.url, validateStatus: (status) => status < 500 });
    assertEquals((await t.get(api, "/status/404", { maxRedirects: 5 })).status, 404);
  },
  async "a signal"(t) {
    const controller = new AbortController();
    controller.abort();
    const call = t.get(axios.create(), server.url, { signal: controller.signal });
    await t.fails(call, axios.CancelError);
  },
  async "an interceptor that sets a header, and eject"(t) {
    const api = axios.create({ baseURL: server.url });
    const id = api.interceptors.request.use((config) => {
      config.headers.set("Authorization", "Bearer 1");
      return config;
    });
    assertEquals((await t.get<Echo>(api, "/echo")).data.headers.authorization, "Bearer 1");
    api.interceptors.request.eject(id);
    assertEquals((await t.get<Echo>(api, "/echo")).data.headers.authorization, undefined);
  },
  async "transformResponse as a list"(t) {
    const api = axios.create({ baseURL: server.url });
    const transformResponse = [(data: unknown) => (data as Echo).url];
    assertEquals((await t.get(api, "/echo?a", { transformResponse })).data, "/echo?a");
  },
};

for (const [name, snippet] of Object.entries(RIGHT)) bothStyles(`axios, right: ${name}`, snippet);

/** A call with arguments that types would refuse. */
function call(t: StyleKit, verb: string, ...args: unknown[]): Promise<unknown> {
  return t.call(axios.create({ baseURL: server.url }) as Untyped, verb, ...args as never[]);
}

const WRONG: [name: string, snippet: (t: StyleKit) => unknown, advice: string[]][] = [
  [
    "axios.post(url, { firstName })",
    (t) => call(t, "post", "/echo", { firstName: "Fred", lastName: "Flintstone" }),
    ['"firstName"', '"json"'],
  ],
  [
    "axios.post(url, data, { headers })",
    (t) => call(t, "post", "/echo", { json: { a: 1 } }, { headers: {} }),
    ["3 arguments", '"json"', '"form" or "data"'],
  ],
  [
    "axios.post(url, new URLSearchParams(…))",
    (t) => call(t, "post", "/echo", new URLSearchParams({ foo: "bar" })),
    ["URLSearchParams", "form", "data"],
  ],
  ["axios.post(url, formData)", (t) => call(t, "post", "/echo", new FormData()), ['"{ data: … }"']],
  [
    "axios({ method, url, data: {…} })",
    (t) => call(t, "request", { method: "post", url: "/echo", data: { a: 1 } }),
    ['"json"'],
  ],
  ["axios.delete(url, { data: {…} })", (t) => call(t, "delete", "/echo", { data: { a: 1 } }), [
    '"json"',
  ]],
  [
    'responseType: "stream"',
    (t) => call(t, "get", "/echo", { responseType: "stream" }),
    ['"stream" and "streamSync"'],
  ],
  [
    'responseType: "arraybuffer"',
    (t) => call(t, "get", "/echo", { responseType: "arraybuffer" }),
    ['"bytes"'],
  ],
  [
    "auth",
    (t) => call(t, "get", "/echo", { auth: { username: "a", password: "b" } }),
    ['"authorization"', '"basicAuth"'],
  ],
  [
    "withCredentials",
    (t) => call(t, "get", "/echo", { withCredentials: true }),
    ['fetchOptions: { credentials: "include" }'],
  ],
  [
    "proxy",
    (t) => call(t, "get", "/echo", { proxy: { host: "127.0.0.1", port: 9000 } }),
    ['"network: { proxy }"'],
  ],
  ["httpsAgent", (t) => call(t, "get", "/echo", { httpsAgent: {} }), ['"network"']],
  ["adapter", (t) => call(t, "get", "/echo", { adapter: () => {} }), ['"transport"']],
  [
    "paramsSerializer: { indexes }",
    (t) => call(t, "get", "/echo", { params: { a: [1] }, paramsSerializer: { indexes: null } }),
    ['"indexes" of "paramsSerializer"', "arrayFormat"],
  ],
  ["maxContentLength", (t) => call(t, "get", "/echo", { maxContentLength: 1 }), [
    '"maxResponseSize"',
  ]],
  [
    "config.headers.Authorization = …",
    (t) => {
      const api = axios.create({ baseURL: server.url });
      api.interceptors.request.use((config) => {
        (config.headers as Untyped).Authorization = "Bearer 1";
        return config;
      });
      return t.get(api, "/echo");
    },
    ['headers.set("Authorization", value)'],
  ],
  [
    "instance.defaults.headers.common",
    () => (axios.create().defaults.headers as Untyped).common["Authorization"] = "Bearer 1",
    ['"extend"'],
  ],
  ["localhost:3000/x", (t) => t.get(axios.create(), "localhost:3000/x"), ["start it with http://"]],
];

for (const [name, snippet, advice] of WRONG) {
  bothStyles(`axios, wrong: ${name}`, async (t) => {
    const error = await t.fails(async () => void await snippet(t), Error);
    for (const words of advice) assertStringIncludes(error.message, words);
  });
}

Deno.test("axios: Promise.reject(error) in a handler is told to throw in a sync call", async () => {
  const api = axios.create({ baseURL: server.url });
  api.interceptors.response.use((response) => response, (error) => Promise.reject(error));
  const awaited = await api.get("/status/404").catch((error) => error);
  assertEquals(awaited.status, 404);
  try {
    api.getSync("/status/404");
  } catch (error) {
    assertStringIncludes(
      (error as Error).message,
      'an error is thrown, not "Promise.reject(error)"',
    );
    return;
  }
  throw new Error("it did not fail");
});
