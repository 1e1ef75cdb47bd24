import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { AxError, type Client, create, NetworkError, SyncBridgeError } from "../../mod.ts";
import { type MockRequest, MockTransport, type TransportResponse } from "../../src/testing/mod.ts";
import { bothStyles, parity } from "../support/styles.ts";

const URL_A = "https://api.test/a";
const REQUEST = { method: "GET", url: URL_A, headers: new Headers(), body: null, timeout: 1 };

function setUp(): { transport: MockTransport; api: Client } {
  const transport = new MockTransport();
  return { transport, api: create({ transport }) };
}

const BODIES: [name: string, body: unknown, type: string | null, data: unknown][] = [
  ["an object", { a: [1] }, "application/json", { a: [1] }],
  ["a list", [1, 2], "application/json", [1, 2]],
  ["a number", 0, "application/json", 0],
  ["false", false, "application/json", false],
  ["what has a JSON form", new Date(0), "application/json", "1970-01-01T00:00:00.000Z"],
  ["text", "hällo", "text/plain;charset=UTF-8", "hällo"],
  ["bytes", new TextEncoder().encode("b"), null, "b"],
  ["a view", new DataView(new Uint8Array([97, 98, 99]).buffer, 1, 1), null, "b"],
  ["a buffer", new Uint8Array([98]).buffer, null, "b"],
  ["null", null, null, undefined],
  ["nothing", undefined, null, undefined],
];

for (const [name, body, type, data] of BODIES) {
  bothStyles(`reply() sends ${name} with its content type`, async (t) => {
    const { transport, api } = setUp();
    transport.on("GET", URL_A).reply(200, body);
    const response = await t.get(api, URL_A);
    assertEquals(response.headers.get("content-type"), type);
    assertEquals(response.data, data);
  });
}

bothStyles("reply() sends the headers it was given", async (t) => {
  const { transport, api } = setUp();
  const headers: [string, string][] = [["set-cookie", "a=1"], ["set-cookie", "b=2"]];
  transport.on("GET", URL_A)
    .replyOnce(200, "{}", { "Content-Type": "application/json", "x-none": undefined })
    .replyOnce(200, null, headers)
    .replyOnce(200, null, new Headers({ "x-a": "1" }));
  const first = await t.get(api, URL_A);
  assertEquals(first.data, {});
  assertEquals([...first.headers.keys()], ["content-type"]);
  assertEquals((await t.get(api, URL_A)).headers.getSetCookie(), ["a=1", "b=2"]);
  assertEquals((await t.get(api, URL_A)).headers.get("x-a"), "1");
});

bothStyles("reply() sends the same again when a value or a response was changed", async (t) => {
  const { transport, api } = setUp();
  const value = { list: [1] };
  const bytes = new Uint8Array([1]);
  transport.on("GET", URL_A).reply(200, value);
  transport.on("PUT", URL_A).reply(200, bytes);
  value.list.push(2);
  bytes[0] = 2;
  const { data, headers } = await t.get<{ list: number[] }>(api, URL_A);
  assertEquals(data, { list: [1] });
  headers.delete("content-type");
  assertEquals((await t.get(api, URL_A)).data, { list: [1] });
  (await t.put(api, URL_A)).bytes()[0] = 3;
  assertEquals((await t.put(api, URL_A)).bytes(), new Uint8Array([1]));
});

bothStyles("a HEAD response has the headers and no body", async (t) => {
  const { transport, api } = setUp();
  transport.on("*", URL_A).reply(200, { a: 1 });
  const response = await t.head(api, URL_A);
  assertEquals(response.headers.get("content-type"), "application/json");
  assertEquals(response.data, undefined);
});

Deno.test("reply() refuses what no server can send", () => {
  const route = new MockTransport().on("GET", URL_A);
  for (const status of [0, 199, 600, 200.5, NaN]) {
    assertThrows(() => route.reply(status), RangeError, '"status" must be 200 to 599');
  }
  assertThrows(() => route.reply(204, "x"), TypeError, "a response of status 204 has no body");
  assertThrows(() => route.reply(200, new Blob(["x"])), TypeError, "Cannot reply with a Blob");
  assertThrows(() => route.reply(200, new Map()), TypeError, "Cannot reply with a Map");
  assertThrows(() => route.reply(200, null, { "a b": "" }), TypeError);
  route.reply(204, "").reply(304);
});

Deno.test("reply() and replyStream() refuse a body in the place of the status", () => {
  const route = new MockTransport().on("GET", URL_A);
  const usage = 'write "reply(200, body, headers)"';
  for (const [odd, kind] of [[{ a: 1 }, "object"], ["x", "string"], [null, "null"]] as const) {
    const message = `Cannot reply: the status comes first, got ${kind}; `;
    assertThrows(() => route.reply(odd as never), TypeError, message + usage);
    assertThrows(() => route.replyOnce(odd as never), TypeError, message + usage);
  }
  const chunks = 'got object; write "replyStream(200, chunks, headers)"';
  assertThrows(() => route.replyStream(["x"] as never, []), TypeError, chunks);
  assertThrows(() => route.replyStreamOnce(["x"] as never, []), TypeError, chunks);
});

bothStyles("what a reply function returns is refused where it would be lost", async (t) => {
  const form = ": give { status, statusText, body, headers, chunks }";
  for (const odd of [{ data: 1 }, new Response("x"), [1], "x"]) {
    const { transport, api } = setUp();
    transport.on("GET", URL_A).reply(() => odd as never);
    const error = await t.fails(t.get(api, URL_A), AxError);
    assertStringIncludes(error.message, "its reply function threw: Cannot reply with ");
    assertStringIncludes(error.message, form);
  }
});

bothStyles("a reply function answers from the request", async (t) => {
  const { transport, api } = setUp();
  transport.on("POST", URL_A).reply((request: MockRequest) => ({
    status: 201,
    statusText: "Made",
    headers: { "x-query": new URL(request.url).search },
    body: request.json<{ n: number }>().n + 1,
  }));
  const response = await t.post(api, `${URL_A}?q`, { json: { n: 1 } });
  assertEquals([response.status, response.statusText, response.data], [201, "Made", 2]);
  assertEquals(response.headers.get("x-query"), "?q");
});

Deno.test("a reply function may be async when the call is", async () => {
  const { transport, api } = setUp();
  transport.on("GET", URL_A).reply(async () => ({ body: await Promise.resolve("late") }));
  assertEquals((await api.get(URL_A)).data, "late");
});

Deno.test("a reply function that returns a promise is a SyncBridgeError in a sync call", async () => {
  const { transport, api } = setUp();
  transport.on("GET", URL_A).reply(function slow() {
    return Promise.reject(new Error("nobody sees this"));
  });
  const error = assertThrows(() => api.getSync(URL_A), SyncBridgeError);
  assertEquals(
    error.message,
    'Cannot answer "GET https://api.test/a" synchronously: its reply function "slow" returned a ' +
      "promise, return the reply itself",
  );
  await new Promise((resolve) => setTimeout(resolve, 0));
});

parity("what a reply function throws does not look like the network", async (t) => {
  const { transport, api } = setUp();
  const cause = new Error("expected 1");
  transport.on("GET", URL_A).reply(() => {
    throw cause;
  });
  const error = await t.fails(t.get(api, URL_A, { maxRetries: 3 }), AxError);
  assertEquals(error.name, "AxError");
  assertStringIncludes(error.message, "its reply function threw: expected 1");
  assert(error.cause === cause);
  assertEquals(transport.requests.length, 1);
  throw error;
});

bothStyles("a reply function may throw an AxError", async (t) => {
  const { transport, api } = setUp();
  const refused = new NetworkError("refused");
  transport.on("GET", URL_A).reply(() => {
    throw refused;
  });
  assert(await t.fails(t.get(api, URL_A), NetworkError) === refused);
});

parity("a reply function that returns no reply is an AxError", async (t) => {
  const { transport, api } = setUp();
  transport.on("GET", URL_A).reply((() => undefined) as never);
  const error = await t.fails(t.get(api, URL_A), AxError);
  assertStringIncludes(error.message, "give { status, body, headers }");
  throw error;
});

bothStyles("replyStream() sends chunks, also when they are made anew", async (t) => {
  const { transport, api } = setUp();
  const type = { "content-type": "text/plain" };
  function* counted(): Generator<string> {
    yield "1";
    yield "2";
  }
  transport.on("GET", URL_A)
    .replyStreamOnce(200, ["a", new Uint8Array([98])], type)
    .replyStream(200, counted, type);
  assertEquals((await t.get(api, URL_A)).data, "ab");
  assertEquals((await t.get(api, URL_A)).data, "12");
  assertEquals((await t.get(api, URL_A)).data, "12");
});

bothStyles("a chunk is made when it is read, and a stream that is left is closed", async (t) => {
  const transport = new MockTransport();
  const events: string[] = [];
  transport.on("GET", URL_A).replyStream(200, function* () {
    try {
      events.push("first");
      yield "1";
      events.push("second");
      yield "2";
    } finally {
      events.push("closed");
    }
  });
  const { body } = await t.either<TransportResponse>(
    () => transport.send(REQUEST),
    () => transport.sendSync(REQUEST),
  );
  assertEquals(events, []);
  for await (const chunk of body as Iterable<Uint8Array>) {
    assertEquals(chunk, new Uint8Array([49]));
    break;
  }
  assertEquals(events, ["first", "closed"]);
});

parity("a stream that breaks is a NetworkError", async (t) => {
  const { transport, api } = setUp();
  transport.on("GET", URL_A).replyStream(200, function* () {
    yield "1";
    throw new Error("the connection broke");
  });
  const error = await t.fails(t.get(api, URL_A), NetworkError);
  assertStringIncludes(error.message, "the connection broke");
  throw error;
});

Deno.test("asynchronous chunks are for async calls", async () => {
  const { transport, api } = setUp();
  transport.on("GET", URL_A).replyStream(200, async function* () {
    yield await Promise.resolve("later");
  });
  assertEquals((await api.get(URL_A)).data, "later");
  assertThrows(() => api.getSync(URL_A), SyncBridgeError, "its chunks are an AsyncIterable");
});
