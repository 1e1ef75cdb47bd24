import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { CancelError, TimeoutError } from "../../src/errors.ts";
import { checkpoint, type Flow, type Operation, within } from "../../src/flow/flow.ts";
import { Limit } from "../../src/flow/limit.ts";
import { createResponse } from "../../src/http/answer.ts";
import type { HttpRequest, HttpResponse } from "../../src/http/message.ts";
import type { AxResponse } from "../../src/http/response.ts";
import { OpenStreams } from "../../src/stream/open_streams.ts";
import {
  failure,
  inBothStyles,
  list,
  openResponse,
  scriptedCall,
  ScriptedSource,
  World,
} from "./scripted.ts";

const RULES = { maxResponseSize: 1000, redact: [] };
const RESEND = {
  refusal: () => "no",
  open: () => {
    throw new Error("Sent again");
  },
};

function* flowOf<T>(make: () => T): Generator<Operation, T, unknown> {
  yield* checkpoint();
  return make();
}

function deliver(streams: OpenStreams, call: Flow<AxResponse>, limit = new Limit()) {
  return within(limit, streams.deliver(call, limit, RULES, RESEND));
}

inBothStyles("the body of a streamed response is not read by interceptors", async () => {
  const response = openResponse({ body: new ScriptedSource("a") });
  for (const read of [() => response.text(), () => response.json(), () => response.bytes()]) {
    const error = await failure(read, TypeError);
    assertStringIncludes(error.message, "iterate the result of the call");
  }
  assertEquals(response.data, undefined);
});

inBothStyles("a call closes the streams that it has dropped, also when it fails", async (world) => {
  const streams = new OpenStreams();
  const sources = [new ScriptedSource("a"), new ScriptedSource("b")];
  const open = () => sources.map((body) => openResponse({ streams, body }))[1] as AxResponse;
  const stream = world.form(await world.run(deliver(streams, flowOf(open))));
  assertEquals(sources.map(({ closed }) => closed), [1, 0]);
  assertEquals(await list(stream.iterText()), ["b"]);

  const dropped = new ScriptedSource("c");
  const failing = new OpenStreams();
  const broken = flowOf((): AxResponse => {
    openResponse({ streams: failing, body: dropped });
    throw new EvalError("mine");
  });
  await failure(() => world.run(deliver(failing, broken)), EvalError);
  assertEquals(dropped.closed, 1);
});

inBothStyles("a response that a user function made is a stream as well", async (world) => {
  const streams = new OpenStreams();
  const answer = createResponse({ status: 201, body: "a\nb" });
  assertEquals(streams.adopt(answer), answer);
  answer.attempts = 3;
  const stream = world.form(await world.run(deliver(streams, flowOf(() => answer))));
  assertEquals([stream.status, stream.attempts], [201, 3]);
  assertEquals(await list(stream.iterLines()), ["a", "b"]);
  assertEquals(streams.adopt({ status: 200 }), undefined);
  assertEquals(streams.adopt("a"), undefined);
});

inBothStyles("another call's stream is adopted, and both calls can end it", async (world) => {
  for (const ends of [0, 1]) {
    const limits = [new Limit(), new Limit()] as const;
    const source = new ScriptedSource("a", "b");
    const streams = new OpenStreams();
    const outer = function* () {
      const inner = yield* scriptedCall({ body: source, limit: limits[0] });
      return streams.adopt(inner) as AxResponse;
    };
    const stream = world.form(await world.run(deliver(streams, outer(), limits[1])));
    const pieces = stream.iterText();
    assertEquals((await pieces.next()).value, "a");
    limits[ends]?.end(new EvalError("enough"));
    assertEquals(source.closed, 1);
    await failure(async () => void await pieces.next(), EvalError);
  }
});

const REQUEST: HttpRequest = {
  ...{ method: "GET", url: "https://example.com/", headers: [], body: null },
  ...{ timeoutMs: 50, maxResponseBytes: false, maxRequestBytes: false },
  ...{ stream: true, redirect: "follow" },
};

function readRefused(response: HttpResponse, request: HttpRequest): Flow<HttpResponse> {
  return new OpenStreams().refused(response, request);
}

function refused(body: HttpResponse["body"]): HttpResponse {
  const head = { status: 404, statusText: "", url: REQUEST.url, redirected: false };
  return { ...head, headers: [], body };
}

/** Runs a flow; where the thread goes on, time passes meanwhile. */
async function passing<T>(world: World, flow: Flow<T>): Promise<T> {
  const result = world.run(flow);
  if (world.style === "async") {
    await Promise.resolve();
    world.pass(50);
  }
  return await result;
}

inBothStyles("the body of a refused response is read, up to a bound", async (world) => {
  const source = new ScriptedSource("ab", "c");
  const { status, body } = await world.run(readRefused(refused(source), REQUEST));
  assertEquals([status, body, source.closed], [404, new TextEncoder().encode("abc"), 1]);

  const chunk = new Uint8Array(1 << 20);
  const endless = new ScriptedSource(...Array(100).fill(chunk));
  const cut = await world.run(readRefused(refused(endless), REQUEST));
  assertEquals((cut.body as Uint8Array).byteLength, 17 << 20);
  assertEquals([endless.reads, endless.closed], [17, 1]);

  const whole = refused(chunk);
  assertEquals(await world.run(readRefused(whole, REQUEST)), whole);
});

inBothStyles("a refused body that cannot be read leaves the reason", async (world) => {
  const broken = new EvalError("broken");
  const cut = await world.run(readRefused(refused(new ScriptedSource("a", broken)), REQUEST));
  assertEquals([cut.status, cut.body, cut.failure], [404, null, broken]);

  const source = new ScriptedSource("a", "hang");
  const stalled = await passing(world, readRefused(refused(source), REQUEST));
  assert(stalled.failure instanceof TimeoutError);
  assertEquals([stalled.failure.phase, world.time, source.closed], ["attempt", 50, 1]);
});

inBothStyles("the end of the call is thrown while a refused body is read", async (world) => {
  const limit = new Limit();
  const source = new ScriptedSource("a", "hang");
  limit.deadline = world.time + 20;
  const reading = within(limit, readRefused(refused(source), REQUEST));
  const error = await failure(() => passing(world, reading), Error);
  assertEquals([error.message, source.closed], ["Out of time", 1]);
  const cancelled = new Limit();
  cancelled.end(new CancelError("stop"));
  await failure(
    () => world.run(within(cancelled, readRefused(refused(source), REQUEST))),
    CancelError,
  );
});

/** Counts who listens to it. */
class HeardLimit extends Limit {
  subscribed = 0;
  listening = 0;

  override subscribe(listener: () => void): () => void {
    this.subscribed++;
    this.listening++;
    const stop = super.subscribe(listener);
    return () => {
      this.listening--;
      stop();
    };
  }
}

inBothStyles(
  "a stream listens to its call once, whatever number of chunks it has",
  async (world) => {
    const limit = new HeardLimit();
    const body = new ScriptedSource(..."abcdefgh");
    const stream = world.form(await world.run(scriptedCall({ body, limit })));
    const before = limit.subscribed;
    assertEquals((await list(stream.iterText())).join(""), "abcdefgh");
    assertEquals([limit.subscribed, limit.listening], [before, 0]);
  },
);

Deno.test("the call, and close(), end a read that waits", async () => {
  const world = new World("async");
  for (const ends of ["call", "close"]) {
    const limit = new HeardLimit();
    const body = new ScriptedSource("a", "hang");
    const stream = world.form(await world.run(scriptedCall({ body, limit })));
    const pieces = stream.iterText();
    await pieces.next();
    const waiting = failure(() => pieces.next(), Error);
    if (ends === "call") limit.end(new EvalError("enough"));
    else stream.close();
    assert(await waiting instanceof (ends === "call" ? EvalError : CancelError));
    assertEquals([body.closed, limit.listening, world.timers], [1, 0, 0]);
  }
});

Deno.test("the call ends the wait of a reconnect, also where its body was there whole", async () => {
  for (const body of [new ScriptedSource("data: a\n\n"), new TextEncoder().encode("data: a\n\n")]) {
    const world = new World("async");
    const limit = new HeardLimit();
    const resend = { ...RESEND, refusal: () => undefined };
    const headers = { "content-type": "text/event-stream" };
    const call = scriptedCall({ body, limit, resend, headers });
    const events = world.form(await world.run(call)).iterEvents({ reconnect: true });
    assertEquals((await events.next()).value?.data, "a");
    const waiting = failure(() => events.next(), EvalError);
    limit.end(new EvalError("enough"));
    await waiting;
    assertEquals([limit.listening, world.timers], [0, 0]);
  }
});
