import { assertEquals, assertStringIncludes } from "@std/assert";
import {
  CancelError,
  create,
  HTTPStatusError,
  type ServerSentEvent,
  type Transport,
  type TransportRequest,
  type TransportResponse,
} from "../../mod.ts";
import { VirtualClock } from "../../src/testing/mod.ts";
import { bothStyles } from "../support/styles.ts";

type Chunks = Generator<Uint8Array<ArrayBuffer>>;

const encoder = new TextEncoder();

/** Answers each request with the next body, a number is a status; `sent` has their headers. */
function transportOf(...answers: (string[] | number)[]): Transport & { sent: Headers[] } {
  const sent: Headers[] = [];
  const answer = (request: TransportRequest): TransportResponse => {
    sent.push(request.headers);
    const next = answers.shift() ?? 204;
    const headers = { "content-type": "text/event-stream" };
    if (typeof next === "number") return { status: next, headers, body: null };
    return { status: 200, headers, body: chunks(next) };
  };
  function* chunks(parts: string[]): Chunks {
    for (const part of parts) {
      if (part === "break") throw new Error("connection lost");
      yield encoder.encode(part);
    }
  }
  return { sent, send: (request) => Promise.resolve(answer(request)), sendSync: answer };
}

const ADDRESS = "https://example.com/";

async function dataOf(
  events: Iterable<ServerSentEvent> | AsyncIterable<ServerSentEvent>,
): Promise<string[]> {
  const all: string[] = [];
  for await (const { data } of events) all.push(data);
  return all;
}

bothStyles("iterEvents() does not reconnect unless asked to", async (t) => {
  const transport = transportOf(["data: a\n\n"], ["data: b\n\n"]);
  using api = create({ transport });
  const stream = await t.stream(api, ADDRESS);
  assertEquals(await dataOf(stream.iterEvents()), ["a"]);
  assertEquals(transport.sent.length, 1);
});

bothStyles("a reconnect sends accept and the last id, in the server's time", async (t) => {
  const clock = new VirtualClock();
  const transport = transportOf(
    ["id: 1\nretry: 250\ndata: a\n\n", "id: ü2\n\n", "data: cut"],
    ["data: b\n\n"],
    ["data: c\n\n"],
  );
  using api = create({ transport, clock });
  const stream = await t.stream(api, ADDRESS, { headers: { accept: "text/event-stream, */*" } });
  const start = clock.now();
  const events = stream.iterEvents({ reconnect: true });
  assertEquals((await events.next()).value, { event: "message", data: "a", id: "1", retry: 250 });
  assertEquals((await events.next()).value, { event: "message", data: "b", id: "ü2" });
  assertEquals(clock.now() - start, 250);
  assertEquals(await dataOf(events), ["c"]);
  assertEquals(clock.now() - start, 750);
  const bytes = encoder.encode("ü2");
  assertEquals(
    transport.sent.map((headers) => [headers.get("accept"), headers.get("last-event-id")]),
    [
      ["text/event-stream, */*", null],
      ...Array(3).fill(["text/event-stream", String.fromCharCode(...bytes)]),
    ],
  );
});

bothStyles(
  "a break in the middle of an event is gone after, a refused status is thrown",
  async (t) => {
    const transport = transportOf(["data: a\n\n", "data: b", "break"], ["data: c\n\n"], 500, [
      "data: never\n\n",
    ]);
    using api = create({ transport, clock: new VirtualClock() });
    const stream = await t.stream(api, ADDRESS);
    const events = stream.iterEvents({ reconnect: true });
    assertEquals([(await events.next()).value?.data, (await events.next()).value?.data], [
      "a",
      "c",
    ]);
    await t.fails(async () => void await events.next(), HTTPStatusError);
    assertEquals(transport.sent.length, 3);
  },
);

bothStyles("a reconnect goes through the whole client, with the call's config", async (t) => {
  const transport = transportOf(["data: a\n\n"], ["data: b\n\n"]);
  const seen: unknown[] = [];
  using api = create({ transport, clock: new VirtualClock(), headers: { "x-own": "1" } });
  api.use((request, next) => {
    seen.push([request.method, request.headers.get("x-own"), request.context.tries]);
    request.context.tries = "changed";
    return next(request);
  });
  const stream = await t.stream(api, ADDRESS, {
    method: "POST",
    json: {},
    context: { tries: "first" },
    headers: { "idempotency-key": "1" },
  });
  const events = stream.iterEvents({ reconnect: true });
  assertEquals([(await events.next()).value?.data, (await events.next()).value?.data], ["a", "b"]);
  assertEquals(seen, [["POST", "1", "first"], ["POST", "1", "first"]]);
  stream.close();
  await t.fails(async () => void await events.next(), CancelError);
});

bothStyles("a POST is never sent twice by itself", async (t) => {
  const transport = transportOf(["data: a\n\n"], ["data: b\n\n"]);
  using api = create({ transport, clock: new VirtualClock() });
  const stream = await t.stream(api, ADDRESS, { method: "POST", json: {} });
  const error = await t.fails(() => void stream.iterEvents({ reconnect: true }), TypeError);
  assertStringIncludes(error.message, 'POST may not be sent twice, list it in "retryMethods"');
  assertEquals(await dataOf(stream.iterEvents()), ["a"]);
  assertEquals(transport.sent.length, 1);
});

bothStyles("a POST that retryMethods lists reconnects, whatever the case", async (t) => {
  const transport = transportOf(["data: a\n\n"], ["data: b\n\n"]);
  using api = create({ transport, clock: new VirtualClock(), retryMethods: ["post"] });
  const stream = await t.stream(api, ADDRESS, { method: "POST", json: {} });
  assertEquals(await dataOf(stream.iterEvents({ reconnect: true })), ["a", "b"]);
  assertEquals(transport.sent.length, 3);
});

bothStyles("a request with a stream as body cannot reconnect", async (t) => {
  using api = create({ transport: transportOf(["data: a\n\n"]), retryMethods: ["POST"] });
  function* body(): Chunks {
    yield encoder.encode("once");
  }
  const stream = await t.stream(api, ADDRESS, { method: "POST", data: body() });
  const error = await t.fails(() => void stream.iterEvents({ reconnect: true }), TypeError);
  assertStringIncludes(error.message, "it is sent once");
  stream.close();
});
