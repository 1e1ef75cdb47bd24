import { assertEquals } from "@std/assert";
import {
  CancelError,
  create,
  HTTPStatusError,
  NetworkError,
  type ServerSentEvent,
  type Transport,
  type TransportRequest,
  type TransportResponse,
} from "../../mod.ts";
import { VirtualClock } from "../../src/testing/mod.ts";
import { bothStyles } from "../support/styles.ts";

type Chunks = Generator<Uint8Array<ArrayBuffer>>;

const encoder = new TextEncoder();

/** Answers each request with the next body; a number is a status, `"break"` a lost connection. */
function transportOf(...answers: (string[] | number)[]): Transport & { ids: (string | null)[] } {
  const ids: (string | null)[] = [];
  const answer = (request: TransportRequest): TransportResponse => {
    ids.push(request.headers.get("last-event-id"));
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
  return { ids, send: (request) => Promise.resolve(answer(request)), sendSync: answer };
}

async function names(
  events: Iterable<ServerSentEvent> | AsyncIterable<ServerSentEvent>,
): Promise<string[]> {
  const all: string[] = [];
  for await (const { data } of events) all.push(data);
  return all;
}

bothStyles("iterEvents() does not reconnect unless asked to", async (t) => {
  const transport = transportOf(["data: a\n\n"], ["data: b\n\n"]);
  using api = create({ transport });
  const stream = await t.stream(api, "https://example.com/");
  assertEquals(await names(stream.iterEvents()), ["a"]);
  assertEquals(transport.ids, [null]);
});

bothStyles(
  "iterEvents({ reconnect }) goes on after the last id, in the server's time",
  async (t) => {
    const clock = new VirtualClock();
    const transport = transportOf(
      ["id: 1\nretry: 250\ndata: a\n\n", "id: ü2\n\n", "data: cut"],
      ["data: b\n\n", "break"],
      503,
      ["data: never\n\n"],
    );
    using api = create({ transport, clock, validateStatus: (status) => status < 600 });
    const stream = await t.stream(api, "https://example.com/");
    const start = clock.now();
    const events = stream.iterEvents({ reconnect: true });
    assertEquals((await events.next()).value, { event: "message", data: "a", id: "1", retry: 250 });
    assertEquals((await events.next()).value, { event: "message", data: "b", id: "ü2" });
    assertEquals(clock.now() - start, 250);
    assertEquals(await names(events), ["never"]);
    assertEquals(clock.now() - start, 1_000);
    assertEquals(transport.ids.length, 5);
    const sent = transport.ids[1] ?? "";
    assertEquals(new TextDecoder().decode(Uint8Array.from(sent, (c) => c.charCodeAt(0))), "ü2");
  },
);

bothStyles("a 204 ends the events, a refused status is thrown", async (t) => {
  const clock = new VirtualClock();
  const transport = transportOf(["data: a\n\n"], 204, ["data: b\n\n"]);
  using api = create({ clock, transport });
  const stream = await t.stream(api, "https://example.com/");
  const events = stream.iterEvents({ reconnect: true });
  assertEquals(await names(events), ["a"]);
  assertEquals(await events.next(), { done: true, value: undefined });
  assertEquals(transport.ids.length, 2);

  using other = create({ clock, transport: transportOf(["data: a\n\n"], 500) });
  const refused = await t.stream(other, "https://example.com/");
  await t.fails(() => names(refused.iterEvents({ reconnect: true })), HTTPStatusError);
});

bothStyles("maxReconnects counts those without an event between them", async (t) => {
  const clock = new VirtualClock();
  const transport = transportOf(["data: a\n\n"], [], ["data: b\n\n"], [], ["break"], [
    "data: c\n\n",
  ]);
  using api = create({ transport, clock });
  const stream = await t.stream(api, "https://example.com/");
  const seen: string[] = [];
  await t.fails(async () => {
    const events = stream.iterEvents({ reconnect: true, maxReconnects: 2 });
    for await (const event of events) seen.push(event.data);
  }, NetworkError);
  assertEquals(seen, ["a", "b"]);
  assertEquals(transport.ids.length, 5);
});

bothStyles("a reconnect goes through the whole client, with the call's config", async (t) => {
  const transport = transportOf(["data: a\n\n"], ["data: b\n\n"]);
  const seen: unknown[] = [];
  using api = create({ transport, clock: new VirtualClock(), headers: { "x-own": "1" } });
  api.use((request, next) => {
    seen.push([request.method, request.headers.get("x-own"), request.context.tries]);
    request.context.tries = "changed";
    return next(request);
  });
  const stream = await t.stream(api, "https://example.com/", {
    method: "POST",
    json: {},
    context: { tries: "first" },
  });
  const events = stream.iterEvents({ reconnect: true });
  assertEquals([(await events.next()).value?.data, (await events.next()).value?.data], ["a", "b"]);
  assertEquals(seen, [["POST", "1", "first"], ["POST", "1", "first"]]);
  stream.close();
  await t.fails(async () => void await events.next(), CancelError);
});

bothStyles("a request with a stream as body cannot reconnect", async (t) => {
  using api = create({ transport: transportOf(["data: a\n\n"]), clock: new VirtualClock() });
  function* body(): Chunks {
    yield encoder.encode("once");
  }
  const stream = await t.stream(api, "https://example.com/", { method: "POST", data: body() });
  await t.fails(() => names(stream.iterEvents({ reconnect: true })), TypeError);
});
