import { assert, assertEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import type { HttpRequest, HttpResponse, Outcome } from "../../src/http/message.ts";
import { isSource } from "../../src/http/message.ts";
import { ownDeadline } from "../../src/runtime/timer.ts";
import { ControlledHandler, PlainHandler } from "../../src/transport/dispatched.ts";
import { Exchange } from "../../src/transport/exchange.ts";
import { nodeDispatch } from "../../src/transport/node_dispatch.ts";
import { wire } from "./wire.ts";

/** An exchange whose failures come out as facts, and a handler that undici would call. */
function started(rest: Partial<HttpRequest> = {}): {
  handler: PlainHandler;
  exchange: Exchange;
  outcomes: Outcome<HttpResponse>[];
  respond(): void;
} {
  const outcomes: Outcome<HttpResponse>[] = [];
  const request = { ...wire("http://127.0.0.1/x"), timeoutMs: false as const, ...rest };
  const exchange = new Exchange(
    request,
    {},
    {
      ...{ report: undefined, deadline: ownDeadline },
      explain: (_, failure) => failure,
    },
    (outcome) => outcomes.push(outcome),
  );
  const handler = new PlainHandler(exchange);
  exchange.carrier = handler;
  const respond = (): void => {
    const { status, statusText, headers, body } = handler;
    exchange.respond({ status, statusText, url: request.url, redirected: false, headers }, body);
  };
  return { handler, exchange, outcomes, respond };
}

function raw(...texts: string[]): Uint8Array[] {
  return texts.map((text) => Buffer.from(text, "latin1"));
}

const nothing = (): void => {};

Deno.test("a handler ignores what comes before the response", () => {
  const { handler } = started();
  let opened = 0;
  handler.opened = () => opened++;
  assertEquals(handler.onHeaders(103, raw("link", "x"), nothing, "Early Hints"), true);
  assertEquals([opened, handler.status], [0, 0]);
  handler.onHeaders(200, raw("X-A", "M\xfcller", "x-a", "2"), nothing, "OK");
  assertEquals(opened, 1);
  assertEquals(handler.headers, [["x-a", "M\xfcller"], ["x-a", "2"]]);
});

Deno.test("a handler joins what belongs to the body and nothing else", async () => {
  const { handler, outcomes, respond } = started();
  handler.onHeaders(200, raw("content-length", "4"), nothing, "OK");
  respond();
  const memory = Buffer.from("head body more");
  handler.onData(memory.subarray(5, 7));
  handler.onData(memory.subarray(7, 9));
  assertEquals(outcomes, []);
  handler.onComplete();
  await Promise.resolve();
  const [outcome] = outcomes;
  assert(outcome?.ok && outcome.value.body instanceof Uint8Array);
  assertEquals(new TextDecoder().decode(outcome.value.body), "body");
  assertEquals(outcome.value.body.buffer.byteLength, 4);
});

Deno.test("a handler stops the wire while a stream is not read", async () => {
  const { handler, outcomes, respond } = started({ stream: true });
  let resumed = 0;
  handler.onHeaders(200, raw("content-type", "text/plain"), () => resumed++, "OK");
  respond();
  const [outcome] = outcomes;
  assert(outcome?.ok && outcome.value.body && isSource(outcome.value.body));
  const { body } = outcome.value;
  const read: (number | undefined)[] = [];
  const next = (): void =>
    void body.read((outcome) => read.push(outcome.ok ? outcome.value?.byteLength : -1));
  assertEquals(handler.onData(new Uint8Array(40_000)), true);
  assertEquals(handler.onData(new Uint8Array(40_000)), false);
  next();
  assertEquals([read, resumed], [[40_000], 0]);
  next();
  assertEquals([read, resumed], [[40_000, 40_000], 1]);
  next();
  handler.onData(new Uint8Array(5));
  await Promise.resolve();
  next();
  handler.onComplete();
  await Promise.resolve();
  assertEquals([read, resumed], [[40_000, 40_000, 5, undefined], 1]);
});

Deno.test("a handler goes on once for many tiny chunks, not once for each", () => {
  const { handler, outcomes, respond } = started({ stream: true });
  let resumed = 0;
  handler.onHeaders(200, raw("content-type", "text/plain"), () => resumed++, "OK");
  respond();
  const [outcome] = outcomes;
  assert(outcome?.ok && outcome.value.body && isSource(outcome.value.body));
  const { body } = outcome.value;
  let sent = 0;
  while (handler.onData(Uint8Array.of(sent))) sent++;
  const read: number[] = [];
  for (let count = 0; count <= sent; count++) {
    body.read((outcome) => {
      if (outcome.ok && outcome.value) read.push(...outcome.value);
    });
  }
  assertEquals([read.length, resumed], [sent + 1, 1]);
  assert(read.every((byte, index) => byte === index % 256));
});

Deno.test("a handler ends what has not got to the wire as soon as it does", () => {
  const { handler, exchange } = started();
  const reason = new Error("enough");
  exchange.carrier?.abort(reason);
  const aborted: unknown[] = [];
  handler.onConnect((reason) => aborted.push(reason));
  assertEquals(aborted, [reason]);
});

Deno.test("a handler ends the wire of a stream that is left", () => {
  const { handler, outcomes, respond } = started({ stream: true });
  const aborted: unknown[] = [];
  handler.onConnect((reason) => aborted.push(reason));
  handler.onHeaders(200, raw(), nothing, "OK");
  respond();
  const [outcome] = outcomes;
  assert(outcome?.ok && outcome.value.body && isSource(outcome.value.body));
  outcome.value.body.close();
  assertEquals(aborted, [undefined]);
});

Deno.test("a handler drops a body that no response has, up to a bound", () => {
  const { handler, outcomes, respond } = started();
  let aborted = 0;
  handler.onConnect(() => aborted++);
  handler.onHeaders(205, raw("content-length", "1000000"), nothing, "Reset Content");
  respond();
  assertEquals(outcomes.length, 1);
  assertEquals([handler.onData(new Uint8Array(60_000)), aborted], [true, 0]);
  handler.onData(new Uint8Array(60_000));
  assertEquals(aborted, 1);
});

Deno.test("a handler tells fetch's errors apart by whether there is a head", async () => {
  const { handler, outcomes, respond } = started();
  const cause = new Error("gone");
  const early = started().handler;
  early.onError(cause);
  assertEquals(early.failed, { error: cause });
  handler.onHeaders(200, raw(), nothing, "OK");
  respond();
  handler.onError(cause);
  await Promise.resolve();
  const [outcome] = outcomes;
  assert(outcome?.ok);
  const { thrown } = outcome.value.failure as { thrown: Error };
  assertEquals([thrown.message, thrown.cause], ["terminated", cause]);
});

Deno.test("a handler of undici 8 takes headers in either form, and its controller's pace", () => {
  const { exchange, respond: _ } = started({ stream: true });
  const calls: string[] = [];
  const controller = {
    rawHeaders: undefined as unknown[] | undefined,
    abort: () => calls.push("abort"),
    pause: () => calls.push("pause"),
    resume: () => calls.push("resume"),
  };
  const first = new ControlledHandler(exchange);
  first.onRequestStart(controller);
  first.onResponseStart(controller, 103, {}, "");
  first.onResponseStart(controller, 200, { "x-a": "1", "set-cookie": ["a", "b"] }, "");
  assertEquals(first.headers, [["x-a", "1"], ["set-cookie", "a"], ["set-cookie", "b"]]);
  first.onResponseData(controller, new Uint8Array(70_000));
  assertEquals(calls, ["pause"]);
  first.body?.next(nothing);
  first.body?.cancel();
  assertEquals(calls, ["pause", "resume", "abort"]);
  controller.rawHeaders = raw("X-B", "2");
  const second = new ControlledHandler(exchange);
  second.onResponseStart(controller, 200, { "x-a": "1" }, "");
  assertEquals(second.headers, [["x-b", "2"]]);
});

Deno.test("nodeDispatch() is for Node alone", () => {
  for (let left = 3; left > 0; left--) {
    assertEquals(nodeDispatch(wire("http://127.0.0.1/x"), {}), undefined);
  }
});
