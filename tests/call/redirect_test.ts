import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  type ClientConfig,
  create,
  HTTPStatusError,
  RedirectError,
  type RequestConfig,
  RetryError,
  type Transport,
  type TransportRequest,
} from "../../mod.ts";
import { bothStyles, parity, type StyleKit } from "../support/styles.ts";

const FROM = "https://example.com/dir/from?q=1";

/** Redirects the first requests to these places, and answers the one after them. */
function leading(status: number, ...locations: (string | null)[]) {
  const requests: TransportRequest[] = [];
  const sendSync = (request: TransportRequest) => {
    const location = locations[requests.length];
    requests.push(request);
    if (location === undefined) return { status: 200, headers: {}, body: null };
    return { status, headers: location === null ? {} : { location }, body: null };
  };
  const transport: Transport = { sendSync, send: (request) => Promise.resolve(sendSync(request)) };
  return { transport, requests };
}

async function follow(
  t: StyleKit,
  route: ReturnType<typeof leading>,
  config: RequestConfig = {},
  client: ClientConfig = {},
) {
  const api = create({ transport: route.transport, ...client });
  return await t.request(api, { url: FROM, ...config });
}

bothStyles("get() follows each redirect status, and says so", async (t) => {
  for (const status of [301, 302, 303, 307, 308]) {
    const route = leading(status, "/to");
    const response = await follow(t, route);
    assertEquals(
      [response.status, response.redirected, response.url, response.request.url],
      [200, true, "https://example.com/to", "https://example.com/to"],
    );
    assertEquals(route.requests.map(({ url }) => url), [FROM, "https://example.com/to"]);
  }
  assertEquals((await follow(t, leading(302))).redirected, false);
});

bothStyles("a location is resolved against the URL that sent it", async (t) => {
  for (
    const [location, expected] of [
      ["to", "https://example.com/dir/to"],
      ["../to", "https://example.com/to"],
      ["?q=2", "https://example.com/dir/from?q=2"],
      ["//other.example/x", "https://other.example/x"],
      ["http://example.com/x", "http://example.com/x"],
      ["HTTPS://EXAMPLE.com:443/x", "https://example.com/x"],
      ["/to#part", "https://example.com/to"],
      ["/a b", "https://example.com/a%20b"],
      ["https://user:pw@other.example/x", "https://other.example/x"],
    ] as const
  ) {
    const route = leading(302, location);
    assertEquals((await follow(t, route)).url, expected);
    assertEquals(route.requests[1]?.url, expected);
  }
  const route = leading(302, "https://other.example/a/b", "c");
  assertEquals((await follow(t, route)).url, "https://other.example/a/c");
});

bothStyles("a location in UTF-8 is understood, another one stays as it is", async (t) => {
  const raw = (...bytes: number[]) => String.fromCharCode(...bytes);
  const utf8 = leading(302, `/${raw(0xc3, 0xa4, 0xe2, 0x82, 0xac)}`);
  assertEquals((await follow(t, utf8)).url, "https://example.com/%C3%A4%E2%82%AC");
  const latin1 = leading(302, `/${raw(0xe4)}`);
  assertEquals((await follow(t, latin1)).url, "https://example.com/%C3%A4");
});

bothStyles("a redirect without a location is a plain response", async (t) => {
  const error = await t.fails(() => follow(t, leading(302, null)), HTTPStatusError);
  assertEquals([error.status, error.response?.redirected], [302, false]);
  const response = await follow(t, leading(302, null), { validateStatus: false });
  assertEquals(response.status, 302);
});

bothStyles("other statuses are not followed, whatever their location", async (t) => {
  for (const status of [200, 201, 300, 304, 305, 306, 404]) {
    const route = leading(status, "/to");
    const response = await follow(t, route, { validateStatus: false });
    assertEquals([response.status, route.requests.length], [status, 1]);
  }
});

bothStyles("a location that is no URL is a RedirectError", async (t) => {
  const error = await t.fails(() => follow(t, leading(302, "http://[")), RedirectError);
  assertStringIncludes(error.message, '"http://["');
  assertEquals([error.code, error.request], ["AX_REDIRECT", { method: "GET", url: FROM }]);
  // The platform's own error quotes the location unmasked.
  assertEquals(error.cause, undefined);
  const secret = leading(302, "https://user:secret@[/");
  assert(!(await t.fails(() => follow(t, secret), RedirectError)).message.includes("secret"));
});

bothStyles("a protocol that is not allowed is not followed", async (t) => {
  for (const location of ["file:///etc/passwd", "data:,x", "ftp://example.com/", "javascript:1"]) {
    const route = leading(302, location);
    await t.fails(() => follow(t, route), RedirectError);
    assertEquals(route.requests.length, 1);
  }
  const route = leading(302, "http://example.com/");
  const error = await t.fails(() => follow(t, route, { protocols: ["https:"] }), RedirectError);
  assertStringIncludes(error.message, '"http:"');
});

bothStyles("maxRedirects bounds the hops, loops included", async (t) => {
  const loop = leading(302, ...new Array(100).fill("/dir/from"));
  const error = await t.fails(() => follow(t, loop), RedirectError);
  assertStringIncludes(error.message, 'more than 20 redirects ("maxRedirects")');
  assertEquals([loop.requests.length, error.attempts], [21, 1]);
  const exact = leading(302, "/1", "/2");
  assertEquals((await follow(t, exact, { maxRedirects: 2 })).status, 200);
  const tooMany = leading(302, "/1", "/2");
  await t.fails(() => follow(t, tooMany, { maxRedirects: 1 }), RedirectError);
  assertEquals(tooMany.requests.length, 2);
  await t.fails(() => follow(t, leading(302, "/1"), { maxRedirects: 0 }), RedirectError);
});

parity("a redirect loop", async (t) => {
  await follow(t, leading(302, "/1", "/2"), { maxRedirects: 1 });
});

bothStyles("followRedirects: false gives the redirect itself", async (t) => {
  for (const status of [301, 307, 304]) {
    const route = leading(status, "/to");
    const response = await follow(t, route, { followRedirects: false });
    assertEquals([response.status, response.redirected], [status, false]);
    assertEquals(response.headers.get("location"), "/to");
    assertEquals(route.requests.length, 1);
  }
});

bothStyles("methods and bodies are changed as the Fetch standard says", async (t) => {
  const headers = {
    "content-language": "en",
    "content-location": "/x",
    "content-encoding": "identity",
    "x-other": "stays",
  };
  for (const method of ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]) {
    for (const status of [301, 302, 303, 307, 308]) {
      const route = leading(status, "/to");
      const body = method !== "GET" && method !== "HEAD";
      await follow(t, route, { method, headers, ...body && { json: { a: 1 } } });
      const toGet = status === 303 && body ||
        (status === 301 || status === 302) && method === "POST";
      const [first, second] = route.requests;
      assert(first && second);
      assertEquals(second.method, toGet ? "GET" : method, `${method} ${status}`);
      assertEquals(second.body, toGet ? null : first.body);
      assertEquals(second.headers.get("content-type"), body && !toGet ? "application/json" : null);
      for (const name of ["content-language", "content-location", "content-encoding"]) {
        assertEquals(second.headers.has(name), !toGet);
      }
      assertEquals(second.headers.get("x-other"), "stays");
    }
  }
});

function stream(): Iterable<Uint8Array> {
  return (function* () {
    yield new Uint8Array([1]);
  })();
}

bothStyles("a stream is not sent again: 307 and 308 are a RedirectError", async (t) => {
  for (const status of [307, 308]) {
    const route = leading(status, "/to");
    const config = { method: "PUT", data: stream() };
    const error = await t.fails(() => follow(t, route, config), RedirectError);
    assertStringIncludes(error.message, "a stream can be sent once");
    assertEquals(route.requests.length, 1);
  }
  for (const status of [301, 302, 303]) {
    const route = leading(status, "/to");
    const response = await follow(t, route, { method: "POST", data: stream() });
    assertEquals([response.status, route.requests[1]?.method], [200, "GET"]);
  }
});

const SECRETS = {
  authorization: "Bearer secret",
  cookie: "a=b",
  "proxy-authorization": "Basic x",
  "x-api-key": "key",
  "x-named": "key",
  "x-redacted": "key",
  "x-plain": "stays",
};
const NAMES = Object.keys(SECRETS);

async function kept(t: StyleKit, ...locations: string[]): Promise<(string | boolean)[][]> {
  const route = leading(307, ...locations);
  const names = { sensitiveHeaders: ["X-Named"], redact: ["X-Redacted"] };
  await follow(t, route, { headers: SECRETS, ...names });
  return route.requests.map(({ headers }) => NAMES.map((name) => headers.has(name)));
}

bothStyles("credentials stay on their origin", async (t) => {
  const all = NAMES.map(() => true);
  const none = NAMES.map((name) => name === "x-plain");
  assertEquals(await kept(t, "/to"), [all, all]);
  assertEquals(await kept(t, "https://example.com:443/to"), [all, all]);
  assertEquals(await kept(t, "https://other.example/to"), [all, none]);
  assertEquals(await kept(t, "https://sub.example.com/to"), [all, none]);
  assertEquals(await kept(t, "https://example.com:8443/to"), [all, none]);
  // Down to clear text, and back: what was dropped does not return.
  assertEquals(await kept(t, "http://example.com/to"), [all, none]);
  assertEquals(await kept(t, "https://other.example/", FROM), [all, none, none]);
});

bothStyles(
  "credentials that an interceptor or middleware has set stay there as well",
  async (t) => {
    const requests: TransportRequest[] = [];
    const sendSync = (request: TransportRequest) => {
      requests.push(request);
      const headers = { location: "https://other.example/to" };
      return { status: requests.length === 1 ? 307 : 200, headers, body: null };
    };
    const send = (request: TransportRequest) => Promise.resolve(sendSync(request));
    const api = create({ transport: { send, sendSync } });
    api.interceptors.request.use(({ headers }) => headers.set("authorization", "Bearer secret"));
    for (const per of ["call", "attempt"] as const) {
      api.use(({ headers }, next) => {
        headers.set(per === "call" ? "cookie" : "x-api-key", "secret");
        return next();
      }, { per });
    }
    await t.get(api, FROM);
    const names = ["authorization", "cookie", "x-api-key"];
    assertEquals(requests.map(({ headers }) => names.map((name) => headers.has(name))), [
      [true, true, true],
      [false, false, false],
    ]);
  },
);

bothStyles("credentials in a location are not taken over", async (t) => {
  const route = leading(302, "https://user:pw@example.com/to");
  await follow(t, route);
  assertEquals(route.requests[1]?.headers.has("authorization"), false);
});

bothStyles("the first request's headers are not changed by a redirect", async (t) => {
  const headers = new Headers(SECRETS);
  const route = leading(303, "https://other.example/");
  await follow(t, route, { method: "POST", json: 1, headers });
  assertEquals(route.requests[0]?.headers.get("authorization"), "Bearer secret");
  assertEquals(route.requests[0]?.headers.get("content-type"), "application/json");
  assertEquals(headers.get("authorization"), "Bearer secret");
});

bothStyles("baseURL does not hold a redirect back", async (t) => {
  const route = leading(302, "https://other.example/up/there");
  const response = await follow(t, route, { url: "from" }, { baseURL: "https://example.com/api/" });
  assertEquals(response.url, "https://other.example/up/there");
});

bothStyles("each attempt starts at the first URL, with a count of its own", async (t) => {
  const requests: TransportRequest[] = [];
  const sendSync = (request: TransportRequest) => {
    requests.push(request);
    if (request.url.endsWith("/to")) return { status: 503, headers: {}, body: null };
    return { status: 307, headers: { location: "https://other.example/to" }, body: null };
  };
  const transport: Transport = { sendSync, send: (request) => Promise.resolve(sendSync(request)) };
  const retryStrategy = { getDelay: () => 0 };
  const api = create({
    transport,
    maxRetries: 2,
    maxRedirects: 1,
    retryStrategy,
    headers: SECRETS,
  });
  const error = await t.fails(() => t.get(api, FROM), RetryError);
  assertEquals(error.response?.url, "https://other.example/to");
  assertEquals(requests.map(({ headers }) => headers.has("authorization")), [
    ...[true, false, true, false, true, false],
  ]);
});

bothStyles("a RedirectError is not retried", async (t) => {
  const route = leading(302, "http://[");
  await t.fails(() => follow(t, route, { maxRetries: 3 }), RedirectError);
  assertEquals(route.requests.length, 1);
});

bothStyles("interceptors run once for all hops", async (t) => {
  const { transport } = leading(302, "/1", "/2");
  const api = create({ transport });
  let calls = 0;
  api.interceptors.request.use(() => void calls++);
  await t.get(api, FROM);
  assertEquals(calls, 1);
});
