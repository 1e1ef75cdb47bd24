import { assertEquals, assertStringIncludes } from "@std/assert";
import {
  CancelError,
  DecodeError,
  HTTPStatusError,
  NetworkError,
  RetryError,
  TimeoutError,
} from "../../src/errors.ts";
import type { Flow } from "../../src/flow/flow.ts";
import { Limit } from "../../src/flow/limit.ts";
import type { HeaderPairs, HttpRequest } from "../../src/http/message.ts";
import { resendWith } from "../../src/stream/open_streams.ts";
import {
  failure,
  inBothStyles,
  list,
  type ScriptedCall,
  scriptedCall,
  ScriptedSource,
  type World,
} from "./scripted.ts";

const EVENTS = { "content-type": "text/event-stream" };

type Answer = ScriptedCall | Error;

function events(...chunks: (string | Error)[]): ScriptedCall {
  return { headers: EVENTS, body: new ScriptedSource(...chunks) };
}

/** A call whose later answers are those given, each with the headers that it was sent with. */
function chain(
  [first, ...later]: [ScriptedCall, ...Answer[]],
  sent: Partial<HttpRequest> = {},
): { call: Flow<unknown> & ReturnType<typeof scriptedCall>; requests: HeaderPairs[] } {
  const requests: HeaderPairs[] = [];
  const resend = resendWith({
    sent: () => ({ method: "GET", headers: [], body: null, ...sent }),
    retryMethods: ["GET", "PUT"],
    call: (headers) => {
      requests.push(headers);
      const answer = later.shift() ?? { status: 204 };
      if (answer instanceof Error) throw answer;
      return scriptedCall({ ...answer, resend });
    },
  });
  return { call: scriptedCall({ ...first, resend }), requests };
}

async function open(world: World, ...answers: [ScriptedCall, ...Answer[]]) {
  const { call, requests } = chain(answers);
  return { stream: world.form(await world.run(call)), requests };
}

const lost = () => new NetworkError("connection lost");

inBothStyles("iterEvents() reads what its content type calls an event stream", async (world) => {
  for (const type of ["text/event-stream", "Text/Event-Stream; charset=utf-8"]) {
    const body = new ScriptedSource("data: a\n\n");
    const { stream } = await open(world, { headers: { "content-type": type }, body });
    assertEquals((await list(stream.iterEvents())).map(({ data }) => data), ["a"]);
  }
});

inBothStyles(
  "iterEvents() of another content type is a DecodeError that names it",
  async (world) => {
    for (const headers of [{ "content-type": "text/html" }, {}]) {
      const body = new ScriptedSource("data: a\n\n");
      const { stream } = await open(world, { headers, body });
      const items = stream.iterEvents();
      const error = await failure(async () => void await items.next(), DecodeError);
      const named = "content-type" in headers
        ? 'content type "text/html"'
        : "without a content type";
      assertStringIncludes(error.message, `no text/event-stream (${named})`);
      assertStringIncludes(error.message, '"anyType"');
      assertEquals(await failure(async () => void await items.next(), DecodeError), error);
      assertEquals([body.reads, body.closed], [0, 1]);
    }
    const { stream } = await open(world, { body: new ScriptedSource("data: a\n\n") });
    assertEquals((await list(stream.iterEvents({ anyType: true }))).length, 1);
  },
);

inBothStyles("iterEvents() of a 204 gives none, whatever its type", async (world) => {
  const { stream, requests } = await open(world, { status: 204 }, events("data: a\n\n"));
  assertEquals(await list(stream.iterEvents({ reconnect: true })), []);
  assertEquals(requests, []);
});

inBothStyles("a reconnect goes on after the last id, in the server's time", async (world) => {
  const { stream, requests } = await open(
    world,
    events("id: 1\nretry: 250\ndata: a\n\n", "id: ü2\n\n", "data: cut"),
    events("data: b\n\n", lost()),
    events("data: c\n\n"),
  );
  const items = stream.iterEvents({ reconnect: true });
  assertEquals((await items.next()).value, { event: "message", data: "a", id: "1", retry: 250 });
  assertEquals((await items.next()).value, { event: "message", data: "b", id: "ü2" });
  assertEquals((await list(items)).map(({ data }) => data), ["c"]);
  const accept = ["accept", "text/event-stream"];
  const resumed: HeaderPairs[number] = ["last-event-id", "\xc3\xbc2"];
  assertEquals(requests, Array(3).fill([accept, resumed]));
  assertEquals(world.sleeps, [250, 250, 250]);
});

inBothStyles("the pace of reconnects has bounds", async (world) => {
  const { stream, requests } = await open(
    world,
    events("data: a\n\n"),
    events("retry: 1\n\n"),
    events("retry: 999999999999999\n\n"),
    events("retry: 0\n\n"),
  );
  assertEquals((await list(stream.iterEvents({ reconnect: true }))).length, 1);
  assertEquals(world.sleeps, [3_000, 100, 3_600_000, 100]);
  assertEquals(requests[0], [["accept", "text/event-stream"]]);
});

inBothStyles("an id that no header can carry is given out, and not sent", async (world) => {
  for (const id of ["a\x01b", "a".repeat(130_000)]) {
    const { stream, requests } = await open(
      world,
      events("id: 7\ndata: a\n\n", `id: ${id}\ndata: b\n\n`),
      events("data: c\n\n"),
    );
    const ids = (await list(stream.iterEvents({ reconnect: true }))).map(({ id }) => id);
    assertEquals(ids, ["7", id, id]);
    assertEquals(requests[0], [["accept", "text/event-stream"], ["last-event-id", "7"]]);
  }
});

inBothStyles("another type and a refused status end the events for good", async (world) => {
  const page = { headers: { "content-type": "text/html" }, body: new ScriptedSource("<html>") };
  const refused = new HTTPStatusError("refused", { status: 500 });
  for (const [end, ErrorClass] of [[page, DecodeError], [refused, HTTPStatusError]] as const) {
    const { stream, requests } = await open(
      world,
      events("data: a\n\n"),
      end,
      events("data: b\n\n"),
    );
    const items = stream.iterEvents({ reconnect: true });
    await items.next();
    const error = await failure(async () => void await items.next(), ErrorClass);
    assertEquals(await failure(async () => void await items.next(), ErrorClass), error);
    assertEquals(requests.length, 1);
  }
  assertEquals(page.body.closed, 1);
});

inBothStyles(
  "a request that may not be sent twice is refused before anything is read",
  async (world) => {
    const once = new ReadableStream<Uint8Array>();
    const rows: [Partial<HttpRequest>, string | undefined][] = [
      [{ method: "POST" }, 'POST may not be sent twice, list it in "retryMethods" or send an '],
      [{ method: "POST", headers: [["idempotency-key", "1"]] }, undefined],
      [{ method: "PUT" }, undefined],
      [{ method: "PUT", body: once }, "the body of the request is a stream, it is sent once"],
    ];
    for (const [sent, why] of rows) {
      const first = events("data: a\n\n");
      const { call, requests } = chain([first, events("data: b\n\n")], sent);
      const stream = world.form(await world.run(call));
      if (why === undefined) {
        assertEquals((await list(stream.iterEvents({ reconnect: true }))).length, 2);
        continue;
      }
      const error = await failure(() => stream.iterEvents({ reconnect: true }), TypeError);
      assertStringIncludes(error.message, `Cannot reconnect the events of "GET https://`);
      assertStringIncludes(error.message, why);
      assertEquals((await list(stream.iterEvents())).length, 1);
      assertEquals(requests, []);
    }
  },
);

inBothStyles("what is lost is asked for again, what else fails is not", async (world) => {
  const timeout = new TimeoutError("slow", { phase: "attempt" });
  const retried = new RetryError("again", { errors: [], cause: lost() });
  const { stream, requests } = await open(
    world,
    events("data: a\n\n", timeout),
    lost(),
    retried,
    events("data: b\n\n", new EvalError("mine")),
    events("data: c\n\n"),
  );
  const seen: string[] = [];
  await failure(async () => {
    for await (const { data } of stream.iterEvents({ reconnect: true })) seen.push(data);
  }, EvalError);
  assertEquals([seen, requests.length], [["a", "b"], 3]);
});

inBothStyles("maxReconnects counts those without an event between them", async (world) => {
  const { stream, requests } = await open(
    world,
    events("data: a\n\n"),
    events(),
    events("data: b\n\n"),
    events(),
    lost(),
    events("data: c\n\n"),
  );
  const items = stream.iterEvents({ reconnect: true, maxReconnects: 2 });
  const seen: string[] = [];
  const error = await failure(async () => {
    for (let step; !(step = await items.next()).done;) seen.push(step.value.data);
  }, NetworkError);
  assertEquals([seen, requests.length], [["a", "b"], 4]);
  assertEquals(await failure(async () => void await items.next(), NetworkError), error);
  await failure(() => stream.iterEvents({ maxReconnects: -1 }), RangeError);
});

inBothStyles(
  "the limits of the first call hold over reconnects, also in their waits",
  async (world) => {
    const limit = new Limit();
    const { call, requests } = chain([{ ...events("data: a\n\n"), limit }, events("data: b\n\n")]);
    const stream = world.form(await world.run(call));
    limit.deadline = world.time + 2_000;
    const items = stream.iterEvents({ reconnect: true });
    await items.next();
    const error = await failure(async () => void await items.next(), Error);
    assertEquals([error.message, requests.length], ["Out of time", 0]);
  },
);

inBothStyles("close() frees the connection of a reconnect", async (world) => {
  const second = events("data: b\n\n", "data: c\n\n");
  const { stream } = await open(world, events("data: a\n\n"), second);
  const items = stream.iterEvents({ reconnect: true });
  await items.next();
  await items.next();
  assertEquals((second.body as ScriptedSource).reused, true);
  stream.close();
  await failure(async () => void await items.next(), CancelError);
  assertEquals((second.body as ScriptedSource).closed, 1);
});
