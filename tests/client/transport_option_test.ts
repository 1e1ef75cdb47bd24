import { assert, assertEquals, assertInstanceOf, assertStringIncludes } from "@std/assert";
import {
  BodySizeError,
  create,
  NetworkError,
  SyncUnavailableError,
  TimeoutError,
} from "../../mod.ts";
import type { Transport, TransportRequest, TransportResponse } from "../../mod.ts";
import { bothStyles } from "../support/styles.ts";

const URL_A = "http://test.invalid/a";

/** One answer in both styles. */
function answering(answer: (request: TransportRequest) => unknown): Transport {
  const sendSync = (request: TransportRequest) => answer(request) as TransportResponse;
  return { send: (request) => new Promise((resolve) => resolve(sendSync(request))), sendSync };
}

const OK = { status: 200, headers: {}, body: null };

bothStyles("a transport gets the request, encoded and immutable", async (t) => {
  let seen: TransportRequest | undefined;
  const network = { proxy: "http://proxy.invalid" };
  using api = create({ transport: answering((request) => (seen = request, OK)), network });
  const response = await t.post(api, "http://test.invalid/a?b=1#c", {
    json: { d: 1 },
    timeout: 50,
  });
  assert(seen);
  assertEquals([seen.method, seen.url, seen.timeout], ["POST", "http://test.invalid/a?b=1", 50]);
  assertEquals(new TextDecoder().decode(seen.body as Uint8Array), '{"d":1}');
  assertEquals(seen.headers.get("content-type"), "application/json");
  assertEquals(seen.network, network);
  assertEquals(seen.signal instanceof AbortSignal, t.style === "async");
  seen.headers.set("x-later", "1");
  assertEquals(response.request.headers.has("x-later"), false);
});

bothStyles("a transport answers bytes, nothing, or chunks", async (t) => {
  const chunks = [new Uint8Array([104]), new Uint8Array([105])];
  const body = async (given: unknown) => {
    const transport = answering(() => ({ ...OK, headers: [["x-a", "1"]], body: given }));
    using api = create({ transport });
    const response = await t.get(api, URL_A);
    assertEquals(response.headers.get("x-a"), "1");
    return response.text();
  };
  assertEquals(await body(new TextEncoder().encode("hello")), "hello");
  assertEquals(await body(null), "");
  assertEquals(await body(chunks), "hi");
  assertEquals(await body(new Set(chunks)), "hi");
});

Deno.test("a transport may answer an AsyncIterable in the async style", async () => {
  async function* chunks() {
    yield new Uint8Array([104]);
    await Promise.resolve();
    yield new Uint8Array([105]);
  }
  const transport: Transport = { send: () => Promise.resolve({ ...OK, body: chunks() }) };
  using api = create({ transport });
  assertEquals((await api.get(URL_A)).data, "hi");
});

bothStyles("a transport's URL tells of redirects that it followed", async (t) => {
  const transport = answering(() => ({ ...OK, url: "http://test.invalid/b", statusText: "Fine" }));
  using api = create({ transport });
  const { url, redirected, statusText } = await t.get(api, URL_A);
  assertEquals([url, redirected, statusText], ["http://test.invalid/b", true, "Fine"]);
});

bothStyles("what a transport throws is a NetworkError, an AxError stays", async (t) => {
  const failure = new Error("cable cut");
  let thrown: unknown = failure;
  const transport = answering(() => {
    throw thrown;
  });
  using api = create({ transport });
  const error = await t.fails(t.get(api, URL_A), NetworkError);
  assertEquals([error.cause, error.message], [
    failure,
    `Cannot reach "GET ${URL_A}": cable cut`,
  ]);
  thrown = new TimeoutError("mine", { phase: "attempt" });
  assertEquals(await t.fails(t.get(api, URL_A), TimeoutError), thrown);
});

const WRONG: [string, unknown][] = [
  ["nothing", undefined],
  ["no status", { headers: {}, body: null }],
  ["a status that is text", { ...OK, status: "200" }],
  ["a body that is text", { ...OK, body: "text" }],
  ["chunks that are text", { ...OK, body: ["te", "xt"] }],
  ["no body", { status: 200, headers: {} }],
  ["a body that is an object", { ...OK, body: {} }],
];

for (const [name, answer] of WRONG) {
  bothStyles(`a transport that answers ${name} is told so`, async (t) => {
    using api = create({ transport: answering(() => answer) });
    const error = await t.fails(t.get(api, URL_A), Error);
    assert(error instanceof NetworkError || error instanceof TypeError, String(error));
    assert(/"send(Sync)?"|"body"|body|chunk/.test(error.message), error.message);
  });
}

bothStyles("maxResponseSize counts what a transport answers", async (t) => {
  for (const body of [new Uint8Array(11), [new Uint8Array(6), new Uint8Array(5)]]) {
    using api = create({ transport: answering(() => ({ ...OK, body })), maxResponseSize: 10 });
    const error = await t.fails(t.get(api, URL_A), BodySizeError);
    assertStringIncludes(error.message, "10 bytes");
  }
});

Deno.test("a transport without sendSync throws SyncUnavailableError in a sync call", async () => {
  using api = create({ transport: { send: () => Promise.resolve(OK) } });
  assertEquals((await api.get(URL_A)).status, 200);
  try {
    api.getSync(URL_A);
    throw new Error("Must be refused");
  } catch (error) {
    assertInstanceOf(error, SyncUnavailableError);
    assertStringIncludes(error.message, '"sendSync"');
    assertEquals(error.request, { method: "GET", url: URL_A });
  }
});

Deno.test("a transport that ignores its signal is left behind at the timeout", async () => {
  let signal: AbortSignal | undefined;
  const transport: Transport = {
    send: (request) => {
      signal = request.signal;
      return new Promise(() => {});
    },
  };
  using api = create({ transport });
  try {
    await api.get(URL_A, { timeout: 10 });
    throw new Error("Must time out");
  } catch (error) {
    assertInstanceOf(error, TimeoutError);
    assertEquals([error.phase, signal?.aborted], ["attempt", true]);
  }
});

bothStyles("a timeout beyond what timers can take is none", async (t) => {
  const send = () => new Promise<TransportResponse>((resolve) => setTimeout(() => resolve(OK), 20));
  using api = create({ transport: { send, sendSync: () => OK } });
  for (const timeout of [2 ** 31, 1e12, Infinity]) {
    assertEquals((await t.get(api, URL_A, { timeout, totalTimeout: timeout })).status, 200);
  }
});

bothStyles("close() closes the transport of the client, not that of a child", async (t) => {
  let closed = 0;
  const transport = { ...answering(() => OK), close: () => void closed++ };
  const api = create({ transport });
  const child = api.extend();
  await t.get(child, URL_A);
  child.close();
  assertEquals(closed, 0);
  api.close();
  api.close();
  assertEquals(closed, 1);
});

bothStyles("a transport and a clock of one call outrank the client's", async (t) => {
  using api = create({ transport: answering(() => ({ ...OK, status: 500 })) });
  const clock = { now: () => 42, random: () => 0, sleep: () => Promise.resolve(), sleepSync() {} };
  const response = await t.get(api, URL_A, { transport: answering(() => OK), clock });
  assertEquals([response.status, response.timings], [200, { start: 42, end: 42, duration: 0 }]);
});
