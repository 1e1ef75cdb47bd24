import { type FlowRunner, restyle } from "../../src/stream/items.ts";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { assertType, type IsExact } from "@std/testing/types";
import { BodySizeError, CancelError, DecodeError, HTTPStatusError } from "../../src/errors.ts";
import { Limit } from "../../src/flow/limit.ts";
import type { Flow } from "../../src/flow/flow.ts";
import type { FlowItems } from "../../src/stream/items.ts";
import type {
  Awaiting,
  Blocking,
  FlowStream,
  StreamResponse,
  SyncStreamResponse,
} from "../../src/stream/members.ts";
import { failure, inBothStyles, list, scriptedCall, ScriptedSource, World } from "./scripted.ts";

const toAwaiting = <T>(value: T, engine: FlowRunner): Awaiting<T> =>
  restyle(value, "awaiting", engine) as Awaiting<T>;
const toBlocking = <T>(value: T, engine: FlowRunner): Blocking<T> =>
  restyle(value, "blocking", engine) as Blocking<T>;

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

inBothStyles("each reader gives the items of chunks that are cut anywhere", async (world) => {
  const open = async (...chunks: string[]) =>
    world.form(await world.run(scriptedCall({ body: new ScriptedSource(...chunks) })));
  assertEquals(await list((await open("a\r", "\nb", "", "c\n")).iterLines()), ["a", "bc"]);
  assertEquals(await list((await open("1\n", "\n[2", "]")).iterJSON()), [1, [2]]);
  assertEquals((await list((await open("ab", "", "c")).iterText())).join(""), "abc");
  const pieces = await list((await open("abc", "de", "f")).iterBytes(4));
  assertEquals(pieces.map(text), ["abcd", "ef"]);
  assertEquals(text(await (await open("abc", "def")).read()), "abcdef");
});

inBothStyles("a stream tells its head, and prints without secrets", async (world) => {
  const headers = { "set-cookie": "s3cret", "x-a": "1" };
  const stream = world.form(await world.run(scriptedCall({ status: 201, headers })));
  assertEquals([stream.status, stream.ok, stream.redirected, stream.redirects.length], [
    ...[201, true, false, 0],
  ]);
  assertEquals(stream.headers.get("set-cookie"), "s3cret");
  const shown = Deno.inspect(stream) + JSON.stringify(stream) + Deno.inspect(stream.request);
  assertStringIncludes(
    shown,
    world.style === "async" ? "StreamResponse {" : "SyncStreamResponse {",
  );
  assert(!shown.includes("s3cret"), shown);
  assertEquals(stream.raiseForStatus(), stream);
  const bad = world.form(await world.run(scriptedCall({ status: 500 })));
  await failure(() => bad.raiseForStatus(), HTTPStatusError);
});

inBothStyles("an error is final and comes again", async (world) => {
  const source = new ScriptedSource("1\n", new EvalError("broken"));
  const stream = world.form(await world.run(scriptedCall({ body: source })));
  const lines = stream.iterLines();
  assertEquals((await lines.next()).value, "1");
  const error = await failure(async () => void await lines.next(), EvalError);
  assertEquals(await failure(async () => void await lines.next(), EvalError), error);
  assertEquals([source.reads, source.closed], [2, 1]);
});

inBothStyles("a line that is no JSON is a DecodeError with its number and type", async (world) => {
  const headers = { "content-type": "text/html" };
  const source = new ScriptedSource("1\n<s3cret>\n3\n", "4");
  const stream = world.form(await world.run(scriptedCall({ headers, body: source })));
  const seen: unknown[] = [];
  const error = await failure(async () => {
    for await (const value of stream.iterJSON()) seen.push(value);
  }, DecodeError);
  assertEquals(seen, [1]);
  assertEquals(
    error.message,
    'Cannot parse line 2: it is not valid JSON, it starts with "<" (in the response to ' +
      '"GET https://example.com/a?token=***", content type "text/html")',
  );
  assertEquals(error.response?.status, 200);
  assert(!Deno.inspect(error).includes("s3cret"));
  assertEquals([source.reads, source.closed], [1, 1]);
});

inBothStyles(
  "iterJSON() parses with the client's parser, which sees the response",
  async (world) => {
    const rules = {
      parseJSON: (given: string, { response }: { response: { status: number } }) =>
        `${given}@${response.status}`,
    };
    const body = new ScriptedSource("1\n2");
    const stream = world.form(await world.run(scriptedCall({ body, rules })));
    assertEquals(await list(stream.iterJSON<string>()), ["1@200", "2@200"]);
  },
);

inBothStyles("read() keeps to the limit of size, and takes what bytes were left", async (world) => {
  const big = new ScriptedSource("a".repeat(600), "b".repeat(600), "c");
  const error = await failure(
    async () => await world.form(await world.run(scriptedCall({ body: big }))).read(),
    BodySizeError,
  );
  assertStringIncludes(error.message, '"GET https://example.com/a?token=***": larger than 1000');
  assertEquals([big.reads, big.closed], [2, 1]);
  const stream = world.form(
    await world.run(scriptedCall({ body: new ScriptedSource("abc", "def") })),
  );
  assertEquals((await stream.iterBytes(2).next()).value?.length, 2);
  assertEquals(text(await stream.read()), "cdef");
  const again = await failure(async () => await stream.read(), TypeError);
  assertStringIncludes(again.message, "it is read once");
});

inBothStyles("a reader that keeps no chunk says so before the first read", async (world) => {
  const reused = async (read: (stream: ReturnType<World["form"]>) => unknown): Promise<boolean> => {
    const headers = { "content-type": "text/event-stream" };
    const body = new ScriptedSource("1\n", "2\n");
    await read(world.form(await world.run(scriptedCall({ body, headers }))));
    assertEquals(body.reads, 3);
    return body.reused;
  };
  assertEquals(await reused((stream) => list(stream.iterText())), true);
  assertEquals(await reused((stream) => list(stream.iterLines())), true);
  assertEquals(await reused((stream) => list(stream.iterJSON())), true);
  assertEquals(await reused((stream) => list(stream.iterEvents())), true);
  assertEquals(await reused((stream) => list(stream.iterBytes())), false);
  assertEquals(await reused((stream) => list(stream.iterBytes(3))), false);
  assertEquals(await reused((stream) => stream.read()), false);
});

const LENGTHS = [["6"], ["5"], ["1"], ["9"], ["x"], ["-6"], ["1e15"], ["6", "gzip"]] as const;

inBothStyles("read() of a declared length copies into one piece, whatever comes", async (world) => {
  for (const [declared, encoding] of LENGTHS) {
    const rules = { maxResponseSize: false } as const;
    const buffer = new Uint8Array(3);
    const body = new ScriptedSource("abc", "def");
    const read = body.read.bind(body);
    // One buffer for all chunks, as a runtime that fills buffers has it.
    body.read = (settle) =>
      read((outcome) => {
        if (!outcome.ok || !outcome.value || !body.reused) return settle(outcome);
        buffer.set(outcome.value);
        settle({ ok: true, value: buffer });
      });
    const headers = {
      "content-length": declared,
      ...encoding !== undefined && { "content-encoding": encoding },
    };
    const stream = world.form(await world.run(scriptedCall({ body, headers, rules })));
    assertEquals(text(await stream.read()), "abcdef");
    assertEquals(body.reused, /^\d$/.test(declared) && encoding === undefined);
  }
  const headers = { "content-length": "6" };
  const begun = new ScriptedSource("abc", "def");
  const stream = world.form(await world.run(scriptedCall({ body: begun, headers })));
  await stream.iterBytes().next();
  assertEquals(text(await stream.read()), "def");
  assertEquals(begun.reused, false);
});

inBothStyles("leaving a loop, close() and disposal free the connection, once", async (world) => {
  const sources = [new ScriptedSource("a\nb\n"), new ScriptedSource("a"), new ScriptedSource("a")];
  const [first, second, third] = sources;
  const stream = world.form(await world.run(scriptedCall({ body: first })));
  for await (const line of stream.iterLines()) {
    assertEquals(line, "a");
    break;
  }
  const other = world.form(await world.run(scriptedCall({ body: second })));
  other.close();
  other.close();
  {
    using _ = world.form(await world.run(scriptedCall({ body: third })));
  }
  assertEquals(sources.map(({ closed }) => closed), [1, 1, 1]);
  const error = await failure(async () => await other.read(), TypeError);
  assertStringIncludes(error.message, "was closed");
});

inBothStyles("a whole body is a stream as well", async (world) => {
  const body = new TextEncoder().encode("a\nb");
  const stream = world.form(await world.run(scriptedCall({ body })));
  assertEquals(await list(stream.iterLines()), ["a", "b"]);
  assertEquals(await list(world.form(await world.run(scriptedCall({}))).iterText()), []);
});

inBothStyles("the call's limit ends a read that waits, and frees the connection", async (world) => {
  const limit = new Limit();
  const source = new ScriptedSource("a", "hang");
  const stream = world.form(await world.run(scriptedCall({ body: source, limit })));
  const chunks = stream.iterBytes();
  await chunks.next();
  limit.deadline = world.time + 50;
  const reading = failure(async () => await chunks.next(), Error);
  if (world.style === "async") {
    await Promise.resolve();
    world.pass(50);
  }
  assertEquals((await reading).message, "Out of time");
  assertEquals([world.time, source.stopped, source.closed, world.timers], [50, 1, 1, 0]);
});

inBothStyles("the call's limit frees the connection between two reads", async (world) => {
  const limit = new Limit();
  const source = new ScriptedSource("a\n", "b\n");
  const stream = world.form(await world.run(scriptedCall({ body: source, limit })));
  const lines = stream.iterLines();
  await lines.next();
  limit.end(new EvalError("enough"));
  assertEquals(source.closed, 1);
  await failure(async () => await lines.next(), EvalError);
  assertEquals([source.reads, source.closed], [1, 1]);
});

inBothStyles("the limits around the call do not end its stream", async (world) => {
  const outer = new Limit();
  const limit = new Limit();
  limit.parent = outer;
  const source = new ScriptedSource("a", "b");
  const stream = world.form(await world.run(scriptedCall({ body: source, limit })));
  outer.end(new EvalError("the call is over"));
  assertEquals(text(await stream.read()), "ab");
});

Deno.test("close() ends a read that waits", async () => {
  const world = new World("async");
  const source = new ScriptedSource("hang");
  const stream = toAwaiting(await world.run(scriptedCall({ body: source })), world.engine);
  const chunks = stream.iterBytes();
  const [next, twice] = [chunks.next(), chunks.next()];
  await Promise.resolve();
  stream.close();
  assertEquals((await failure(() => next, CancelError)).reason, "stream closed");
  await failure(() => twice, CancelError);
  assertEquals([source.stopped, source.closed], [1, 1]);
});

Deno.test("return() ends the steps that wait", async () => {
  const world = new World("async");
  const source = new ScriptedSource("hang");
  const stream = toAwaiting(await world.run(scriptedCall({ body: source })), world.engine);
  const lines = stream.iterLines();
  const steps = [lines.next(), lines.next()];
  await lines.return?.();
  assertEquals(await Promise.all(steps), Array(2).fill({ done: true, value: undefined }));
  assertEquals(source.closed, 1);
});

Deno.test("steps that are asked for at once come in order", async () => {
  const world = new World("async");
  const body = new ScriptedSource("1\n2", "\n", "3\n4\n", "5");
  const stream = toAwaiting(await world.run(scriptedCall({ body })), world.engine);
  const values = stream.iterJSON<number>();
  const steps = await Promise.all(Array.from({ length: 7 }, () => values.next()));
  assertEquals(steps.map(({ value }) => value), [1, 2, 3, 4, 5, undefined, undefined]);
});

Deno.test("body is read as it is asked for, and cancel frees the connection", async () => {
  const world = new World("async");
  const source = new ScriptedSource("a", "b", "c");
  const stream = toAwaiting(await world.run(scriptedCall({ body: source })), world.engine);
  const reader = stream.body.getReader();
  assertEquals(stream.body.locked, true);
  assertEquals(source.reads, 0);
  assertEquals(text((await reader.read()).value ?? new Uint8Array()), "a");
  assertEquals(source.reads, 1);
  await reader.cancel();
  assertEquals([source.reads, source.closed], [1, 1]);
});

Deno.test("body gives what bytes were left, to the end, and its errors", async () => {
  const world = new World("async");
  const open = async (...script: (string | Error)[]) =>
    toAwaiting(
      await world.run(scriptedCall({ body: new ScriptedSource(...script) })),
      world.engine,
    );
  const stream = await open("abc", "def");
  await stream.iterBytes(2).next();
  assertEquals(await new Response(stream.body).text(), "cdef");
  await failure(
    async () => await new Response((await open(new EvalError("x"))).body).text(),
    Error,
  );
  const taken = await open("a");
  await taken.iterLines().next();
  await failure(() => new Response(taken.body).text(), TypeError);
});

inBothStyles("a FlowStream is read with yield*", async (world) => {
  function* sizes() {
    const stream = yield* scriptedCall({ body: new ScriptedSource("ab", "c", "def") });
    const first = yield* stream.next();
    const rest = yield* stream.read();
    return [stream.status, first?.length, rest.length];
  }
  assertEquals(await world.run(sizes()), [200, 2, 4]);
  function* values() {
    const stream = yield* scriptedCall({ body: new ScriptedSource("1\n2\n3") });
    const items = stream.iterJSON<number>();
    let sum = 0;
    for (let item; (item = yield* items.next()) !== undefined;) sum += item;
    return sum;
  }
  assertEquals(await world.run(values()), 6);
});

inBothStyles("items take the form of their style, other values stay", async (world) => {
  function* items() {
    return (yield* scriptedCall({ body: new ScriptedSource("a\nb") })).iterLines();
  }
  const found = await world.run(items());
  const iterable = world.style === "async"
    ? toAwaiting(found, world.engine)
    : toBlocking(found, world.engine);
  assertEquals(await list(iterable), ["a", "b"]);
  for (const value of [undefined, null, 0, "a", {}, [1]]) {
    assertEquals(toAwaiting(value, world.engine), value);
    assertEquals(toBlocking(value, world.engine), value);
  }
});

Deno.test("the types of results follow the call style", () => {
  assertType<IsExact<Awaiting<FlowStream>, StreamResponse>>(true);
  assertType<IsExact<Blocking<FlowStream>, SyncStreamResponse>>(true);
  assertType<IsExact<Awaiting<FlowItems<string>>, AsyncIterableIterator<string>>>(true);
  assertType<IsExact<Blocking<FlowItems<string>>, IterableIterator<string>>>(true);
  assertType<IsExact<Awaiting<{ a: 1 } | undefined>, { a: 1 } | undefined>>(true);
  assertType<IsExact<Awaiting<FlowStream | null>, StreamResponse | null>>(true);
  assertType<IsExact<Awaiting<unknown>, unknown>>(true);
  assertType<IsExact<Awaiting<void>, void>>(true);
  assertType<IsExact<Awaiting<Flow<1>>, Flow<1>>>(true);
  assertType<IsExact<Awaiting<boolean>, boolean>>(true);
});

Deno.test("both streams have the same members", () => {
  type Names = Exclude<keyof StreamResponse, typeof Symbol.asyncDispose | "body">;
  assertType<IsExact<Names, keyof SyncStreamResponse>>(true);
  assertType<IsExact<Exclude<keyof FlowStream, "next">, keyof SyncStreamResponse>>(true);
});
