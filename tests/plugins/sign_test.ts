import { assert, assertEquals, assertThrows } from "@std/assert";
import { type Client, create, sleep, SyncBridgeError } from "../../mod.ts";
import { auth } from "../../src/plugins/auth.ts";
import { hmac } from "../../src/plugins/hashes.ts";
import { sign, type Signer, type SignRequest } from "../../src/plugins/sign.ts";
import { MockTransport, VirtualClock } from "../../src/testing/mod.ts";
import { sharedServer } from "../support/server.ts";
import { bothStyles } from "../support/styles.ts";

const server = sharedServer();
const BASE = "https://api.example.com";

function setUp(
  headers: Signer,
  baseURL: string | null = BASE,
): { api: Client; transport: MockTransport } {
  const transport = new MockTransport();
  transport.on("*", "*").reply(200);
  const clock = new VirtualClock({ now: 7 });
  const api = create({ ...baseURL !== null && { baseURL }, transport, clock })
    .plugin(sign({ headers }));
  return { api, transport };
}

const decoder = new TextDecoder();

function signature({ method, url, headers, body, timestamp }: SignRequest): string {
  assert(body instanceof Uint8Array);
  const signed = [method, url, headers.get("content-type"), decoder.decode(body), timestamp];
  return hmac(signed.join("\n"), { key: "secret" });
}

bothStyles("sign() signs what arrives at the server", async (t) => {
  using api = create({ baseURL: server.url, clock: new VirtualClock({ now: 7 }) });
  api.plugin(sign({ headers: (request) => ({ "x-signature": signature(request) }) }));
  const { data } = await t.post<{ headers: Record<string, string>; body: string; url: string }>(
    api,
    "/echo",
    { json: { a: 1 }, params: { q: "\u{e9}" } },
  );
  const signed = `POST\n${server.url}${data.url}\n${data.headers["content-type"]}\n${data.body}\n7`;
  assertEquals(data.headers["x-signature"], hmac(signed, { key: "secret" }));
});

bothStyles("sign() signs each hop and each attempt", async (t) => {
  const seen: string[] = [];
  const { api, transport } = setUp(({ method, url, body }) => {
    seen.push(`${method} ${url} ${body instanceof Uint8Array && body.byteLength}`);
    return { "x-count": String(seen.length) };
  });
  transport.on("POST", `${BASE}/a`).replyOnce(503).reply(303, "", { location: "/b" });
  const retry = { maxRetries: 1, retryStrategy: { getDelay: () => 1 }, retryMethods: ["POST"] };
  await t.post(api, "/a", { data: "xyz", ...retry });
  assertEquals(seen, [`POST ${BASE}/a 3`, `POST ${BASE}/a 3`, `GET ${BASE}/b 0`]);
  const counts = transport.requests.map(({ headers }) => headers.get("x-count"));
  assertEquals(counts, ["1", "2", "3"]);
});

bothStyles("sign() takes signers of every colour, and headers in every form", async (t) => {
  const signers: Signer[] = [
    () => ({ "X-Signature": "s", "x-none": undefined }),
    () => [["x-signature", "s"]],
    () => new Headers({ "x-signature": "s" }),
    function* () {
      yield* sleep(1);
      return { "x-signature": "s" };
    },
    ...t.style === "async" ? [async () => await Promise.resolve({ "x-signature": "s" })] : [],
  ];
  for (const signer of signers) {
    const { api, transport } = setUp(signer);
    await t.get(api, "/");
    const { headers } = transport.requests[0] ?? {};
    assertEquals([headers?.get("x-signature"), headers?.has("x-none")], ["s", false]);
  }
  const none = setUp(() => {});
  assertEquals((await t.get(none.api, "/")).status, 200);
  if (t.style === "sync") {
    const { api } = setUp(async () => await Promise.resolve({}));
    await t.fails(() => t.get(api, "/"), SyncBridgeError);
  }
});

bothStyles("sign() gives a Blob as it is, and no body for a stream", async (t) => {
  const bodies: unknown[] = [];
  const { api } = setUp(({ body }) => {
    bodies.push(body);
  });
  await t.post(api, "/", {
    data: function* () {
      yield new Uint8Array(1);
    }(),
  });
  await t.post(api, "/", { data: new Blob(["x"]) });
  assertEquals([bodies[0], bodies[1] instanceof Blob], [undefined, true]);
});

bothStyles("sign() signs what an auth plugin before it has added", async (t) => {
  const transport = new MockTransport();
  transport.on("GET", BASE).reply(200);
  using api = create({ baseURL: BASE, transport })
    .plugin(auth({ token: "t" }))
    .plugin(sign({ headers: ({ headers }) => ({ "x-seen": `${headers.get("authorization")}` }) }));
  await t.get(api, "");
  assertEquals(transport.requests[0]?.headers.get("x-seen"), "Bearer t");
});

bothStyles("sign() signs nothing for another origin, and needs no baseURL", async (t) => {
  const { api, transport } = setUp(() => ({ "x-signature": "s" }));
  transport.on("GET", `${BASE}/a`).reply(302, "", { location: "https://b.example.com/" });
  await t.get(api, "/a");
  await t.get(api, "/a", { context: { sign: false }, followRedirects: false });
  const free = setUp(() => ({ "x-signature": "s" }), null);
  await t.get(free.api, "https://c.example.com/");
  const signed = [...transport.requests, ...free.transport.requests]
    .map(({ headers }) => headers.get("x-signature"));
  assertEquals(signed, ["s", null, null, "s"]);
});

bothStyles("sign() lets the error of a signer out as it is", async (t) => {
  const failure = new Error("no key");
  const { api, transport } = setUp(() => {
    throw failure;
  });
  assertEquals(await t.fails(() => t.get(api, "/"), Error), failure);
  const odd = setUp(() => "x" as never);
  await t.fails(() => t.get(odd.api, "/"), TypeError);
  assertEquals(transport.requests, []);
});

Deno.test("sign() refuses wrong options", () => {
  assertThrows(() => sign({} as never), TypeError, '"headers" must be a function');
  assertThrows(() => sign({ headers: {} as never }), TypeError, "got an object");
});
