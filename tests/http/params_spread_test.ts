/** `{ ...pairs }` makes names of places: what was meant is lost, so it is refused. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { create, type Params, type RequestConfig } from "../../mod.ts";
import { MockTransport } from "../../src/testing/mod.ts";
import { bothStyles } from "../support/styles.ts";

function mocked(config: RequestConfig = {}) {
  const transport = new MockTransport();
  transport.on("*", "*").reply(200);
  return { transport, api: create({ baseURL: "https://example.com", transport, ...config }) };
}

const PAIRS: Params = [["q", "x"], ["r", "y"]];

bothStyles("pairs that an interceptor has spread into an object are refused", async (t) => {
  const { api, transport } = mocked({ maxRetries: 2 });
  api.interceptors.request.use((request) => {
    request.params = { ...request.params, key: "1" };
  });
  const error = await t.fails(t.get(api, "/", { params: PAIRS }), TypeError);
  assertEquals(
    error.message,
    'Cannot use pairs that were spread into an object as "params": ' +
      'add one by "[...params, ["name", "value"]]", or give an object from the start',
  );
  assertEquals(transport.requests.length, 0);
});

bothStyles("what the message says works", async (t) => {
  const { api, transport } = mocked();
  api.interceptors.request.use((request) => {
    request.params = [...request.params as Iterable<[string, string]>, ["key", "1"]];
  });
  await t.get(api, "/", { params: PAIRS });
  assertEquals(transport.requests[0]?.url, "https://example.com/?q=x&r=y&key=1");
});

bothStyles("spread pairs are refused wherever they are given", async (t) => {
  const spread = { ...PAIRS as [string, string][] };
  for (const config of [{ params: spread }, { form: spread }] as RequestConfig[]) {
    const { message } = await t.fails(t.post(mocked().api, "/", config), TypeError);
    assertStringIncludes(message, `as "${Object.keys(config)[0]}"`);
  }
  const { api, transport } = mocked({ params: spread as never });
  await t.fails(t.get(api, "/", { params: { a: 1 } }), TypeError);
  assertEquals(transport.requests.length, 0);
});

bothStyles("names that are numbers are names all the same", async (t) => {
  const { api, transport } = mocked();
  const given: RequestConfig["params"][] = [{ 0: "a" }, { 0: [1, 2] }, { 1: ["a", "b"] }];
  for (const params of given) await t.get(api, "/", { params });
  const urls = transport.requests.map(({ url }) => new URL(url).search);
  assertEquals(urls, ["?0=a", "?0=1&0=2", "?1=a&1=b"]);
});
