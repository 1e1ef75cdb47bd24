/** Small things that each was once otherwise. */

import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { MockTransport, VirtualClock } from "../../src/testing/mod.ts";
import {
  AxError,
  type Client,
  create,
  createResponse,
  HTTPStatusError,
  type Params,
  portable,
  type RequestConfig,
  type RetryContext,
} from "../../mod.ts";
import { bothStyles, type StyleKit } from "../support/styles.ts";

const URL_A = "https://example.com/a";

async function thrown(t: StyleKit, api: Client, config: RequestConfig = {}): Promise<unknown> {
  return await t.get(api, URL_A, config).catch((error: unknown) => error);
}

function failing(status = 503, headers: Record<string, string> = {}): MockTransport {
  const transport = new MockTransport();
  transport.on("ANY", "*").reply(status, null, headers);
  return transport;
}

bothStyles(
  "attempts of an error that has some, or of no error of ours, are left alone",
  async (t) => {
    const own = Object.assign(new AxError("another call"), { attempts: 7 });
    const foreign = Object.assign(new Error("foreign"), { attempts: "mine" });
    const quota = { attempts: 3 };
    for (const error of [own, foreign, quota]) {
      const before = error.attempts;
      const api = create({ transport: failing(200) });
      api.use(() => {
        throw error;
      }, { per: "attempt" });
      assertStrictEquals(await thrown(t, api), error);
      assertEquals(error.attempts, before);
    }
  },
);

bothStyles("a frozen error or response goes its way as it is", async (t) => {
  const errors = [
    new AxError("ours"),
    new HTTPStatusError("status", { status: 503 }),
    new Error("x"),
  ];
  for (const error of errors.map((error) => Object.freeze(error))) {
    for (const per of ["call", "attempt", "hop"] as const) {
      const api = create({ transport: failing(200), maxRetries: 1, clock: new VirtualClock() });
      api.use(() => {
        throw error;
      }, { per });
      const last = await thrown(t, api, { retryOn: () => false });
      assertStrictEquals(last, error);
    }
    const api = create({ transport: failing(200) });
    api.interceptors.response.use(() => {
      throw error;
    });
    const last = await thrown(t, api) as Error;
    assert(last === error || last.message.includes(error.message));
  }
  const response = createResponse({ data: 1 });
  Object.freeze(response);
  for (const per of ["call", "attempt", "hop"] as const) {
    const api = create({ transport: failing(200) }).use(() => response, { per });
    assertEquals((await t.get(api, URL_A)).data, 1);
  }
});

bothStyles(
  "paramsSerializer cannot change the client's params, however they are given",
  async (t) => {
    const serialize = (params: Params): string => {
      if (params instanceof URLSearchParams) params.append("more", "1");
      else if (Array.isArray(params)) params.push(["more", "1"]);
      else {
        const record = params as Record<string, unknown>;
        record.more = "1";
        (record.nested as Record<string, unknown>).a = 2;
      }
      return "q=1";
    };
    const given: Params[] = [
      { nested: { a: 1 } } as never,
      new URLSearchParams({ a: "1" }),
      [["a", "1"]],
    ];
    for (const params of given) {
      const before = Deno.inspect(params);
      const api = create({ transport: failing(200), params, paramsSerializer: serialize });
      const defaults = Deno.inspect(api.defaults.params);
      for (let count = 0; count < 2; count++) await t.get(api, URL_A);
      assertEquals(Deno.inspect(params), before);
      assertEquals(Deno.inspect(api.defaults.params), defaults);
    }
  },
);

bothStyles("eject() of a child takes out what it inherited, and nothing else", async (t) => {
  const seen: string[] = [];
  const add = (name: string) => () => void seen.push(name);
  const parent = create({ transport: failing(200) });
  const inherited = parent.interceptors.request.use(add("parent"));
  const child = parent.extend();
  const own = child.interceptors.request.use(add("child"));
  const later = parent.interceptors.request.use(add("later"));
  assertEquals(new Set([inherited, own, later]).size, 3);
  child.interceptors.request.eject(later);
  await t.get(child, URL_A);
  assertEquals(seen.splice(0), ["parent", "child"]);
  child.interceptors.request.eject(inherited);
  parent.interceptors.request.eject(own);
  await t.get(child, URL_A);
  await t.get(parent, URL_A);
  assertEquals(seen, ["child", "parent", "later"]);
});

Deno.test("TRACE, which cannot be sent, is no method that is retried", () => {
  const { retryMethods } = create().defaults;
  assertEquals(retryMethods, ["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "QUERY"]);
});

bothStyles(
  "the strategy, retryOn and onRetry are told of the same request, which was sent",
  async (t) => {
    const requests: unknown[] = [];
    const api = create({
      transport: failing(),
      clock: new VirtualClock(),
      maxRetries: 1,
      retryOn: (_, { request }) => requests.push(request) > 0,
      onRetry: (_, { request }) => void requests.push(request),
      retryStrategy: { getDelay: (_, { request }: RetryContext) => (requests.push(request), 0) },
    });
    api.interceptors.request.use(({ headers }) => headers.set("x-set", "1"));
    await thrown(t, api);
    const [first, ...others] = requests as { method: string; headers: Headers; attempt: number }[];
    assertEquals([first?.method, first?.headers.get("x-set"), first?.attempt], ["GET", "1", 1]);
    assertEquals(others.length, 2);
    for (const other of others) assertStrictEquals(other, first);
  },
);

bothStyles(
  "a Retry-After that is no time is none: then the rate limit says, or the strategy",
  async (t) => {
    for (const value of ["-5", "-0.5", "1.5", "soon", ""]) {
      const plain = new VirtualClock();
      const headers = { "retry-after": value };
      const config = { maxRetries: 1, retryStrategy: { getDelay: () => 70 } };
      await thrown(t, create({ ...config, transport: failing(503, headers), clock: plain }));
      assertEquals(plain.sleeps, [70], value);
      const limited = new VirtualClock();
      const transport = failing(429, { ...headers, "ratelimit-reset": "3" });
      await thrown(t, create({ ...config, transport, clock: limited }));
      assertEquals(limited.sleeps, [3_000], value);
    }
  },
);

bothStyles("what no-cors lets through is no failure: status 0, and nothing to read", async (t) => {
  const opaque = portable(async () => {
    const response = await Promise.resolve(new Response(null));
    const shown = { type: "opaque", status: 0, statusText: "", url: "", ok: false, body: null };
    for (const [name, value] of Object.entries(shown)) {
      Object.defineProperty(response, name, { value });
    }
    return response;
  });
  using api = create({ fetch: opaque, fetchOptions: { mode: "no-cors" } });
  const response = await t.get(api, URL_A);
  assertEquals([response.status, response.ok, response.data, response.url], [
    0,
    false,
    undefined,
    URL_A,
  ]);
});

bothStyles("a fetch whose response has no URL answers for the one that was asked", async (t) => {
  using api = create({
    fetch: portable(async (url: string | URL | Request) => {
      return await Promise.resolve(new Response(String(url), { status: 201 }));
    }),
  });
  const response = await t.get(api, URL_A, { params: { a: 1 } });
  assertEquals(response.data, `${URL_A}?a=1`);
  assertEquals([response.url, response.redirected, response.redirects], [
    `${URL_A}?a=1`,
    false,
    [],
  ]);
});
