import { assert, assertEquals, assertMatch, assertStringIncludes, assertThrows } from "@std/assert";
import { AxError, type Client, create, sleep, SyncBridgeError } from "../../mod.ts";
import { signAws } from "../../src/plugins/aws_signature.ts";
import { awsSigV4, type AwsSigV4Options } from "../../src/plugins/aws_sig_v4.ts";
import { hash } from "../../src/plugins/hashes.ts";
import { sign } from "../../src/plugins/sign.ts";
import { type MockRequest, MockTransport, VirtualClock } from "../../src/testing/mod.ts";
import { sharedServer } from "../support/server.ts";
import { bothStyles } from "../support/styles.ts";

const server = sharedServer();

const KEYS = {
  accessKeyId: "AKIDEXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
};
const AT = Date.UTC(2015, 7, 30, 12, 36);
const HOST = "https://example.amazonaws.com";

function setUp(
  more: Partial<AwsSigV4Options> = {},
  baseURL: string | null = HOST,
): { api: Client; transport: MockTransport; clock: VirtualClock } {
  const transport = new MockTransport();
  transport.on("*", "*").reply(200);
  const clock = new VirtualClock({ now: AT });
  const options = { region: "us-east-1", service: "service", credentials: KEYS, ...more };
  const api = create({ ...baseURL !== null && { baseURL }, transport, clock }).plugin(
    awsSigV4(options),
  );
  return { api, transport, clock };
}

/** What the signature of a request has to be, made of what arrived. */
function expected(request: MockRequest, payload: string, service = "service"): string {
  const { host, pathname: path, search } = new URL(request.url);
  const { method, headers } = request;
  const signed = { method, host, path, query: search.slice(1), headers, payload };
  return signAws(signed, KEYS, { region: "us-east-1", service, at: AT });
}

function authorization(request: MockRequest | undefined): string | null | undefined {
  return request?.headers.get("authorization");
}

bothStyles("awsSigV4() signs what is sent: URL, parameters, headers and body", async (t) => {
  const { api, transport } = setUp();
  await t.post(api, "/things", { params: { b: "x y", a: "+" }, json: { id: 1 } });
  const [request] = transport.requests;
  assert(request);
  assertEquals(request.url, `${HOST}/things?b=x%20y&a=%2B`);
  assertEquals(request.headers.get("x-amz-date"), "20150830T123600Z");
  assertEquals(request.headers.get("x-amz-content-sha256"), hash('{"id":1}'));
  assertEquals(authorization(request), expected(request, hash('{"id":1}')));
  assertStringIncludes(
    authorization(request) ?? "",
    "SignedHeaders=accept;content-type;host;x-amz-content-sha256;x-amz-date, ",
  );
});

bothStyles("awsSigV4() signs what a server gets to see", async (t) => {
  using api = create({ baseURL: server.url, clock: new VirtualClock({ now: AT }) });
  api.plugin(awsSigV4({ region: "us-east-1", service: "service", credentials: KEYS }));
  const { data } = await t.post<{ url: string; headers: Record<string, string>; body: string }>(
    api,
    "/echo/a%20b/(1)*/\u{e9}",
    {
      params: { q: "a b", "r[]": ["2", "1"] },
      form: { a: "\u{e9} x" },
      headers: { "x-a": " b  c " },
    },
  );
  const [, names = ""] = /SignedHeaders=([^,]*)/.exec(data.headers.authorization ?? "") ?? [];
  const signed = names.split(";").filter((name) => name !== "host");
  const headers = new Headers(
    Object.fromEntries(signed.map((name) => [name, data.headers[name] ?? ""])),
  );
  const [path = "", query = ""] = data.url.split("?");
  const payload = hash(data.body);
  const seen = { method: "POST", host: data.headers.host ?? "", path, query, headers, payload };
  const scope = { region: "us-east-1", service: "service", at: AT };
  assertEquals(data.headers.authorization, signAws(seen, KEYS, scope));
  assertEquals(signed.includes("x-a"), true);
});

bothStyles("awsSigV4() signs the headers of a plugin that was attached before it", async (t) => {
  const transport = new MockTransport();
  transport.on("GET", `${HOST}/`).reply(200);
  const clock = new VirtualClock({ now: AT });
  using api = create({ baseURL: HOST, transport, clock })
    .plugin(sign({ headers: () => ({ "x-extra": "1" }) }))
    .plugin(awsSigV4({ region: "us-east-1", service: "service", credentials: KEYS }));
  await t.get(api, "/");
  const [request] = transport.requests;
  assert(request);
  assertStringIncludes(authorization(request) ?? "", "x-amz-date;x-extra, ");
  assertEquals(authorization(request), expected(request, hash("")));
});

bothStyles("awsSigV4() signs each hop and each attempt anew", async (t) => {
  const { api, transport, clock } = setUp();
  const retryStrategy = { getDelay: () => 60_000 };
  transport.on("POST", `${HOST}/old`).replyOnce(503).reply(303, "", { location: "/new" });
  await t.post(api, "/old", { data: "x", maxRetries: 1, retryStrategy, retryMethods: ["POST"] });
  const dates = transport.requests.map(({ headers }) => headers.get("x-amz-date"));
  assertEquals(dates, ["20150830T123600Z", "20150830T123700Z", "20150830T123700Z"]);
  assertEquals(clock.sleeps, [60_000]);
  const last = transport.requests[2];
  assertEquals([last?.method, last?.headers.get("x-amz-content-sha256")], ["GET", hash("")]);
  assertEquals(new Set(transport.requests.map(authorization)).size, 3);
});

bothStyles("awsSigV4() asks for keys of every colour on each attempt", async (t) => {
  let asked = 0;
  const { api, transport } = setUp({
    *credentials() {
      yield* sleep(1);
      return { ...KEYS, sessionToken: `token-${++asked}` };
    },
  });
  transport.on("GET", `${HOST}/`).replyOnce(503).reply(200);
  const retryStrategy = { getDelay: () => 1 };
  await t.get(api, "/", { maxRetries: 1, retryStrategy });
  const tokens = transport.requests.map(({ headers }) => headers.get("x-amz-security-token"));
  assertEquals(tokens, ["token-1", "token-2"]);
  assertStringIncludes(
    authorization(transport.requests[0]) ?? "",
    "x-amz-date;x-amz-security-token",
  );
  const later = setUp({ credentials: async () => await Promise.resolve(KEYS) });
  if (t.style === "async") assertEquals((await t.get(later.api, "/")).status, 200);
  else await t.fails(() => t.get(later.api, "/"), SyncBridgeError);
});

bothStyles("awsSigV4() does not show keys that are no keys", async (t) => {
  const wrong: unknown[] = [undefined, {}, { ...KEYS, secretAccessKey: "se\ncret" }, {
    ...KEYS,
    sessionToken: "se cret",
  }];
  for (const credentials of wrong) {
    const { api, transport } = setUp({ credentials: () => credentials as never });
    const error = await t.fails(() => t.get(api, "/"), TypeError);
    assertMatch(error.message, /its credentials must have "accessKeyId" and "secretAccessKey"/);
    assert(!/se.cret/s.test(error.message));
    assertEquals(transport.requests, []);
  }
});

bothStyles(
  "awsSigV4() signs no redirect to another origin, unless it is one of its own",
  async (t) => {
    const bucket = "https://box.s3.eu-central-1.amazonaws.com";
    const open = async (origins?: string[]): Promise<(string | null | undefined)[]> => {
      const { api, transport } = setUp({ origins });
      transport.on("GET", `${HOST}/a`).reply(307, "", { location: `${bucket}/a` });
      await t.get(api, "/a");
      return transport.requests.map((request) => authorization(request)?.slice(0, 16));
    };
    assertEquals(await open(), ["AWS4-HMAC-SHA256", undefined]);
    assertEquals(await open([HOST, bucket]), ["AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256"]);
  },
);

bothStyles("awsSigV4() needs no baseURL: it signs for the origin that a call names", async (t) => {
  const { api, transport } = setUp({}, null);
  await t.get(api, `${HOST}/a`);
  assertMatch(authorization(transport.requests[0]) ?? "", /^AWS4-HMAC-SHA256 /);
});

bothStyles(
  "awsSigV4() sends what cannot be read ahead unsigned to S3 alone, and over TLS",
  async (t) => {
    const stream = function* () {
      yield new Uint8Array(3);
    };
    const s3 = setUp({ service: "s3" });
    await t.put(s3.api, "/a", { data: stream() });
    const [request] = s3.transport.requests;
    assert(request);
    assertEquals(request.headers.get("x-amz-content-sha256"), "UNSIGNED-PAYLOAD");
    assertEquals(authorization(request), expected(request, "UNSIGNED-PAYLOAD", "s3"));
    for (
      const { api } of [setUp(), setUp({ service: "s3" }, "http://example.amazonaws.com")]
    ) {
      const error = await t.fails(() => t.put(api, "/a?x=1", { data: stream() }), AxError);
      assertMatch(
        error.message,
        /^Cannot sign "PUT .*\/a\?x=1": its body is a stream, which can be/,
      );
    }
  },
);

bothStyles(
  "awsSigV4() reads a Blob in an async call, and says that a sync one cannot",
  async (t) => {
    const { api, transport } = setUp();
    const upload = () => t.put(api, "/a", { data: new Blob(["hello"]) });
    if (t.style === "sync") {
      const error = await t.fails(upload, AxError);
      assertStringIncludes(error.message, "its body is a Blob, which a sync call cannot read");
      return;
    }
    await upload();
    assertEquals(transport.requests[0]?.headers.get("x-amz-content-sha256"), hash("hello"));
  },
);

bothStyles("awsSigV4() signs streamed calls, and those of one allSync", async (t) => {
  const { api, transport } = setUp();
  await (await t.stream(api, "/s")).read();
  await t.either<unknown>(
    () => Promise.all([api.get("/a"), api.get("/b")]),
    () => api.allSync([api.flow.get("/a"), api.flow.get("/b")]),
  );
  for (const request of transport.requests) {
    assertEquals(authorization(request), expected(request, hash("")));
  }
  assertEquals(transport.requests.length, 3);
});

bothStyles("awsSigV4() leaves alone what is signed already, or asks for it", async (t) => {
  const { api, transport } = setUp();
  await t.get(api, "/a?X-Amz-Signature=1");
  await t.get(api, "/a", { headers: { authorization: "own" } });
  await t.get(api, "/a", { context: { awsSigV4: false } });
  assertEquals(transport.requests.map(authorization), [null, "own", null]);
  assertEquals(transport.requests[0]?.url, `${HOST}/a?X-Amz-Signature=1`);
});

Deno.test("awsSigV4() refuses wrong options", () => {
  assertThrows(() => awsSigV4({} as never), TypeError, '"region" must be a name');
  assertThrows(() => setUp({ service: "a/b" }), TypeError, '"service" must be a name');
  assertThrows(() => setUp({ credentials: {} as never }), TypeError, "its credentials must have");
  assertThrows(() => setUp({ origins: ["x"] }), TypeError, "is no origin");
});
