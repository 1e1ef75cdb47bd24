/** A token stream as a chat gives it: aborted, resumed, and timed out between two tokens. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { CancelError, CancelToken, create, DecodeError, TimeoutError } from "../../mod.ts";
import type { ServerSentEvent } from "../../mod.ts";
import { keepWorker } from "../support/kept_worker.ts";
import { eventually, sharedServer } from "../support/server.ts";
import { bothStyles, type StyleKit } from "../support/styles.ts";
import { VirtualClock } from "../../src/testing/virtual_clock.ts";

const server = sharedServer();
keepWorker();

function client(t: StyleKit) {
  return create({ baseURL: server.url, headers: { "x-test-key": t.key } });
}

const CHAT = { method: "POST", json: { prompt: "hello" } };

bothStyles("a token stream of a POST is read to its end", async (t) => {
  using api = client(t);
  const stream = await t.stream(api, "/sse?n=3&gap=5", CHAT);
  const tokens: string[] = [];
  for await (const { event, data } of stream.iterEvents()) if (event === "tick") tokens.push(data);
  assertEquals(tokens.map((token) => JSON.parse(token).i), [0, 1, 2]);
});

bothStyles("a token stream is aborted between two tokens, on the wire too", async (t) => {
  using api = client(t);
  const token = new CancelToken();
  const stream = await t.stream(api, "/sse?n=2&stall", { ...CHAT, cancelToken: token });
  const seen: string[] = [];
  const error = await t.fails(async () => {
    for await (const { id } of stream.iterEvents()) {
      seen.push(id);
      if (seen.length === 2) token.cancel("enough");
    }
  }, CancelError);
  assertEquals([seen, error.reason], [["1", "2"], "enough"]);
  await eventually(() => server.aborted(t.key), (aborted) => aborted === 1);
});

Deno.test("a signal aborts an awaited token stream while it waits for the next token", async () => {
  using api = create({ baseURL: server.url });
  const controller = new AbortController();
  const stream = await api.stream("/sse?n=1&stall", { ...CHAT, signal: controller.signal });
  let seen = 0;
  try {
    for await (const _ of stream.iterEvents()) {
      if (++seen === 2) setTimeout(() => controller.abort("stop"), 10);
    }
  } catch (error) {
    assert(error instanceof CancelError);
    assertEquals([seen, error.reason], [2, "stop"]);
    return;
  }
  throw new Error("it ended");
});

bothStyles("leaving the loop frees the connection", async (t) => {
  using api = client(t);
  const stream = await t.stream(api, "/sse?n=2&stall", CHAT);
  for await (const _ of stream.iterEvents()) break;
  await eventually(() => server.aborted(t.key), (aborted) => aborted === 1);
});

bothStyles("a token stream times out between two tokens, not over all of them", async (t) => {
  using api = client(t);
  const steady = await t.stream(api, "/sse?n=8&gap=60", { ...CHAT, timeout: 400 });
  assertEquals((await Array.fromAsync(steady.iterEvents())).length, 9);
  const stalled = await t.stream(api, "/sse?n=2&stall", { ...CHAT, timeout: 150 });
  const seen: ServerSentEvent[] = [];
  const error = await t.fails(async () => {
    for await (const event of stalled.iterEvents()) seen.push(event);
  }, TimeoutError);
  assertEquals([seen.length, error.phase], [3, "attempt"]);
  assertStringIncludes(error.message, "no more data within 150 ms");
});

bothStyles(
  "a token stream that breaks is resumed after its last token, once allowed",
  async (t) => {
    const sent: [string, string | null][] = [];
    const encoder = new TextEncoder();
    const answer = ({ method, headers }: { method: string; headers: Headers }) => {
      sent.push([method, headers.get("last-event-id")]);
      const from = Number(headers.get("last-event-id") ?? 0);
      const body = function* () {
        for (let id = from + 1; id <= Math.min(from + 2, 5); id++) {
          yield encoder.encode(`id: ${id}\ndata: t${id}\n\n`);
        }
        if (from < 4) throw new Error("connection lost");
      };
      const headersOut = { "content-type": "text/event-stream" };
      return {
        status: from === 5 ? 204 : 200,
        headers: headersOut,
        body: from === 5 ? null : body(),
      };
    };
    const transport = {
      send: (request: Parameters<typeof answer>[0]) => Promise.resolve(answer(request)),
      sendSync: answer,
    };
    using api = create({ baseURL: "https://chat.example", transport, clock: new VirtualClock() });
    const config = { ...CHAT, headers: { "idempotency-key": "k1" } };
    const stream = await t.stream(api, "/chat", config);
    const tokens: string[] = [];
    for await (const { data } of stream.iterEvents({ reconnect: true })) tokens.push(data);
    assertEquals(tokens, ["t1", "t2", "t3", "t4", "t5"]);
    assertEquals(sent, [["POST", null], ["POST", "2"], ["POST", "4"], ["POST", "5"]]);
    // Without a key the chat is never sent twice.
    const once = await t.stream(api, "/chat", CHAT);
    await t.fails(() => void once.iterEvents({ reconnect: true }), TypeError);
    once.close();
  },
);

bothStyles("an answer that is no event stream says what it is", async (t) => {
  using api = client(t);
  const stream = await t.stream(api, "/html", CHAT);
  const error = await t.fails(() => Array.fromAsync(stream.iterEvents()), DecodeError);
  assertStringIncludes(error.message, "text/html");
});
