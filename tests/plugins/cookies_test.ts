import { assertEquals, assertStringIncludes } from "@std/assert";
import { CookieJar } from "tough-cookie";
import { type Client, type ClientConfig, create, HTTPStatusError } from "../../mod.ts";
import { MockTransport, VirtualClock } from "../../src/testing/mod.ts";
import { cache } from "../../src/plugins/cache.ts";
import { cookies, type CookiesOptions, type Jar } from "../../src/plugins/cookies.ts";
import { bothStyles } from "../support/styles.ts";

const SHOP = "https://www.shop.example";

interface Setup {
  readonly api: Client;
  readonly transport: MockTransport;
  readonly clock: VirtualClock;
  /** What was sent as `cookie`, request by request. */
  sent(): (string | null)[];
}

function setup(options: CookiesOptions = {}, config: ClientConfig = {}): Setup {
  const transport = new MockTransport();
  const clock = new VirtualClock({ now: Date.UTC(2026, 0, 1) });
  transport.on("*", "*").reply(200);
  const api = create({ transport, clock, ...config }).plugin(cookies(options));
  const sent = () => transport.requests.map(({ headers }) => headers.get("cookie"));
  return { api, transport, clock, sent };
}

/** A response that sets cookies. */
function setting(...fields: string[]): [number, null, [string, string][]] {
  return [200, null, fields.map((field) => ["set-cookie", field])];
}

bothStyles("cookies() sends what was set, from one jar for both styles", async (t) => {
  const { api, transport, sent } = setup();
  transport.on("GET", `${SHOP}/login`).reply(...setting("a=1", "b=2; Path=/; HttpOnly"));
  await t.get(api, `${SHOP}/login`);
  await api.get(`${SHOP}/`);
  api.getSync(`${SHOP}/`);
  assertEquals(sent(), [null, "a=1; b=2", "a=1; b=2"]);
});

bothStyles("cookies() goes by host, domain, path and scheme", async (t) => {
  const { api, transport, sent } = setup();
  transport.on("GET", `${SHOP}/set/x`).reply(
    ...setting(
      "host=1; Path=/",
      "domain=2; Path=/; Domain=shop.example",
      "path=3",
      "secure=4; Path=/; Secure",
      "foreign=5; Path=/; Domain=other.example",
      "suffix=6; Path=/; Domain=example",
    ),
  );
  await t.get(api, `${SHOP}/set/x`);
  transport.resetHistory();
  const urls = [
    `${SHOP}/set/y`,
    `${SHOP}/settle`,
    "https://api.shop.example/",
    "http://www.shop.example/",
    "https://other.example/",
    "https://example/",
  ];
  for (const url of urls) await t.get(api, url);
  assertEquals(sent(), [
    "path=3; host=1; domain=2; secure=4",
    "host=1; domain=2; secure=4",
    "domain=2",
    "host=1; domain=2",
    null,
    null,
  ]);
});

bothStyles("cookies() refuses public suffixes", async (t) => {
  const { api, transport, sent } = setup();
  for (
    const [host, suffix] of [["a.github.io", "github.io"], ["a.co.uk", "co.uk"], ["a.com", "com"]]
  ) {
    transport.on("GET", `https://${host}/set`).reply(...setting(`x=1; Path=/; Domain=${suffix}`));
    await t.get(api, `https://${host}/set`);
    await t.get(api, `https://${host}/`);
    await t.get(api, `https://b.${suffix}/`);
  }
  assertEquals(sent().filter((field) => field !== null), []);
});

bothStyles("cookies() refuses prefixes that do not keep their promise", async (t) => {
  const { api, transport, sent } = setup();
  transport.on("GET", `${SHOP}/set`).reply(
    ...setting(
      "__Host-ok=1; Path=/; Secure",
      "__Host-path=2; Path=/set; Secure",
      "__Host-insecure=3; Path=/",
      "__Host-domain=4; Path=/; Secure; Domain=shop.example",
      "__Secure-ok=5; Path=/; Secure",
      "__Secure-insecure=6; Path=/",
    ),
  );
  await t.get(api, `${SHOP}/set`);
  await t.get(api, `${SHOP}/set`);
  assertEquals(sent()[1], "__Host-ok=1; __Secure-ok=5");
});

bothStyles("cookies() does not take a secure cookie over http", async (t) => {
  const { api, transport, sent } = setup();
  transport.on("GET", "http://www.shop.example/set").reply(...setting("a=1; Path=/; Secure"));
  await t.get(api, "http://www.shop.example/set");
  await t.get(api, `${SHOP}/`);
  assertEquals(sent(), [null, null]);
});

bothStyles(
  "cookies() takes cookies on every hop of a redirect, and sends them on the next",
  async (t) => {
    const { api, transport, sent } = setup();
    const redirect = (location: string, cookie: string): [number, null, [string, string][]] => [
      302,
      null,
      [["location", location], ["set-cookie", cookie]],
    ];
    transport.on("GET", `${SHOP}/1`).reply(...redirect("/2", "one=1; Path=/"));
    transport.on("GET", `${SHOP}/2`).reply(
      ...redirect("https://login.shop.example/3", "two=2; Path=/"),
    );
    transport.on("GET", "https://login.shop.example/3").reply(
      ...redirect(`${SHOP}/4`, "three=3; Path=/; Domain=shop.example"),
    );
    const response = await t.get(api, `${SHOP}/1`);
    assertEquals(response.url, `${SHOP}/4`);
    assertEquals(sent(), [null, "one=1", null, "one=1; two=2; three=3"]);
  },
);

bothStyles("cookies() keeps SameSite cookies on the site of the call", async (t) => {
  const { api, transport, sent } = setup();
  const set = setting(
    "strict=1; Path=/; SameSite=Strict",
    "lax=2; Path=/; SameSite=Lax",
    "none=3; Path=/; SameSite=None; Secure",
    "unsaid=4; Path=/",
  );
  transport.on("GET", `${SHOP}/set`).reply(...set);
  for (const method of ["GET", "POST"]) {
    transport.on(method, "https://other.example/go").reply(307, null, { location: `${SHOP}/back` });
    transport.on(method, "https://pay.shop.example/go").reply(307, null, {
      location: `${SHOP}/back`,
    });
  }
  await t.get(api, `${SHOP}/set`);
  const sentBack = async (method: string, url: string) => {
    transport.resetHistory();
    await t.request(api, { method, url });
    return sent().at(-1);
  };
  const all = "strict=1; lax=2; none=3; unsaid=4";
  assertEquals(await sentBack("POST", `${SHOP}/back`), all);
  assertEquals(await sentBack("POST", "https://pay.shop.example/go"), all);
  assertEquals(await sentBack("GET", "https://other.example/go"), "lax=2; none=3; unsaid=4");
  assertEquals(await sentBack("POST", "https://other.example/go"), "none=3; unsaid=4");
});

bothStyles(
  "cookies() takes no SameSite cookie behind an unsafe redirect from another site",
  async (t) => {
    const { api, transport, sent } = setup();
    const set = { "set-cookie": "lax=1; Path=/; SameSite=Lax" };
    transport.on("POST", "https://other.example/go").reply(307, null, { location: `${SHOP}/set` });
    transport.on("*", `${SHOP}/set`).reply(200, null, set);
    await t.post(api, "https://other.example/go");
    await t.get(api, `${SHOP}/`);
    assertEquals(sent().at(-1), null);
    await t.post(api, `${SHOP}/set`);
    await t.get(api, `${SHOP}/`);
    assertEquals(sent().at(-1), "lax=1");
  },
);

bothStyles(
  "cookies() lets cookies end by the client's clock, however often they are used",
  async (t) => {
    const { api, transport, clock, sent } = setup();
    transport.on("GET", `${SHOP}/set`).reply(
      ...setting(
        "age=1; Path=/; Max-Age=60",
        "date=2; Path=/; Expires=Thu, 01 Jan 2026 00:00:30 GMT",
        "session=3; Path=/",
        "gone=4; Path=/; Max-Age=0",
      ),
    );
    await t.get(api, `${SHOP}/set`);
    for (const ms of [29_000, 1000, 29_000, 1000]) {
      clock.advance(ms);
      await t.get(api, `${SHOP}/`);
    }
    assertEquals(sent().slice(1), [
      "age=1; date=2; session=3",
      "age=1; session=3",
      "age=1; session=3",
      "session=3",
    ]);
  },
);

bothStyles("cookies() replaces a cookie, and drops it when the server says so", async (t) => {
  const { api, transport, sent } = setup();
  const route = transport.on("GET", `${SHOP}/set`);
  route.replyOnce(...setting("a=1; Path=/")).replyOnce(...setting("a=2; Path=/"))
    .replyOnce(...setting("a=; Path=/; Max-Age=0")).reply(200);
  for (let round = 0; round < 4; round++) await t.get(api, `${SHOP}/set`);
  assertEquals(sent(), [null, "a=1", "a=2", null]);
});

bothStyles("cookies() sends the call's own cookies too, once, and they win", async (t) => {
  const { api, transport, sent } = setup();
  transport.on("GET", `${SHOP}/set`).reply(...setting("a=1; Path=/", "b=2; Path=/"));
  transport.on("GET", `${SHOP}/go`).reply(302, null, { location: "/there" });
  transport.on("GET", `${SHOP}/away`).reply(302, null, { location: "https://other.example/" });
  await t.get(api, `${SHOP}/set`);
  transport.resetHistory();
  const headers = { cookie: "b=mine; c=3" };
  await t.get(api, `${SHOP}/go`, { headers });
  await t.get(api, `${SHOP}/away`, { headers });
  const joined = "a=1; b=mine; c=3";
  assertEquals(sent(), [joined, joined, joined, null]);
});

bothStyles("cookies() takes cookies of refused responses and of streams", async (t) => {
  const { api, transport, sent } = setup();
  transport.on("GET", `${SHOP}/refused`).reply(401, null, { "set-cookie": "a=1; Path=/" });
  transport.on("GET", `${SHOP}/stream`).reply(200, "text", { "set-cookie": "b=2; Path=/" });
  await t.fails(() => t.get(api, `${SHOP}/refused`), HTTPStatusError);
  const stream = await t.stream(api, `${SHOP}/stream`);
  stream.close();
  await t.get(api, `${SHOP}/`);
  assertEquals(sent(), [null, "a=1", "a=1; b=2"]);
});

bothStyles("cookies() ignores fields that are none", async (t) => {
  const { api, transport, sent } = setup();
  transport.on("GET", `${SHOP}/set`).reply(
    ...setting("", ";", "Path=/", "=; Path=/", "ok=1; Path=/; Expires=never; SameSite=Maybe"),
  );
  await t.get(api, `${SHOP}/set`);
  await t.get(api, `${SHOP}/`);
  assertStringIncludes(sent()[1] ?? "", "ok=1");
});

bothStyles("cookies() serves calls that run at once, and children", async (t) => {
  const { api, transport, sent } = setup();
  for (const name of ["a", "b"]) {
    transport.on("GET", `${SHOP}/${name}`).reply(...setting(`${name}=1; Path=/`));
  }
  await t.either(
    () => Promise.all([api.get(`${SHOP}/a`), api.get(`${SHOP}/b`)]),
    () => api.allSync([api.flow.get(`${SHOP}/a`), api.flow.get(`${SHOP}/b`)]),
  );
  await t.get(api.extend({}), `${SHOP}/`);
  assertEquals(sent().at(-1), "a=1; b=1");
});

bothStyles("cookies() takes a jar of the user's, also for several clients", async (t) => {
  const jar = CookieJar.fromJSON(JSON.stringify(new CookieJar()));
  jar.setCookieSync("a=1; Path=/", SHOP, { now: new Date(Date.UTC(2025, 0, 1)) });
  const one = setup({ jar });
  const other = setup({ jar });
  one.transport.on("GET", `${SHOP}/set`).reply(...setting("b=2; Path=/"));
  await t.get(one.api, `${SHOP}/set`);
  await t.get(other.api, `${SHOP}/`);
  assertEquals([one.sent(), other.sent()], [["a=1"], ["a=1; b=2"]]);
  assertEquals(jar.getCookieStringSync(SHOP), "a=1; b=2");
});

bothStyles("cookies() has a jar saved when a response set a cookie, and not else", async (t) => {
  let saved = 0;
  const jar = Object.assign(new CookieJar(), { save: () => void saved++ });
  const { api, transport } = setup({ jar });
  transport.on("GET", `${SHOP}/set`).reply(...setting("a=1; Path=/", "b=2"));
  await t.get(api, `${SHOP}/`);
  assertEquals(saved, 0);
  await t.get(api, `${SHOP}/set`);
  assertEquals(saved, 1);
});

bothStyles("cookies() before cache(): a hit sets none, and each session has its own", async (t) => {
  const { api, transport, sent } = setup();
  api.plugin(cache());
  let count = 0;
  transport.on("GET", `${SHOP}/me`).reply(() => ({
    body: { count: ++count },
    headers: { "cache-control": "max-age=60", "set-cookie": `seen=${count}; Path=/seen` },
  }));
  const data = async () => (await t.get<{ count: number }>(api, `${SHOP}/me`)).data.count;
  assertEquals([await data(), await data()], [1, 1]);
  transport.on("GET", `${SHOP}/login`).reply(...setting("session=a; Path=/"));
  await t.get(api, `${SHOP}/login`);
  assertEquals([await data(), await data()], [2, 2]);
  assertEquals(sent(), [null, null, "session=a"]);
});

Deno.test("cookies() refuses a jar that cannot answer at once", () => {
  const asynchronous = new CookieJar(
    Object.assign(new CookieJar().store, { synchronous: false }) as never,
  );
  const wrong: [unknown, string][] = [
    [{}, 'give a CookieJar of the npm package "tough-cookie"'],
    [asynchronous, "its store is asynchronous"],
  ];
  for (const [jar, text] of wrong) {
    let message = "";
    try {
      cookies({ jar: jar as Jar });
    } catch (error) {
      if (error instanceof TypeError) message = error.message;
    }
    assertStringIncludes(message, text);
  }
});
