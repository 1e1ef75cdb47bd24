/** Middleware per call, per attempt and per hop: what each level sees and can do. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  create,
  createResponse,
  FixedDelay,
  HTTPStatusError,
  isAxError,
  RetryableError,
  RetryError,
  type TransportRequest,
} from "../../mod.ts";
import type { AxResponse, ClientConfig, Next, ResolvedConfig } from "../../mod.ts";
import { VirtualClock } from "../../src/testing/virtual_clock.ts";
import { keepWorker } from "../support/kept_worker.ts";
import { sharedServer } from "../support/server.ts";
import { bothStyles } from "../support/styles.ts";

const server = sharedServer();
keepWorker();
const URL_A = "https://example.com/a";

interface Echo {
  url: string;
  body: string;
  headers: Record<string, string>;
}

/** Answers each request with the next body, the last one again and again. */
function answering(...bodies: unknown[]) {
  const sent: TransportRequest[] = [];
  const sendSync = (request: TransportRequest) => {
    const body = bodies[Math.min(sent.length, bodies.length - 1)];
    sent.push(request);
    return {
      status: 200,
      headers: { "content-type": "application/json" },
      body: new TextEncoder().encode(JSON.stringify(body)),
    };
  };
  const transport = {
    send: (request: TransportRequest) => Promise.try(() => sendSync(request)),
    sendSync,
  };
  return { sent, transport };
}

function setUp(bodies: unknown[], config: ClientConfig = {}) {
  const { sent, transport } = answering(...bodies);
  const clock = new VirtualClock();
  const retryStrategy = new FixedDelay({ delay: 1_000 });
  const api = create({ transport, clock, maxRetries: 3, retryStrategy, ...config });
  return { api, clock, sent };
}

interface Job {
  state: string;
}

function notReady(delay?: number) {
  return function* (_request: ResolvedConfig, next: Next) {
    const response = yield* next();
    if ((response.data as Job).state === "running") {
      throw new RetryableError("not ready yet", { delay });
    }
    return response;
  };
}

bothStyles('a 200 that says "not ready" is retried with the strategy\'s wait', async (t) => {
  const bodies = [{ state: "running" }, { state: "running" }, { state: "done" }];
  const { api, clock, sent } = setUp(bodies);
  api.use(notReady(), { per: "attempt" });
  const response = await t.get<Job>(api, URL_A);
  assertEquals([response.data.state, response.attempts, sent.length], ["done", 3, 3]);
  assertEquals(clock.sleeps, [1_000, 1_000]);
});

bothStyles(
  "RetryableError names its own wait, whatever the method and maxRetryAfter",
  async (t) => {
    const { api, clock } = setUp([{ state: "running" }, { state: "done" }], { maxRetryAfter: 1 });
    api.use(notReady(90_000), { per: "attempt" });
    assertEquals((await t.post<Job>(api, URL_A, { json: {} })).attempts, 2);
    assertEquals(clock.sleeps, [90_000]);
  },
);

bothStyles("RetryableError keeps to maxRetries, and is not for a one-shot body", async (t) => {
  const { api, sent } = setUp([{ state: "running" }], { maxRetries: 1 });
  api.use(notReady(), { per: "attempt" });
  const error = await t.fails(t.get(api, URL_A), RetryError);
  assertEquals([error.attempts, sent.length], [2, 2]);
  assertStringIncludes(error.message, "not ready yet");
  assert(error.errors.every((each) => each instanceof RetryableError));
  const none = await t.fails(t.get(api, URL_A, { maxRetries: 0 }), RetryableError);
  assertEquals([none.attempts, none.code], [1, "AX_RETRYABLE"]);
  const data = (function* () {
    yield new Uint8Array([1]);
  })();
  const once = await t.fails(t.post(api, URL_A, { data, maxRetries: 3 }), RetryableError);
  assertEquals([once.attempts, sent.length], [1, 4]);
});

bothStyles("RetryableError of another copy of the package is one as well", async (t) => {
  const { api, clock } = setUp([{ state: "running" }, { state: "done" }]);
  let thrown = false;
  api.use((_request, next) => {
    if (thrown) return next();
    thrown = true;
    const error = Object.assign(new Error("later"), { code: "AX_RETRYABLE", delay: 5 });
    throw Object.defineProperty(error, Symbol.for("@ax/client.error"), { value: true });
  }, { per: "attempt" });
  assertEquals((await t.post(api, URL_A)).attempts, 2);
  assertEquals(clock.sleeps, [5]);
});

bothStyles("a delay that is none is a RangeError", async (t) => {
  const { api } = setUp([{ state: "running" }]);
  api.use(notReady(-1), { per: "attempt" });
  assertStringIncludes((await t.fails(t.get(api, URL_A), RangeError)).message, '"delay"');
});

bothStyles(
  "each level wraps what it says, outermost first, whatever the order of use()",
  async (t) => {
    const log: string[] = [];
    using api = create({
      baseURL: server.url,
      maxRetries: 1,
      retryStrategy: { getDelay: () => 0 },
    });
    for (const per of ["hop", "attempt", "call"] as const) {
      for (const name of ["a", "b"]) {
        api.use(function* (_request, next) {
          log.push(`${per} ${name}`);
          try {
            return yield* next();
          } finally {
            log.push(`end of ${per} ${name}`);
          }
        }, { per });
      }
    }
    api.interceptors.request.use(() => void log.push("interceptor"));
    await t.get(api, `/fail-then/1?key=${t.key}`);
    const attempt = [
      ...["attempt a", "attempt b", "interceptor", "hop a", "hop b"],
      ...["end of hop b", "end of hop a", "end of attempt b", "end of attempt a"],
    ];
    assertEquals(log, [
      ...["call a", "call b", ...attempt, ...attempt, "end of call b", "end of call a"],
    ]);
  },
);

bothStyles(
  "middleware per attempt sees the decoded response, before transforms and schema",
  async (t) => {
    const { api } = setUp([{ n: 1 }], { transformResponse: () => "transformed" });
    const seen: unknown[] = [];
    api.use(function* (request, next) {
      const response = yield* next();
      seen.push(response.data, response.ok, request.attempt);
      return response;
    }, { per: "attempt" });
    assertEquals((await t.get(api, URL_A)).data, "transformed");
    assertEquals(seen, [{ n: 1 }, true, 1]);
  },
);

bothStyles(
  "middleware per attempt sees the error of a refused status, and may recover",
  async (t) => {
    using api = create({ baseURL: server.url });
    api.use(function* (_request, next) {
      try {
        return yield* next();
      } catch (error) {
        if (!isAxError(error) || error.response?.status !== 404) throw error;
        return createResponse({ data: "nothing there" });
      }
    }, { per: "attempt" });
    assertEquals((await t.get(api, "/status/404")).data, "nothing there");
    await t.fails(t.get(api, "/status/500"), HTTPStatusError);
  },
);

/** A digest of what a server would check: no secret is worth it here. */
function signatureOf({ method, url, headers, data }: ResolvedConfig): string {
  const signed = [...headers].filter(([name]) => name.startsWith("x-signed"));
  return [method, url, JSON.stringify(signed), data === undefined ? "no body" : "a body"].join(" ");
}

bothStyles("a signature covers the final URL and headers of each hop", async (t) => {
  using api = create({
    baseURL: server.url,
    params: { key: t.key },
    headers: { "x-signed-a": "1" },
  });
  api.interceptors.request.use((request) => request.headers.set("x-signed-b", "2"));
  api.use((request, next) => {
    request.headers.set("x-signature", signatureOf(request));
    return next(request);
  }, { per: "hop" });
  await t.post(api, "/redirect/1?status=303", { json: { a: 1 } });
  const sent = await server.requests(t.key);
  const headers = '[["x-signed-a","1"],["x-signed-b","2"]]';
  const first = `${server.url}/redirect/1?status=303&key=${t.key}`;
  const second = `${server.url}/echo?status=303&key=${t.key}`;
  assertEquals(sent.map(({ headers }) => new Map(headers).get("x-signature")), [
    `POST ${first} ${headers} a body`,
    `GET ${second} ${headers} no body`,
  ]);
});

bothStyles("a cookie set on a redirect is sent on the next hop", async (t) => {
  using api = create({ baseURL: server.url });
  const jar = new Map<string, string>();
  api.use(function* (request, next) {
    if (jar.size > 0) {
      request.headers.set("cookie", [...jar].map(([name, value]) => `${name}=${value}`).join("; "));
    }
    const response = yield* next(request);
    for (const cookie of response.headers.getSetCookie()) {
      const [name = "", value = ""] = (cookie.split(";")[0] ?? "").split("=");
      jar.set(name, value);
    }
    return response;
  }, { per: "hop" });
  const headers = JSON.stringify({ location: "/echo", "set-cookie": "session=s1; Path=/" });
  const response = await t.get<Echo>(api, "/status/302", { params: { headers } });
  assertEquals(response.data.headers.cookie, "session=s1");
  assertEquals(response.redirects.map(({ status }) => status), [302]);
});

bothStyles("a record holds every request on the wire: redirects and attempts", async (t) => {
  const record: string[] = [];
  using api = create({
    baseURL: server.url,
    params: { key: t.key },
    maxRetries: 1,
    retryStrategy: { getDelay: () => 0 },
  });
  api.use(function* (request, next) {
    const response: AxResponse = yield* next(request);
    const { pathname } = new URL(request.url);
    record.push(`${request.attempt} ${request.method} ${pathname} ${response.status}`);
    return response;
  }, { per: "hop" });
  await t.get(api, `/redirect-to?url=${encodeURIComponent(`/fail-then/1?key=${t.key}`)}`);
  const sent = await server.requests(t.key);
  assertEquals(record, [
    ...["1 GET /redirect-to 302", "1 GET /fail-then/1 503"],
    ...["2 GET /redirect-to 302", "2 GET /fail-then/1 200"],
  ]);
  assertEquals(sent.length, record.length);
});

bothStyles("middleware per hop reads no body, and says where to", async (t) => {
  using api = create({ baseURL: server.url });
  api.use(function* (_request, next) {
    const response = yield* next();
    response.bytes();
    return response;
  }, { per: "hop" });
  const error = await t.fails(t.get(api, "/json"), TypeError);
  assertStringIncludes(error.message, "per attempt");
});

bothStyles(
  "middleware per hop may change the URL, the body and the headers that come back",
  async (t) => {
    using api = create({ baseURL: server.url });
    api.use(function* (request, next) {
      const changed = { url: `${server.url}/echo?changed`, data: "mine", headers: { "x-a": "1" } };
      const response = yield* next({ ...changed, method: request.method });
      response.headers.set("x-back", "1");
      return response;
    }, { per: "hop" });
    const { data, headers } = await t.post<Echo>(api, "/never", { json: 1 });
    assertEquals([data.url, data.body, data.headers["x-a"]], ["/echo?changed", "mine", "1"]);
    assertEquals(headers.get("x-back"), "1");
  },
);

bothStyles("middleware per hop may answer itself: a redirect it makes is followed", async (t) => {
  using api = create({ baseURL: server.url });
  api.use((request, next) => {
    if (!String(request.url).endsWith("/old")) return next();
    return createResponse({ status: 307, headers: { location: "/echo" } });
  }, { per: "hop" });
  const { data, redirects } = await t.put<Echo>(api, "/old", { json: { a: 1 } });
  assertEquals([data.body, redirects.length], ['{"a":1}', 1]);
});

bothStyles("use() refuses a level that there is none of", async (t) => {
  const api = create();
  const error = await t.fails(
    () => api.use((_request, next) => next(), { per: "request" as never }),
    TypeError,
  );
  assertStringIncludes(error.message, '"call", "attempt", "hop"');
});

bothStyles("children start with the middleware of every level", async (t) => {
  const { api, sent } = setUp([1]);
  for (const per of ["call", "attempt", "hop"] as const) {
    api.use((request, next) => {
      request.headers.append("x-level", per);
      return next(request);
    }, { per });
  }
  await t.get(api.extend(), URL_A);
  assertEquals(sent[0]?.headers.get("x-level"), "call, attempt, hop");
});

bothStyles("a stream that a retried attempt gives up is closed before the next one", async (t) => {
  const events: string[] = [];
  const sendSync = () => {
    const nth = events.filter((event) => event.startsWith("sent")).length + 1;
    events.push(`sent ${nth}`);
    function* body() {
      try {
        yield new Uint8Array([nth]);
        yield new Uint8Array([nth]);
      } finally {
        events.push(`closed ${nth}`);
      }
    }
    // One that has begun, as bodies from a network have.
    const chunks = body();
    chunks.next();
    return { status: 200, headers: [], body: chunks };
  };
  const transport = { send: () => Promise.resolve(sendSync()), sendSync };
  using api = create({ transport, maxRetries: 2, retryStrategy: new FixedDelay({ delay: 0 }) });
  let tries = 0;
  api.use(function* (_request, next) {
    const response = yield* next();
    if (++tries < 3) throw new RetryableError("not ready yet");
    return response;
  }, { per: "attempt" });
  const stream = await t.stream(api, URL_A);
  assertEquals(events, ["sent 1", "closed 1", "sent 2", "closed 2", "sent 3"]);
  stream.close();
});

bothStyles("middleware per hop sees a multipart body of bytes as bytes", async (t) => {
  using api = create({ baseURL: server.url });
  let seen: unknown;
  api.use((request, next) => {
    seen = request.data;
    return next(request);
  }, { per: "hop" });
  const files = { report: new Uint8Array([1, 2, 3]) };
  const { body } = (await t.post<Echo>(api, "/echo", { form: { name: "Ada" }, files })).data;
  assert(seen instanceof Uint8Array);
  const text = new TextDecoder().decode(seen);
  assertStringIncludes(text, 'name="report"');
  assertStringIncludes(body, 'name="report"');
});
