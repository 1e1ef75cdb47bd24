import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { AxError, type Client, create, HTTPStatusError } from "../../mod.ts";
import { readParams } from "../../src/plugins/challenges.ts";
import { digestAuth } from "../../src/plugins/digest_auth.ts";
import { MockTransport } from "../../src/testing/mod.ts";
import { keepWorker } from "../support/kept_worker.ts";
import { sharedAuthServer } from "../support/auth_server.ts";
import { bothStyles, type StyleKit } from "../support/styles.ts";

const server = sharedAuthServer();
keepWorker();
const USER = { username: "J\u{e4}s\u{f8}n Doe", password: "Secret, or not?" };

function client(t: StyleKit, params: Record<string, string | number> = {}): Client {
  return create({ baseURL: server.url, params: { ...params, key: t.key } }).plugin(
    digestAuth(USER),
  );
}

async function statuses(t: StyleKit): Promise<number[]> {
  return (await server.record(t.key)).calls.map(({ status }) => status);
}

async function answers(t: StyleKit): Promise<ReadonlyMap<string, string>[]> {
  const { calls } = await server.record(t.key);
  return calls.flatMap(({ authorization }) =>
    authorization ? [readParams(authorization.slice(7))] : []
  );
}

for (const algorithm of ["MD5", "SHA-256", "SHA-512-256"]) {
  for (const suffix of ["", "-sess"]) {
    for (const qop of ["auth", "auth-int"]) {
      bothStyles(`digestAuth() answers ${algorithm}${suffix} with ${qop}`, async (t) => {
        using api = client(t, { algorithm: algorithm + suffix, qop });
        assertEquals((await t.get(api, "/digest")).data, { qop, body: "" });
        const { data } = await t.post(api, "/digest", { json: { a: 1 } });
        assertEquals(data, { qop, body: '{"a":1}' });
        assertEquals(await statuses(t), [401, 200, 200]);
      });
    }
  }
}

bothStyles("digestAuth() hides the name where the server asks for it", async (t) => {
  using api = client(t, { userhash: "", algorithm: "SHA-256" });
  await t.get(api, "/digest");
  const [answer] = await answers(t);
  assertMatch(answer?.get("username") ?? "", /^[0-9a-f]{64}$/);
  assertEquals(answer?.get("userhash"), "true");
});

bothStyles("digestAuth() takes the strongest algorithm that is offered", async (t) => {
  using api = client(t, { weak: "", algorithm: "SHA-512-256" });
  await t.get(api, "/digest");
  assertEquals((await answers(t)).map((answer) => answer.get("algorithm")), ["SHA-512-256"]);
});

bothStyles("digestAuth() protects a body where that is offered beside auth", async (t) => {
  using api = client(t, { qop: "auth, auth-int" });
  assertEquals((await t.get(api, "/digest")).data, { qop: "auth", body: "" });
  assertEquals((await t.post(api, "/digest", { data: "x" })).data, { qop: "auth-int", body: "x" });
});

bothStyles(
  "digestAuth() counts the uses of a nonce, and takes another when it is stale",
  async (t) => {
    using api = client(t, { uses: 2 });
    for (let call = 0; call < 3; call++) await t.get(api, "/digest");
    const seen = (await answers(t)).map((
      answer,
    ) => [answer.get("nonce"), parseInt(answer.get("nc") ?? "", 16)]);
    assertEquals(seen, [["nonce-1", 1], ["nonce-1", 2], ["nonce-1", 3], ["nonce-2", 1]]);
    assertEquals(await statuses(t), [401, 200, 200, 401, 200]);
  },
);

bothStyles("digestAuth() takes the next nonce that a server announces", async (t) => {
  using api = client(t, { nextnonce: "", uses: 1 });
  for (let call = 0; call < 3; call++) await t.get(api, "/digest");
  assertEquals((await answers(t)).map((answer) => answer.get("nonce")), [
    "nonce-1",
    "nonce-2",
    "nonce-3",
  ]);
  assertEquals(await statuses(t), [401, 200, 200, 200]);
});

bothStyles("digestAuth() answers many calls at once with one nonce", async (t) => {
  using api = client(t);
  await t.get(api, "/digest");
  const list = Array.from({ length: 20 });
  await t.either<unknown>(
    () => Promise.all(list.map(() => api.get("/digest"))),
    () => api.allSync(list.map(() => api.flow.get("/digest"))),
  );
  const counts = (await answers(t)).map((answer) => parseInt(answer.get("nc") ?? "", 16));
  assertEquals(counts.toSorted((a, b) => a - b), Array.from({ length: 21 }, (_, n) => n + 1));
});

bothStyles("digestAuth() does not loop when its answer is refused", async (t) => {
  using api = create({ baseURL: server.url, params: { key: t.key } })
    .plugin(digestAuth({ ...USER, password: "wrong" }));
  const error = await t.fails(() => t.get(api, "/digest"), HTTPStatusError);
  assertEquals(error.status, 401);
  assertEquals(await statuses(t), [401, 401]);
  // Nor does it try the refused answer first when it is asked again.
  await t.fails(() => t.get(api, "/digest"), HTTPStatusError);
  assertEquals((await answers(t)).map((answer) => answer.get("nonce")), ["nonce-1", "nonce-3"]);
});

bothStyles("digestAuth() does not follow a server that says stale without end", async (t) => {
  using api = create({ baseURL: server.url, params: { key: t.key, "always-stale": "" } })
    .plugin(digestAuth({ ...USER, password: "wrong" }));
  await t.fails(() => t.get(api, "/digest"), HTTPStatusError);
  assertEquals(await statuses(t), [401, 401, 401]);
});

bothStyles(
  "digestAuth() answers for streams, and leaves the other challenges to the call",
  async (t) => {
    using api = client(t);
    const stream = await t.stream(api, "/digest");
    assertEquals(new TextDecoder().decode(await stream.read()), '{"qop":"auth","body":""}');
    const error = await t.fails(() => t.get(api, "/api"), HTTPStatusError);
    assertEquals(error.status, 401);
    assertEquals(await statuses(t), [401, 200, 401]);
  },
);

bothStyles("digestAuth() says why it cannot answer for a body that is sent once", async (t) => {
  using api = client(t);
  const body = function* () {
    yield new Uint8Array([120]);
  };
  const error = await t.fails(() => t.post(api, "/digest", { data: body() }), AxError);
  assertEquals(
    error.message,
    `Cannot answer the digest challenge of "POST ${server.url}/digest?key=${t.key}": its body is ` +
      "a stream that has been sent; call without a body first",
  );
  // By now the nonce is known.
  assertEquals((await t.post(api, "/digest", { data: body() })).data, { qop: "auth", body: "x" });
});

bothStyles("digestAuth() protects no body that it cannot read", async (t) => {
  using api = client(t, { qop: "auth-int" });
  await t.get(api, "/digest");
  const body = function* () {
    yield new Uint8Array(1);
  };
  const streamed = await t.fails(() => t.post(api, "/digest", { data: body() }), AxError);
  assertStringIncludes(streamed.message, "its body is a stream, which can be read only once");
  const transport = new MockTransport();
  const challenge = { "www-authenticate": 'Digest realm="r", nonce="n", qop="auth-int"' };
  transport.on("POST", "https://a.example.com/").replyOnce(401, "", challenge).reply(200);
  using mocked = create({ baseURL: "https://a.example.com", transport }).plugin(digestAuth(USER));
  const upload = () => t.post(mocked, "/", { data: new Blob(["x"]) });
  if (t.style === "async") assertEquals((await upload()).status, 200);
  else {
    const error = await t.fails(upload, AxError);
    assertStringIncludes(error.message, "its body is a Blob, which a sync call cannot read");
  }
});

bothStyles("digestAuth() answers no challenge of another origin", async (t) => {
  const transport = new MockTransport();
  const challenge = { "www-authenticate": 'Digest realm="r", nonce="n", qop="auth"' };
  transport.on("GET", "https://a.example.com/").reply(302, "", {
    location: "https://b.example.com/",
  });
  transport.on("GET", "https://b.example.com/").reply(401, "", challenge);
  using api = create({ baseURL: "https://a.example.com", transport }).plugin(digestAuth(USER));
  await t.fails(() => t.get(api, "/"), HTTPStatusError);
  assertEquals(transport.requests.map(({ headers }) => headers.get("authorization")), [null, null]);
});

bothStyles("digestAuth() answers a hop by its own method and URL", async (t) => {
  const transport = new MockTransport();
  const challenge = { "www-authenticate": 'Digest realm="r", nonce="n", qop="auth"' };
  transport.on("POST", "https://a.example.com/old").replyOnce(401, "", challenge)
    .reply(303, "", { location: "/new?a=%20b#c" });
  transport.on("GET", "https://a.example.com/new?a=%20b").reply(200);
  using mocked = create({ baseURL: "https://a.example.com", transport }).plugin(digestAuth(USER));
  await t.post(mocked, "/old", { json: 1 });
  const uris = transport.requests.map(({ headers }) => headers.get("authorization"))
    .map((value) => value && readParams(value.slice(7)).get("uri"));
  assertEquals(uris, [null, "/old", "/new?a=%20b"]);
  assert(transport.requests.at(-1)?.headers.get("authorization")?.includes("nc=00000002"));
});
