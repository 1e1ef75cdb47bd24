import {
  assert,
  assertEquals,
  assertStrictEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import {
  type AxResponse,
  CancelError,
  CancelToken,
  type Client,
  concurrent,
  create,
} from "../../mod.ts";
import { HTTPStatusError, NetworkError, RetryError, sleep, SyncBridgeError } from "../../mod.ts";
import type { TransportResponse } from "../../mod.ts";
import { oauth2, OAuth2Error } from "../../src/plugins/oauth2.ts";
import type { OAuth2Options } from "../../src/plugins/oauth2_options.ts";
import type { OAuth2Token } from "../../src/plugins/oauth2_token.ts";
import { sign } from "../../src/plugins/sign.ts";
import { MockTransport, VirtualClock } from "../../src/testing/mod.ts";
import { keepWorker } from "../support/kept_worker.ts";
import { sharedAuthServer } from "../support/auth_server.ts";
import { bothStyles, type StyleKit } from "../support/styles.ts";

const server = sharedAuthServer();
keepWorker();
const CALLS = 50;

function options(t: StyleKit, more: Partial<OAuth2Options> & { query?: string } = {}) {
  const { query = "", ...rest } = more;
  return {
    tokenUrl: `${server.url}/token?key=${t.key}${query}`,
    clientId: "me",
    clientSecret: "secret",
    ...rest,
  };
}

function client(t: StyleKit, more: Partial<OAuth2Options> & { query?: string } = {}): Client {
  return create({ baseURL: server.url, params: { key: t.key } }).plugin(oauth2(options(t, more)));
}

/** Many calls at once: promises, or one `allSync`. */
async function many(
  t: StyleKit,
  clients: readonly Client[],
): Promise<PromiseSettledResult<AxResponse>[]> {
  const turn = (index: number): Client => clients[index % clients.length] as Client;
  const list = Array.from({ length: CALLS }, (_, index) => index);
  return await t.either<PromiseSettledResult<AxResponse>[]>(
    () => Promise.allSettled(list.map((index) => turn(index).get("/api"))),
    () =>
      turn(0).allSync(list.map((index) => turn(index).flow.get("/api")), {
        settled: true,
      }) as PromiseSettledResult<AxResponse>[],
  );
}

bothStyles("oauth2() gets a token before the first request, and keeps it", async (t) => {
  using api = client(t, { scope: "read", params: { audience: "x" } });
  assertEquals((await t.get(api, "/api")).data, { authorization: "Bearer token-1" });
  await t.get(api, "/api");
  const { tokens, calls } = await server.record(t.key);
  assertEquals(tokens, [{
    authorization: `Basic ${btoa("me:secret")}`,
    form: { audience: "x", "grant_type": "client_credentials", scope: "read" },
  }]);
  assertEquals(calls.map(({ status }) => status), [200, 200]);
});

bothStyles("oauth2() renews once for 50 calls that get 401 at the same time", async (t) => {
  using api = client(t);
  await t.get(api, "/api");
  await server.revoke(t.key);
  const results = await many(t, [api]);
  const data = results.map((result) => result.status === "fulfilled" && result.value.data);
  assertEquals(data, Array(CALLS).fill({ authorization: "Bearer token-2" }));
  const { tokens, calls } = await server.record(t.key);
  assertEquals(tokens.length, 2);
  assertEquals(calls.filter(({ status }) => status === 401).length, CALLS);
});

bothStyles("oauth2() renews once for 50 calls of clients that share the plugin", async (t) => {
  const plugin = oauth2(options(t));
  const config = { baseURL: server.url, params: { key: t.key } };
  using one = create(config).plugin(plugin);
  using two = create(config).plugin(plugin);
  using three = two.extend();
  const results = await many(t, [one, two, three]);
  assertEquals(results.filter(({ status }) => status === "fulfilled").length, CALLS);
  assertEquals((await server.record(t.key)).tokens.length, 1);
});

bothStyles("oauth2() ends all calls with one error when the renewal is refused", async (t) => {
  using api = client(t, { refreshToken: "r0" });
  await t.get(api, "/api");
  await server.revoke(t.key);
  await server.answer(t.key, "refuse");
  const results = await many(t, [api]);
  const errors = results.map((result) => result.status === "rejected" ? result.reason : undefined);
  const [first] = errors;
  assert(first instanceof OAuth2Error);
  for (const error of errors) assertStrictEquals(error, first);
  assertEquals(
    first.message,
    `Cannot get a token from "${server.url}/token?key=${t.key}": it was refused with ` +
      '"invalid_grant" (The refresh token has ended)',
  );
  assertEquals([first.code, first.error, first.status], ["AX_OAUTH2", "invalid_grant", 400]);
  assertEquals((await server.record(t.key)).tokens.length, 2);
  // A later call asks again: it may have been put right.
  await server.answer(t.key, "token");
  assertEquals((await t.get(api, "/api")).data, { authorization: "Bearer token-2" });
});

for (const mode of ["token", "refuse"] as const) {
  bothStyles(`oauth2() asks no second time for a 401 that comes late [${mode}]`, async (t) => {
    using api = client(t);
    await t.get(api, "/api");
    await server.revoke(t.key);
    await server.answer(t.key, mode);
    const [fast, late] = await t.run(concurrent([
      api.flow.get("/api"),
      api.flow.get("/api", { params: { late: 2 } }),
    ], { settled: true }));
    assertEquals(late.status, mode === "token" ? "fulfilled" : "rejected");
    if (late.status === "rejected" && fast.status === "rejected") {
      assertStrictEquals(late.reason, fast.reason);
    }
    assertEquals((await server.record(t.key)).tokens.length, 2);
  });
}

bothStyles("oauth2() does not loop when a new token is refused too", async (t) => {
  using api = client(t);
  const error = await t.fails(() => t.get(api, "/api", { params: { never: "" } }), HTTPStatusError);
  assertEquals(error.status, 401);
  const { tokens, calls } = await server.record(t.key);
  assertEquals([tokens.length, calls.length], [2, 2]);
});

bothStyles("oauth2() says that a token endpoint answered a web page", async (t) => {
  using api = client(t);
  await server.answer(t.key, "html");
  const error = await t.fails(() => t.get(api, "/api"), OAuth2Error);
  assertStringIncludes(error.message, "it answered 200 with text/html, and not with JSON");
  assert(!error.message.includes("Sign in"));
  assertEquals((await server.record(t.key)).calls, []);
});

bothStyles("oauth2() lets a failure of the network be retried", async (t) => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  listener.close();
  const tokenUrl = `http://127.0.0.1:${listener.addr.port}/token`;
  using api = client(t, { tokenUrl });
  const error = await t.fails(() => t.get(api, "/api"), NetworkError);
  assertEquals(error.request, { method: "POST", url: tokenUrl });
  let retries = 0;
  const retryStrategy = { getDelay: () => ++retries };
  await t.fails(() => t.get(api, "/api", { maxRetries: 2, retryStrategy }), RetryError);
  assertEquals([retries, (await server.record(t.key)).calls], [2, []]);
});

bothStyles("oauth2() goes on for the others when the call that asked is cancelled", async (t) => {
  using api = client(t);
  const cancelToken = new CancelToken();
  const [first, second] = await t.run(function* () {
    const flows = [
      api.flow.get("/api", { cancelToken }),
      api.flow.get("/api"),
      // While the token endpoint takes its time.
      function* () {
        yield* sleep(5);
        cancelToken.cancel("no longer needed");
      },
    ];
    return yield* concurrent(flows, { settled: true });
  }());
  assertEquals([first?.status, second?.status], ["rejected", "fulfilled"]);
  assert(first?.status === "rejected" && first.reason instanceof CancelError);
  assertEquals((await server.record(t.key)).tokens.length, 1);
});

bothStyles("oauth2() uses the refresh token that the server gave last", async (t) => {
  using api = client(t, { query: "&rotate", refreshToken: "r0", clientAuth: "body" });
  await t.get(api, "/api");
  await server.revoke(t.key);
  await t.get(api, "/api");
  const forms = (await server.record(t.key)).tokens.map(({ form }) => form);
  assertEquals(forms.map((form) => form.refresh_token), ["r0", "refresh-1"]);
  assertEquals(forms[0]?.client_secret, "secret");
});

const LOGIN = "https://login.example.com/token";
const ME = "https://api.example.com/me";

interface Mocked {
  transport: MockTransport;
  clock: VirtualClock;
  create(more?: Partial<OAuth2Options>): Client;
  /** How many tokens were given. */
  issued(): number;
  /** The forms that came to the token endpoint. */
  forms(): Record<string, string>[];
}

/** A token endpoint and an API without a network; a token that `accepts` refuses gets 401. */
function mocked(accepts: (authorization: string | null) => boolean = () => true): Mocked {
  const transport = new MockTransport();
  const clock = new VirtualClock({ now: 1_000 });
  let issued = 0;
  transport.on("POST", LOGIN).reply(() => ({
    status: 200,
    body: { "access_token": `t${++issued}`, "expires_in": 100, "refresh_token": `r${issued}` },
  }));
  transport.on("*", ME).reply(({ headers }) => {
    const authorization = headers.get("authorization");
    return { status: accepts(authorization) ? 200 : 401, body: { authorization } };
  });
  return {
    transport,
    clock,
    create: (more = {}) =>
      create({ baseURL: "https://api.example.com", transport, clock }).plugin(
        oauth2({ tokenUrl: LOGIN, clientId: "me", refreshToken: "r0", ...more }),
      ),
    issued: () => issued,
    forms: () =>
      transport.requests.filter(({ url }) => url === LOGIN)
        .map((request) => Object.fromEntries(new URLSearchParams(request.text()))),
  };
}

async function sent(t: StyleKit, api: Client): Promise<unknown> {
  const { data } = await t.get<{ authorization: string | null }>(api, "/me");
  return data.authorization;
}

bothStyles("oauth2() renews before the end of a token, by `refreshBefore`", async (t) => {
  const mock = mocked();
  using api = mock.create({ refreshBefore: 10_000 });
  assertEquals(await sent(t, api), "Bearer t1");
  mock.clock.advance(89_999);
  assertEquals(await sent(t, api), "Bearer t1");
  mock.clock.advance(1);
  assertEquals(await sent(t, api), "Bearer t2");
  assertEquals(mock.forms().map((form) => form.refresh_token), ["r0", "r1"]);
});

bothStyles("oauth2() keeps its token in a store, for other plugins", async (t) => {
  const store = new Map<string, OAuth2Token>();
  const mock = mocked();
  using first = mock.create({ store });
  using second = mock.create({ store, refreshToken: undefined });
  assertEquals([await sent(t, first), await sent(t, second)], ["Bearer t1", "Bearer t1"]);
  assertEquals([...store.values()], [
    { accessToken: "t1", refreshToken: "r1", expiresAt: 101_000, issuedAt: 1_000 },
  ]);
  mock.clock.advance(99_000);
  assertEquals([await sent(t, second), await sent(t, first)], ["Bearer t2", "Bearer t2"]);
  assertEquals(mock.forms().map((form) => form.refresh_token), ["r0", "r1"]);
});

bothStyles(
  "oauth2() takes a token that another process has renewed, when its own is refused",
  async (t) => {
    const store = new Map<string, OAuth2Token>();
    let good = "t1";
    const mock = mocked((authorization) => authorization === `Bearer ${good}`);
    using api = mock.create({ store });
    await sent(t, api);
    for (const key of store.keys()) store.set(key, { accessToken: "other", refreshToken: "r9" });
    good = "other";
    assertEquals(await sent(t, api), "Bearer other");
    assertEquals(mock.issued(), 1);
  },
);

bothStyles("oauth2() falls back to the options when a kept refresh token has ended", async (t) => {
  const kept = { accessToken: "old", refreshToken: "ended", expiresAt: 0, issuedAt: 0 };
  const mock = mocked();
  const { transport } = mock;
  transport.on("POST", LOGIN).replyOnce(400, { error: "invalid_grant" });
  using api = mock.create({ store: { get: () => kept, set: () => {} } });
  assertEquals(await sent(t, api), "Bearer t1");
  assertEquals(mock.forms().map((form) => form.refresh_token), ["ended", "r0"]);
});

bothStyles("oauth2() goes on without a store that throws, and tells `onError`", async (t) => {
  const errors: unknown[] = [];
  const mock = mocked();
  const failure = new Error("no store today");
  const fail = (): never => {
    throw failure;
  };
  using api = mock.create({
    store: { get: fail, set: fail },
    onError: (error) => errors.push(error),
  });
  assertEquals(await sent(t, api), "Bearer t1");
  assertEquals(await sent(t, api), "Bearer t1");
  assertEquals(errors, [failure, failure]);
});

bothStyles("oauth2() goes on without a store that hangs", async (t) => {
  const errors: string[] = [];
  const mock = mocked();
  const hang = function* () {
    yield* sleep(1e9);
  };
  using api = mock.create({
    store: { get: hang, set: hang },
    onError: (error) => errors.push((error as Error).message),
  });
  assertEquals(await sent(t, api), "Bearer t1");
  assertEquals(
    errors,
    Array(2).fill("Cannot wait for the token store: it did not answer within 30000 ms"),
  );
});

bothStyles("oauth2() tells `onError` of no store that a cancelled call waited for", async (t) => {
  const errors: unknown[] = [];
  const hang = function* () {
    yield* sleep(60_000);
  };
  using api = client(t, {
    store: { get: hang, set: hang },
    onError: (error) => errors.push(error),
  });
  const cancelToken = new CancelToken();
  const cancel = function* () {
    yield* sleep(1);
    cancelToken.cancel();
  };
  const flows = [api.flow.get("/api", { cancelToken }), cancel()];
  const [call] = await t.run(concurrent(flows, { settled: true }));
  assert(call?.status === "rejected" && call.reason instanceof CancelError);
  assertEquals([errors, (await server.record(t.key)).tokens], [[], []]);
});

bothStyles("oauth2() goes on with a token that the server gives a second time", async (t) => {
  const mock = mocked();
  mock.transport.on("POST", LOGIN).reply(200, { "access_token": "same" });
  mock.transport.on("GET", ME).replyOnce(401);
  using api = mock.create();
  for (let call = 0; call < 3; call++) assertEquals((await t.get(api, "/me")).status, 200);
  assertEquals(mock.forms().length, 2);
});

for (
  const [what, kept] of Object.entries({
    "text": "t9",
    "a token of another shape": { token: "t9" },
    "a token that no header can carry": { accessToken: "t9\n" },
  })
) {
  bothStyles(`oauth2() drops ${what} that a store gives`, async (t) => {
    const mock = mocked();
    using api = mock.create({ store: { get: () => kept, set: () => {} } });
    assertEquals(await sent(t, api), "Bearer t1");
  });
}

bothStyles(
  "oauth2() takes stores of every colour, an async one by the rules of sync calls",
  async (t) => {
    const kept = { accessToken: "kept" };
    using generator = mocked().create({
      store: {
        *get() {
          yield* sleep(1);
          return kept;
        },
        set: () => {},
      },
    });
    assertEquals(await sent(t, generator), "Bearer kept");
    using later = mocked().create({
      store: { get: async () => await Promise.resolve(kept), set: () => {} },
    });
    if (t.style === "async") assertEquals(await sent(t, later), "Bearer kept");
    else await t.fails(() => sent(t, later), SyncBridgeError);
  },
);

bothStyles("oauth2() sends its token to no other origin", async (t) => {
  const mock = mocked();
  mock.transport.on("GET", "https://api.example.com/away")
    .reply(302, "", { location: "https://other.example.com/back" });
  mock.transport.on("GET", "https://other.example.com/back").reply(302, "", { location: ME });
  using api = mock.create();
  await t.get(api, "/away");
  const headers = mock.transport.requests.map((
    { url, headers },
  ) => [url, headers.get("authorization")]);
  assertEquals(headers, [
    [LOGIN, null],
    ["https://api.example.com/away", "Bearer t1"],
    ["https://other.example.com/back", null],
    [ME, null],
  ]);
});

bothStyles(
  "oauth2() renews for a stream, and for the call after a body that is sent once",
  async (t) => {
    let good = "t2";
    const mock = mocked((authorization) => authorization === `Bearer ${good}`);
    using api = mock.create();
    const stream = await t.stream(api, "/me");
    assertEquals(new TextDecoder().decode(await stream.read()), '{"authorization":"Bearer t2"}');
    good = "t3";
    const body = function* () {
      yield new Uint8Array(3);
    };
    await t.fails(() => t.post(api, "/me", { data: body() }), HTTPStatusError);
    assertEquals((await t.post(api, "/me", { data: body() })).status, 200);
    assertEquals([mock.issued(), mock.transport.requests.length], [3, 3 + 4]);
  },
);

bothStyles("oauth2() leaves alone what has its own authorization, or asks for it", async (t) => {
  const mock = mocked();
  using api = mock.create();
  await t.get(api, "/me", { headers: { authorization: "own" } });
  await t.get(api, "/me", { context: { oauth2: false } });
  assertEquals(mock.transport.requests.map(({ headers }) => headers.get("authorization")), [
    "own",
    null,
  ]);
});

bothStyles(
  "oauth2() takes nothing of the client's own headers to the token endpoint",
  async (t) => {
    const mock = mocked();
    using api = mock.create();
    api.interceptors.request.use((request) => request.headers.set("x-api-key", "secret"));
    api.use((request, next) => next({ ...request, params: { a: 1 } }));
    mock.transport.on("GET", `${ME}?a=1`).reply(200, { authorization: "x" });
    await t.get(api, "/me");
    assertEquals(mock.transport.requests[0]?.url, LOGIN);
    assertEquals(mock.transport.requests[0]?.headers.get("x-api-key"), null);
    assertEquals(mock.transport.requests[1]?.headers.get("x-api-key"), "secret");
  },
);

bothStyles("oauth2() sends again through a signature that was attached after it", async (t) => {
  const mock = mocked((authorization) => authorization === "Bearer t2");
  using api = mock.create();
  api.plugin(sign({ headers: ({ headers }) => ({ "x-seen": `${headers.get("authorization")}` }) }));
  const response = await t.get(api, "/me", { maxRetries: 3 });
  const seen = mock.transport.requests.map(({ headers }) => headers.get("x-seen"));
  assertEquals(seen, [null, "Bearer t1", null, "Bearer t2"]);
  assertEquals([response.attempts, response.redirected], [1, false]);
});

Deno.test("oauth2() takes the token of a sync call that was faster than an async one", async () => {
  const asked = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  const answer = (status: number, body: unknown): TransportResponse => ({
    status,
    headers: { "content-type": "application/json" },
    body: new TextEncoder().encode(JSON.stringify(body)),
  });
  const api = create({
    baseURL: "https://api.example.com",
    transport: {
      async send({ url, headers }) {
        if (url !== LOGIN) return answer(200, headers.get("authorization"));
        asked.resolve();
        await gate.promise;
        // The sync call has used up the refresh token.
        return answer(400, { error: "invalid_grant" });
      },
      sendSync: ({ url, headers }) =>
        url === LOGIN
          ? answer(200, { "access_token": "sync" })
          : answer(200, headers.get("authorization")),
    },
  }).plugin(oauth2({ tokenUrl: LOGIN, clientId: "me", refreshToken: "r0" }));
  const first = api.get("/me");
  await asked.promise;
  assertEquals(api.getSync("/me").data, "Bearer sync");
  gate.resolve();
  assertEquals((await first).data, "Bearer sync");
});

const BAD: Record<string, [Partial<OAuth2Options>, string]> = {
  "no client id": [{ clientId: "" }, '"clientId" must be text that is not empty'],
  "a secret that is no text": [{ clientSecret: 1 as never }, '"clientSecret" must be text'],
  "no way to a token": [{ refreshToken: undefined }, 'give a "clientSecret", a "refreshToken", or'],
  "a relative token URL": [{ tokenUrl: "/token" }, '"tokenUrl" must be an absolute http'],
  "another protocol": [{ tokenUrl: "file:///token" }, '"tokenUrl" must be an absolute http'],
  "a negative margin": [{ refreshBefore: -1 }, '"refreshBefore" must be milliseconds of 0 or more'],
  "an unknown way": [{ clientAuth: "jwt" as never }, '"clientAuth" must be "basic" or "body"'],
  "a store without set": [{ store: { get: () => {} } as never }, '"store" must have the methods'],
  "an origin with a path": [{ origins: ["https://a.example.com/b"] }, "is no origin"],
};

for (const [what, [more, message]] of Object.entries(BAD)) {
  Deno.test(`oauth2() refuses ${what}`, () => {
    assertThrows(() => mocked().create(more), Error, `Cannot use "oauth2": `);
    assertThrows(() => mocked().create(more), Error, message);
  });
}

Deno.test("oauth2() refuses to begin without options", () => {
  assertThrows(() => oauth2({} as never), TypeError, '"clientId" must be text');
});
