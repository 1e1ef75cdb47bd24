import { assert, assertEquals, assertThrows } from "@std/assert";
import { type Client, create, HTTPStatusError, sleep, SyncBridgeError } from "../../mod.ts";
import { auth, type AuthOptions } from "../../src/plugins/auth.ts";
import { basicAuth } from "../../src/plugins/basic_auth.ts";
import { MockTransport } from "../../src/testing/mod.ts";
import { keepWorker } from "../support/kept_worker.ts";
import { sharedServer } from "../support/server.ts";
import { bothStyles, type StyleKit } from "../support/styles.ts";

const server = sharedServer();
const other = sharedServer();
keepWorker();

function client(t: StyleKit, options: AuthOptions): Client {
  return create({ baseURL: server.url, headers: { "x-test-key": t.key } }).plugin(auth(options));
}

async function sent(t: StyleKit, from = server): Promise<(string | null)[]> {
  const requests = await from.requests(t.key);
  return requests.map(({ headers }) => new Headers(headers).get("authorization"));
}

bothStyles("auth() sends a token, also for streams and in allSync", async (t) => {
  using api = client(t, { token: "t0ken" });
  await t.get(api, "/auth?expect=Bearer+t0ken");
  await (await t.stream(api, "/auth?expect=Bearer+t0ken")).read();
  await t.either(
    () => Promise.all([api.get("/echo"), api.get("/echo")]),
    () => api.allSync([api.flow.get("/echo"), api.flow.get("/echo")]) as never,
  );
  assertEquals(await sent(t), Array(4).fill("Bearer t0ken"));
});

bothStyles("auth() writes another scheme, or none", async (t) => {
  using token = client(t, { token: "a", scheme: "Token" });
  using bare = client(t, { token: "b", scheme: "" });
  await t.get(token, "/echo");
  await t.get(bare, "/echo");
  assertEquals(await sent(t), ["Token a", "b"]);
});

bothStyles("auth() asks its provider on each attempt, once for all hops of it", async (t) => {
  const asked: [number, string][] = [];
  using api = client(t, {
    provider: ({ attempt, method }) => `t${asked.push([attempt, method])}`,
  });
  const retryStrategy = { getDelay: () => 0 };
  await t.get(api, "/fail-then/1", { params: { key: t.key }, maxRetries: 1, retryStrategy });
  await t.get(api, "/redirect/2");
  assertEquals(asked, [[1, "GET"], [2, "GET"], [1, "GET"]]);
  assertEquals(await sent(t), ["t1", "t2", "t3", "t3", "t3"].map((token) => `Bearer ${token}`));
});

bothStyles(
  "auth() takes providers of every colour, an async one by the rules of sync calls",
  async (t) => {
    using generator = client(t, {
      *provider() {
        yield* sleep(1);
        return "generated";
      },
    });
    await t.get(generator, "/echo");
    using later = client(t, { provider: async () => await Promise.resolve("awaited") });
    if (t.style === "async") await t.get(later, "/echo");
    else await t.fails(() => t.get(later, "/echo"), SyncBridgeError);
    assertEquals(await sent(t), [
      "Bearer generated",
      ...t.style === "async" ? ["Bearer awaited"] : [],
    ]);
  },
);

bothStyles("auth() sends nothing where its provider gives nothing", async (t) => {
  for (const nothing of [undefined, null]) {
    using api = client(t, { provider: () => nothing });
    await t.get(api, "/echo");
  }
  assertEquals(await sent(t), [null, null]);
});

bothStyles("auth() sends its token to the origin of baseURL only", async (t) => {
  using api = client(t, { provider: () => "secret" });
  const away = `${other.url}/echo`;
  await t.get(api, "/redirect-to", { params: { url: away } });
  await t.get(api, away, { allowAbsoluteUrls: true });
  await t.get(api, `${server.url}/echo`);
  assertEquals([await sent(t), await sent(t, other)], [
    ["Bearer secret", "Bearer secret"],
    [null, null],
  ]);
});

bothStyles(
  "auth() sends its token to all of its origins, but not back from elsewhere",
  async (t) => {
    using api = client(t, { token: "secret", origins: [new URL(other.url)] });
    await t.get(api, "/redirect-to", { params: { url: `${other.url}/echo` } });
    await t.get(api, `${other.url}/echo`, { allowAbsoluteUrls: true });
    const back = `${server.url}/redirect-to?url=${encodeURIComponent(`${other.url}/echo`)}`;
    await t.get(api, `${other.url}/redirect-to`, {
      params: { url: back },
      allowAbsoluteUrls: true,
    });
    assertEquals([await sent(t), await sent(t, other)], [
      [null, null],
      [null, "Bearer secret", "Bearer secret", null],
    ]);
  },
);

bothStyles("auth() is not asked for calls to other origins", async (t) => {
  let asked = 0;
  using api = client(t, { provider: () => `t${++asked}` });
  await t.get(api, `${other.url}/echo`, { allowAbsoluteUrls: true });
  assertEquals(asked, 0);
});

bothStyles("auth() leaves alone what has its own header, or asks for it", async (t) => {
  using api = client(t, { token: "secret" });
  await t.get(api, "/echo", { headers: { Authorization: "own" } });
  await t.get(api, "/echo", { context: { auth: false } });
  api.interceptors.request.use((request) => request.headers.set("authorization", "late"));
  await t.get(api, "/echo");
  assertEquals(await sent(t), ["own", null, "late"]);
});

bothStyles("auth() works in a child, which has the origin of its own baseURL", async (t) => {
  using api = client(t, { token: "secret" });
  using child = api.extend({ baseURL: other.url });
  await t.get(child, "/echo");
  assertEquals(await sent(t, other), ["Bearer secret"]);
});

bothStyles("auth() says what is missing where nothing tells its origin", async (t) => {
  using api = create({ headers: { "x-test-key": t.key } }).plugin(auth({ token: "secret" }));
  const error = await t.fails(() => t.get(api, `${server.url}/echo`), TypeError);
  assertEquals(
    error.message,
    'Cannot use "auth" in this call: the client has no "baseURL" that tells where its ' +
      'credentials may go; give the plugin "origins"',
  );
  using open = create({ headers: { "x-test-key": t.key } })
    .plugin(auth({ token: "secret", origins: [server.url] }));
  await t.get(open, `${server.url}/echo`);
  assertEquals(await sent(t), ["Bearer secret"]);
});

bothStyles("auth() does not show a token that no header can carry", async (t) => {
  for (const token of ["se\ncret", "secret\r\nx: y", "s\u{e9}cret", " secret", ""]) {
    using api = client(t, { provider: () => token });
    const error = await t.fails(() => t.get(api, "/echo"), TypeError);
    assert(!/s.cret/s.test(error.message), error.message);
    assertThrows(() => auth({ token }), TypeError, 'Cannot send the "token" of "auth": it must be');
  }
  assertEquals(await sent(t), []);
});

bothStyles("auth() refuses a token that has its scheme in it, or other white space", async (t) => {
  const wrong: AuthOptions[] = [
    { token: "Bearer s3cret" },
    { token: "bearer\ts3cret" },
    { token: "s3cret s3cret", scheme: "bearer" },
    { token: "token s3cret", scheme: "Token" },
  ];
  for (const { token, ...rest } of wrong) {
    using api = client(t, { provider: () => token, ...rest });
    for (const call of [() => t.get(api, "/echo"), () => auth({ token, ...rest })]) {
      const { message } = await t.fails(call, TypeError);
      assert(message.includes("leave the scheme out") && !message.includes("s3cret"), message);
    }
  }
  assertEquals(await sent(t), []);
  const right: AuthOptions[] = [
    { token: "Bearer a", scheme: "" },
    { token: 'token="a", nonce="b"', scheme: "Token" },
    { token: "aZ09-._~+/==" },
  ];
  for (const options of right) await t.get(client(t, options), "/echo");
  assertEquals(await sent(t), ["Bearer a", 'Token token="a", nonce="b"', "Bearer aZ09-._~+/=="]);
});

Deno.test("auth() refuses wrong options", () => {
  const both = { token: "a", provider: () => "b" };
  assertThrows(() => auth({}), TypeError, 'give a "token" or a "provider", there is neither');
  assertThrows(() => auth(both), TypeError, "there are both");
  assertThrows(() => auth({ provider: "t" as never }), TypeError, '"provider" must be a function');
  assertThrows(() => auth({ token: 1 as never }), TypeError, "it must be text, got a number");
  for (const origin of ["https://a.example.com/b", "a.example.com", "file:///a", "https://u@a.b"]) {
    assertThrows(() => auth({ token: "a", origins: [origin] }), TypeError, "is no origin");
  }
  assertThrows(() => auth({ token: "a", origins: [] }), TypeError, "a list of one origin or more");
});

bothStyles("basicAuth() sends name and password in UTF-8, as RFC 7617 has it", async (t) => {
  using api = create({ baseURL: server.url, headers: { "x-test-key": t.key } })
    .plugin(basicAuth({ username: "test", password: "123\u{a3}" }));
  assertEquals((await t.get(api, "/auth?expect=Basic+dGVzdDoxMjPCow%3D%3D")).status, 200);
  using wrong = create({ baseURL: server.url })
    .plugin(basicAuth({ username: "Aladdin", password: "" }));
  await t.fails(() => t.get(wrong, "/auth?expect=Basic+x"), HTTPStatusError);
});

bothStyles("basicAuth() sends the same bytes however the letters were typed", async (t) => {
  const transport = new MockTransport();
  transport.on("GET", "https://a.example.com/").reply(200);
  for (const password of ["\u{e9}", "e\u{301}"]) {
    using api = create({ baseURL: "https://a.example.com", transport })
      .plugin(basicAuth({ username: "u", password }));
    await t.get(api, "/");
  }
  assertEquals(
    transport.requests.map(({ headers }) => headers.get("authorization")),
    Array(2).fill("Basic dTrDqQ=="),
  );
});

Deno.test("basicAuth() refuses what RFC 7617 does", () => {
  const bad: [unknown, string][] = [
    [{}, '"username" must be text, got undefined'],
    [{ username: "a" }, '"password" must be text, got undefined'],
    [{ username: "a:b", password: "" }, '"username" has a colon'],
    [{ username: "a", password: "b\n" }, '"password" has a control character'],
  ];
  for (const [options, message] of bad) {
    assertThrows(() => basicAuth(options as never), TypeError, message);
  }
});
