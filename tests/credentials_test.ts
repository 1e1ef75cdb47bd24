/** What is masked stays home: one list, for everything that can lead to another origin. */

import { assertEquals } from "@std/assert";
import { MockTransport } from "../src/testing/mod.ts";
import { type Client, create, type RequestConfig } from "../mod.ts";
import { bothStyles, type StyleKit } from "./support/styles.ts";

const HOME = "https://home.example.com";
const AWAY = "https://away.example.com";

/** All that counts as a credential, and what does not. */
const CREDENTIALS = {
  authorization: "Bearer secret",
  cookie: "sid=secret",
  "proxy-authorization": "Basic secret",
  "x-api-key": "secret",
  "x-redacted": "secret",
  "x-sensitive": "secret",
};
const FREE = { "x-free": "free" };

const OPTIONS = {
  baseURL: HOME,
  allowAbsoluteUrls: true,
  redact: ["X-Redacted"],
  sensitiveHeaders: ["X-Sensitive"],
};

/** Who sets the credentials. */
const SETTERS: Readonly<Record<string, (config: RequestConfig) => Client>> = {
  "the client": (config) => create({ ...config, headers: { ...CREDENTIALS, ...FREE } }),
  "a request interceptor": (config) => {
    const api = create(config);
    api.interceptors.request.use(({ headers }) => {
      for (const [name, value] of Object.entries({ ...CREDENTIALS, ...FREE })) {
        headers.set(name, value);
      }
    });
    return api;
  },
  "middleware per call": (config) =>
    create(config).use((request, next) =>
      next({ ...request, headers: { ...CREDENTIALS, ...FREE } })
    ),
  "middleware per attempt": (config) =>
    create(config).use(
      function* (request, next) {
        return yield* next({ ...request, headers: { ...CREDENTIALS, ...FREE } });
      },
      { per: "attempt" },
    ),
};

function credentialsIn(headers: Headers): string[] {
  return [...headers.keys()].filter((name) => Object.hasOwn(CREDENTIALS, name)).toSorted();
}

const ALL = Object.keys(CREDENTIALS).toSorted();

/** Ways to another origin; the first request is at home, where there is one. */
const WAYS: Readonly<Record<string, (t: StyleKit, api: Client, to: string) => Promise<unknown>>> = {
  "an absolute URL": (t, api, to) => t.get(api, `${to}/end`),
  "a redirect": (t, api, to) => t.get(api, `/redirect?to=${to}/end`),
  "a next page": (t, api, to) => t.pages(api, `/page?to=${to}/end`),
};

function network(): MockTransport {
  const transport = new MockTransport();
  const to = (url: string): string => new URL(url).searchParams.get("to") ?? "";
  transport.on("GET", "/redirect").reply(({ url }) => ({
    status: 302,
    headers: { location: to(url) },
  }));
  transport.on("GET", "/page").reply(({ url }) => ({
    body: [1],
    headers: { link: `<${to(url)}>; rel="next"` },
  }));
  transport.on("GET", "/end").reply(200, [2]);
  return transport;
}

for (const [setter, clientOf] of Object.entries(SETTERS)) {
  for (const [way, go] of Object.entries(WAYS)) {
    bothStyles(`credentials that ${setter} sets stay home on the way by ${way}`, async (t) => {
      const transport = network();
      const api = clientOf({ ...OPTIONS, transport, params: { client: "secret" } });
      await go(t, api, HOME);
      await go(t, api, AWAY);
      const home = transport.requests.filter(({ url }) => url.startsWith(HOME));
      const [away] = transport.requests.filter(({ url }) => url.startsWith(AWAY));
      for (const { headers } of home) assertEquals(credentialsIn(headers), ALL);
      assertEquals(credentialsIn(away?.headers ?? new Headers()), []);
      assertEquals(away?.headers.get("x-free"), "free");
      assertEquals(away?.url, `${AWAY}/end`);
    });
  }
}

bothStyles("credentials that the call sets go where it says, and no further", async (t) => {
  const transport = network();
  const api = create({ ...OPTIONS, transport });
  await t.get(api, `${AWAY}/redirect?to=${HOME}/end`, { headers: CREDENTIALS, params: { own: 1 } });
  const [first, second] = transport.requests;
  assertEquals(credentialsIn(first?.headers ?? new Headers()), ALL);
  assertEquals(new URL(first?.url ?? "").searchParams.get("own"), "1");
  assertEquals(credentialsIn(second?.headers ?? new Headers()), []);
});
