import { assert, assertEquals } from "@std/assert";
import { cache } from "../src/plugins/cache.ts";
import { cookies } from "../src/plugins/cookies.ts";
import {
  auth,
  awsSigV4,
  basicAuth,
  digestAuth,
  har,
  logger,
  oauth2,
  sign,
} from "../src/plugins/mod.ts";
import { MockTransport, VirtualClock } from "../src/testing/mod.ts";
import {
  AxError,
  CancelToken,
  type Client,
  create,
  createResponse,
  FixedDelay,
  HTTPStatusError,
  InterceptorError,
  isAxError,
  NetworkError,
  type RequestConfig,
  type StandardSchema,
} from "../mod.ts";
import { unusedPort } from "./support/fault_server.ts";
import { bothStyles, type StyleKit } from "./support/styles.ts";
import { tracesOf } from "./support/traces.ts";

const BODY = "in-the-body";
const BASIC = btoa("me:planted-password");
const TRACES = new RegExp(`planted|${BASIC}`, "i");
const HOST = "https://api.example.com";
const ELSEWHERE = "https://me:planted-there@other.example.com/x?token=planted-token&page=2";

/** A client with a secret wherever it may have one. */
function planted(transport: MockTransport, config: RequestConfig = {}): Client {
  return create({
    baseURL: HOST.replace("//", "//me:planted-password@"),
    headers: {
      "x-api-key": "planted-key",
      cookie: "sid=planted-cookie",
      "x-own": "planted-header",
      "proxy-authorization": "Basic planted-proxy",
    },
    params: { token: "planted-token", nested: "no" },
    redact: ["token", "x-own"],
    network: { proxy: "http://me:planted-proxy@127.0.0.1:9", key: "planted-pem" },
    transport,
    ...config,
  });
}

const HEADERS = {
  "set-cookie": "sid=planted-set",
  "x-own": "planted-header",
  link: `<${ELSEWHERE}>; rel="next", </y?token=planted-relative>; rel="prev"`,
  location: "/here?a=1&token=planted-relative#token=planted-fragment",
  "content-location": ELSEWHERE,
  refresh: `5; url=${ELSEWHERE}`,
  "x-next": `see ${ELSEWHERE}`,
};

function answering(status = 200, body: unknown = { secret: BODY }): MockTransport {
  const transport = new MockTransport();
  transport.on("ANY", "*").reply(status, body, HEADERS);
  return transport;
}

function assertClean(subject: unknown, name = ""): void {
  assertEquals(tracesOf(subject, TRACES), [], name);
}

/** What pages that name that one as the next end with. */
async function thrownByPages(t: StyleKit, next: string): Promise<unknown> {
  const transport = new MockTransport();
  transport.on("GET", "*").reply(200, [1], { link: `<${next}>; rel="next"` });
  try {
    await t.pages(planted(transport), "/a");
  } catch (error) {
    return error;
  }
}

async function thrown(t: StyleKit, api: Client, config: RequestConfig = {}): Promise<unknown> {
  try {
    await t.get(api, "/a", config);
  } catch (error) {
    return error;
  }
  throw new Error("The call did not fail");
}

bothStyles("a response and its request show no secret", async (t) => {
  const response = await t.get(planted(answering()), "/a");
  // What is there to be read stays as it is.
  assert(response.request.url.includes("planted"));
  assertEquals(response.request.headers.get("x-api-key"), "planted-key");
  assertEquals(response.headers.get("location"), HEADERS.location);
  // The body is what a response is for.
  assertEquals(response.data, { secret: BODY });
  assertEquals(JSON.stringify(response).includes(BODY), false);
  assertClean(response);
});

bothStyles("a response shows no secret of the redirects that it followed", async (t) => {
  const transport = new MockTransport();
  transport.on("GET", "/a").reply(302, null, { location: "/b?token=planted-token" });
  transport.on("GET", "/b").reply(302, null, { location: "/c?token=planted-token" });
  transport.on("GET", "/c").reply(204);
  const response = await t.get(planted(transport), "/a");
  assertEquals(response.redirects[1], { status: 302, url: `${HOST}/b?token=planted-token` });
  assertClean(response);
});

bothStyles("a streamed response shows no secret", async (t) => {
  const stream = await t.stream(planted(answering()), "/a");
  assertEquals(stream.request.headers.get("x-own"), "planted-header");
  assertClean(stream);
  stream.close();
});

bothStyles("what interceptors and middleware get shows no secret", async (t) => {
  const seen: [string, unknown][] = [];
  const api = planted(answering(), { fetchOptions: { headers: { "x-own": "planted-header" } } });
  api.interceptors.request.use((request) => void seen.push(["request", request]));
  api.interceptors.response.use((response, { request }) => {
    seen.push(["response", response], ["state", request]);
  });
  for (const per of ["call", "attempt", "hop"] as const) {
    api.use(function* (request, next) {
      seen.push([per, request]);
      const response = yield* next(request);
      seen.push([`${per} response`, response]);
      return response;
    }, { per });
  }
  await t.get(api, "/a", { params: [["token", "planted-pair"]], path: {} });
  assertEquals(seen.length, 9);
  for (const [name, subject] of seen) assertClean(subject, name);
});

bothStyles("what transports, retry strategies and listeners get shows no secret", async (t) => {
  const seen: unknown[] = [];
  const mock = answering(503);
  const api = planted(mock, {
    maxRetries: 1,
    clock: new VirtualClock(),
    retryOn: (error, state) => seen.push(error, state) > 0,
    onRetry: (error, state) => void seen.push(error, state),
    retryStrategy: { getDelay: (_, context) => (seen.push(context), 0) },
    transport: {
      send: (request) => (seen.push(request), mock.send(request)),
      sendSync: (request) => (seen.push(request), mock.sendSync(request)),
    },
  });
  seen.push(await thrown(t, api), mock.requests[0]);
  assertEquals(seen.length, 9);
  for (const [index, subject] of seen.entries()) assertClean(subject, `${index}`);
});

bothStyles("what plugins record shows no secret, errors of others included", async (t) => {
  const records: unknown[] = [];
  const recorder = har();
  const api = planted(answering())
    .plugin(logger({ sink: (record) => void records.push(record), headers: true, per: "hop" }))
    .plugin(recorder);
  await t.get(api, "/a");
  // Innermost, so that both see what it throws.
  api.use(() => {
    throw quotingError();
  }, { per: "hop" });
  await thrown(t, api);
  const { entries } = recorder.log;
  assertEquals(entries.length, 2);
  assert(records.length >= 2);
  assertClean(records);
  assertClean(entries);
});

Deno.test("a client, its defaults and its plugins show no secret", () => {
  const user = { username: "me", password: "planted-password" };
  const keys = { accessKeyId: "AKID", secretAccessKey: "planted-key" };
  const plugins = [
    auth({ token: "planted-token" }),
    basicAuth(user),
    digestAuth(user),
    oauth2({ tokenUrl: `${HOST}/t`, clientId: "me", clientSecret: "planted-client" }),
    awsSigV4({ region: "eu", service: "s3", credentials: keys }),
    sign({ headers: () => ({ "x-signature": "planted-signature" }) }),
    cache(),
    cookies(),
  ];
  const api = planted(answering());
  for (const plugin of plugins) {
    assertClean(plugin, plugin.name);
    planted(answering()).plugin(plugin);
  }
  assertClean(api);
  assertClean(api.defaults);
  assertClean(api.extend({ params: new URLSearchParams({ token: "planted-token" }) }).defaults);
  assertEquals(api.defaults.headers.get("x-api-key"), "planted-key");
});

/** A call that fails, by name. */
type Failing = (t: StyleKit) => Promise<unknown>;

const QUOTING = "https://me:planted-there@x.example/?token=planted-token, key planted-key";

function quotingError(name = "Error"): Error {
  const cause = Object.assign(new Error(QUOTING), { input: QUOTING });
  return Object.assign(new Error(`Cannot reach ${QUOTING}`, { cause }), { name, url: QUOTING });
}

const schema: StandardSchema = {
  "~standard": {
    version: 1,
    vendor: "quoting",
    validate: (data) => {
      const { secret } = data as { secret: string };
      const issue = { message: `received "${secret}"`, path: ["secret"], input: secret };
      return { issues: [issue] };
    },
  },
};

const FAILURES: Readonly<Record<string, Failing>> = {
  "a refused status": (t) => thrown(t, planted(answering(404))),
  "a response that middleware made": (t) => {
    const api = planted(answering());
    api.use(() => createResponse({ status: 400, headers: HEADERS, data: { secret: BODY } }));
    return thrown(t, api, { validateStatus: false, schema });
  },
  "retries": (t) =>
    thrown(
      t,
      planted(answering(503), { maxRetries: 2, retryStrategy: new FixedDelay({ delay: 0 }) }),
    ),
  "retries of foreign errors": (t) => {
    const retryStrategy = new FixedDelay({ delay: 0 });
    const config = { maxRetries: 2, retryStrategy, retryOn: () => true };
    const api = planted(answering(), config);
    api.use(() => {
      throw quotingError();
    }, { per: "attempt" });
    return thrown(t, api);
  },
  "a body that is no JSON": async (t) => {
    const transport = new MockTransport();
    const type = { "content-type": "application/json" };
    transport.on("GET", "*").reply(200, `{"${BODY}": ${BODY}}`, type);
    const error = await thrown(t, planted(transport));
    assertEquals((error as AxError).response?.text(), `{"${BODY}": ${BODY}}`);
    return error;
  },
  "a parser of another realm": (t) => {
    const parseJSON = (text: string): never => {
      throw { name: "SyntaxError", message: `at position 3: ${text}`, text };
    };
    return thrown(t, planted(answering(), { parseJSON }));
  },
  "a line that is no JSON": async (t) => {
    const transport = new MockTransport();
    transport.on("GET", "*").reply(200, `{"a":1}\n${BODY}\n`);
    const stream = await t.stream(planted(transport), "/a");
    try {
      for await (const _ of stream.iterJSON());
    } catch (error) {
      return error;
    }
  },
  "a schema that quotes": (t) => thrown(t, planted(answering()), { schema }),
  "a redirect to nowhere": (t) => {
    const transport = new MockTransport();
    const location = `https://me:planted-there@ho st/${"x".repeat(190)}?token=planted-token`;
    transport.on("GET", "*").reply(302, null, { location });
    return thrown(t, planted(transport));
  },
  "too many redirects": (t) => {
    const transport = new MockTransport();
    transport.on("GET", "*").reply(302, null, { location: "/b?token=planted-token" });
    return thrown(t, planted(transport, { maxRedirects: 2 }));
  },
  "two locations": (t) => {
    const transport = new MockTransport();
    const location = `${ELSEWHERE}, ${ELSEWHERE}`;
    transport.on("GET", "*").reply(302, null, { location });
    return thrown(t, planted(transport));
  },
  "an interceptor that quotes": (t) => {
    const api = planted(answering());
    api.interceptors.request.use(() => {
      throw quotingError();
    });
    return thrown(t, api);
  },
  "a frozen error": (t) => {
    const api = planted(answering());
    api.interceptors.response.use(() => {
      throw Object.freeze(quotingError());
    });
    return thrown(t, api);
  },
  "an interceptor that throws text": (t) => {
    const api = planted(answering());
    api.interceptors.response.use(() => {
      throw QUOTING;
    });
    return thrown(t, api);
  },
  "a transport that quotes": (t) => {
    const fail = (): never => {
      throw quotingError();
    };
    return thrown(t, planted(answering(), { transport: { send: fail, sendSync: fail } }));
  },
  "a transport with an error of ours": (t) => {
    const fail = (request: { method: string; url: string }): never => {
      throw new NetworkError(QUOTING, { request, cause: quotingError() });
    };
    return thrown(t, planted(answering(), { transport: { send: fail, sendSync: fail } }));
  },
  "a mistake in a transport": (t) => {
    const fail = (): never => {
      throw quotingError("TypeError");
    };
    return thrown(t, planted(answering(), { transport: { send: fail, sendSync: fail } }));
  },
  "a mock without a reply": (t) => {
    const transport = new MockTransport();
    transport.on("GET", "/b?token=planted-route").reply(200);
    return thrown(t, planted(transport));
  },
  "a reply function that quotes": (t) => {
    const transport = new MockTransport();
    transport.on("GET", "*").reply(() => {
      throw quotingError();
    });
    return thrown(t, planted(transport));
  },
  "a mock's timeout": (t) => {
    const transport = new MockTransport();
    transport.on("GET", "*").timeout();
    return thrown(t, planted(transport));
  },
  "a signal": (t) => {
    const signal = AbortSignal.abort(quotingError());
    return thrown(t, planted(answering()), { signal });
  },
  "a token": (t) => {
    const cancelToken = new CancelToken();
    cancelToken.cancel(QUOTING);
    return thrown(t, planted(answering()), { cancelToken });
  },
  "a total timeout": (t) => {
    const clock = new VirtualClock();
    const config = { maxRetries: 1, totalTimeout: 10, clock };
    return thrown(t, planted(answering(503), config));
  },
  "a body that is too large": (t) => thrown(t, planted(answering(), { maxResponseSize: 3 })),
  "a request that is too large": (t) =>
    thrown(t, planted(answering()), { data: BODY, maxRequestSize: 3 }),
  "a page with an invalid link": (t) =>
    thrownByPages(t, "https://me:planted-there@ho st/?token=planted-token"),
  "a page on another origin": (t) => thrownByPages(t, ELSEWHERE),
  "pages without an end": (t) => thrownByPages(t, "/a?token=planted-token"),
  "a refused connection": (t) => {
    const url = `http://me:planted-password@127.0.0.1:${unusedPort()}`;
    const headers = { "x-api-key": "planted-key" };
    const params = { token: "planted-token" };
    const api = create({ baseURL: url, headers, params, redact: ["token"] });
    return thrown(t, api).finally(() => api.close());
  },
  "a host that is not found": (t) => {
    const config = { baseURL: "http://me:planted-password@planted-not.invalid", redact: ["token"] };
    const api = create({ ...config, baseURL: config.baseURL.replace("planted-not", "not") });
    return thrown(t, api, { params: { token: "planted-token" } }).finally(() => api.close());
  },
  "a fetch that quotes": (t) => {
    const fail = (): never => {
      throw quotingError("TypeError");
    };
    const api = planted(answering(), { transport: undefined, network: undefined, fetch: fail });
    return thrown(t, api).finally(() => api.close());
  },
};

for (
  const proxy of [
    "http://me:planted-proxy@ho st:1",
    "me:planted-proxy@127.0.0.1:1",
    "planted-proxy",
    "ftp://me:planted-proxy@127.0.0.1:1",
    "http://me:planted-proxy@127.0.0.1:9",
    "http://me:planted%2Dproxy@127.0.0.1:9",
  ]
) {
  // What is no URL at all may be shown.
  if (!proxy.includes("@")) continue;
  bothStyles(`the proxy "${proxy.replaceAll(/planted/g, "…")}" shows no password`, async (t) => {
    const api = create({ baseURL: "http://127.0.0.1:9", network: { proxy } });
    const error = await thrown(t, api);
    api.close();
    assertClean(error);
  });
}

for (const [name, failing] of Object.entries(FAILURES)) {
  bothStyles(`an error of ${name} shows no secret`, async (t) => {
    const error = await failing(t);
    assert(error instanceof Error, `no error: ${error}`);
    assertClean(error);
    // The response of an error is there to be looked at.
    const bodies = tracesOf(error, new RegExp(BODY));
    const shown = bodies.filter(({ path, by }) => !/\.response|showHidden/.test(path + by));
    assertEquals(shown, []);
  });
}

Deno.test("errors that users make show no secret of their requests", () => {
  const headers = new Headers({
    authorization: "Bearer planted-token",
    "x-api-key": "planted-key",
  });
  const request = { method: "GET", url: ELSEWHERE, headers, redact: ["token"] };
  const facts = { request, cause: quotingError() };
  const text = `${ELSEWHERE} with planted-token`;
  for (
    const error of [new AxError(text, facts), new HTTPStatusError(text, { ...facts, status: 1 })]
  ) {
    assertEquals(isAxError(error), true);
    assertClean(error);
  }
  assertClean(new InterceptorError(text, { ...facts, interceptor: "f" }));
});
