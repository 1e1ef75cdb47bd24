import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import {
  BodySizeError,
  create,
  createResponse,
  DecodeError,
  type FlowStream,
  run,
  runSync,
} from "../../mod.ts";
import { keepWorker } from "../support/kept_worker.ts";
import { CHARSET_TEXT, isPattern, sharedServer } from "../support/server.ts";
import { bothStyles } from "../support/styles.ts";

const server = sharedServer();
keepWorker();

async function list<T>(items: Iterable<T> | AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

bothStyles("iterBytes() gives every byte in order", async (t) => {
  using api = create({ baseURL: server.url });
  const stream = await t.stream(api, "/stream?size=33554432&chunk=100000");
  assertEquals([stream.status, stream.ok, stream.attempts], [200, true, 1]);
  assertEquals(stream.headers.get("content-type"), "application/octet-stream");
  assertEquals(stream.request.method, "GET");
  assert(stream.timings.end >= stream.timings.start && stream.timings.start > 0);
  let size = 0;
  for await (const chunk of stream.iterBytes()) {
    assert(isPattern(chunk, size));
    size += chunk.byteLength;
  }
  assertEquals(size, 33_554_432);
});

bothStyles("iterBytes(chunkSize) cuts pieces of that size", async (t) => {
  using api = create({ baseURL: server.url });
  const stream = await t.stream(api, "/stream?size=1000000&chunk=70000");
  const pieces = await list(stream.iterBytes(65_536));
  assertEquals(pieces.map((piece) => piece.byteLength), [
    ...Array(15).fill(65_536),
    1_000_000 - 15 * 65_536,
  ]);
  assert(pieces.every((piece, index) => isPattern(piece, index * 65_536)));
});

bothStyles("iterText() and iterLines() decode across chunks", async (t) => {
  using api = create({ baseURL: server.url });
  const text = await list((await t.stream(api, "/ndjson?n=3&chunk=1")).iterText());
  const line = (i: number) => JSON.stringify({ i, text: CHARSET_TEXT });
  assertEquals(text.join(""), `${line(0)}\n${line(1)}\n${line(2)}\n`);
  assert(text.every((piece) => piece !== ""));
  const lines = await list((await t.stream(api, "/ndjson?n=3&chunk=7&open-end")).iterLines());
  assertEquals(lines, [line(0), line(1), line(2)]);
});

bothStyles("iterText() follows the charset", async (t) => {
  using api = create({ baseURL: server.url });
  const text = await list((await t.stream(api, "/charset/utf-16le-bom")).iterText());
  assertEquals(text.join(""), CHARSET_TEXT);
});

bothStyles("iterJSON() gives values, then a DecodeError with the line's number", async (t) => {
  using api = create({ baseURL: server.url });
  const stream = await t.stream(api, "/ndjson?n=2&broken&chunk=5");
  const values: unknown[] = [];
  const error = await t.fails(async () => {
    for await (const value of stream.iterJSON()) values.push(value);
  }, DecodeError);
  assertEquals(values, [0, 1].map((i) => ({ i, text: CHARSET_TEXT })));
  assertStringIncludes(error.message, "Cannot parse line 3");
  assertEquals(error.response?.status, 200);
});

bothStyles("iterEvents() gives server-sent events", async (t) => {
  using api = create({ baseURL: server.url });
  const stream = await t.stream(api, "/sse?n=2&chunk=3&eol=crlf");
  const data = (i: number) => JSON.stringify({ i, text: CHARSET_TEXT });
  assertEquals(await list(stream.iterEvents()), [
    { event: "tick", data: data(0), id: "1", retry: 1500 },
    { event: "tick", data: data(1), id: "2" },
    { event: "message", data: "line one\nline two", id: "2" },
  ]);
});

bothStyles("read() gives the body, or what a byte iterator left of it", async (t) => {
  using api = create({ baseURL: server.url });
  const whole = await (await t.stream(api, "/stream?size=300000")).read();
  assertEquals(whole.byteLength, 300_000);
  assert(isPattern(whole));

  const stream = await t.stream(api, "/stream?size=300000&chunk=50000");
  const pieces = stream.iterBytes(1_000);
  const first = await pieces.next();
  assertEquals(first.value?.byteLength, 1_000);
  const rest = await stream.read();
  assertEquals(rest.byteLength, 299_000);
  assert(isPattern(rest, 1_000));
});

bothStyles("read() gives no bytes of a response without body", async (t) => {
  using api = create({ baseURL: server.url });
  const stream = await t.stream(api, "/empty");
  assertEquals(stream.status, 204);
  assertEquals((await stream.read()).byteLength, 0);
  const head = await t.stream(api, "/json", { method: "HEAD" });
  assertEquals(await list(head.iterLines()), []);
});

bothStyles("read() and iterators keep to maxResponseSize where it is set", async (t) => {
  using api = create({ baseURL: server.url, maxResponseSize: 100_000 });
  const stream = await t.stream(api, "/stream?size=300000");
  const error = await t.fails(async () => void await stream.read(), BodySizeError);
  assertStringIncludes(error.message, "larger than 100000 bytes");
  const other = await t.stream(api, "/stream?size=300000");
  await t.fails(() => list(other.iterBytes()), BodySizeError);
  const more = await t.stream(api, "/stream?size=300000", { maxResponseSize: false });
  assertEquals((await more.read()).byteLength, 300_000);
});

bothStyles("a body is read once", async (t) => {
  using api = create({ baseURL: server.url });
  const stream = await t.stream(api, "/ndjson?n=3");
  const lines = stream.iterLines();
  await lines.next();
  for (
    const again of [
      () => stream.iterLines().next(),
      () => stream.iterBytes().next(),
      () => stream.iterEvents().next(),
      () => stream.read(),
    ]
  ) {
    const error = await t.fails(async () => void await again(), TypeError);
    assertStringIncludes(error.message, "it is read once");
  }
  assertEquals((await list(lines)).length, 2);
  await t.fails(async () => void await stream.read(), TypeError);
  await t.fails(() => list(stream.iterText()), TypeError);

  const whole = await t.stream(api, "/text");
  await whole.read();
  await t.fails(async () => void await whole.read(), TypeError);
});

bothStyles("misuse is a TypeError or RangeError at once", async (t) => {
  using api = create({ baseURL: server.url });
  const stream = await t.stream(api, "/text");
  await t.fails(() => void stream.iterBytes(0), RangeError);
  await t.fails(() => void stream.iterEvents({ maxReconnects: -1 }), RangeError);
  assertEquals(new TextDecoder().decode(await stream.read()), `hello ${CHARSET_TEXT}`);
});

bothStyles("a response that middleware made is a stream as well", async (t) => {
  using api = create();
  api.use(() => createResponse({ body: "a\nb", headers: { "content-type": "text/plain" } }));
  const stream = await t.stream(api, "https://example.com/");
  assertEquals(await list(stream.iterLines()), ["a", "b"]);
});

bothStyles("an encoded body is decoded", async (t) => {
  using api = create({ baseURL: server.url });
  for (const coding of ["gzip", "deflate", "br"]) {
    const stream = await t.stream(api, `/${coding}`);
    const text = (await list(stream.iterText())).join("");
    assertEquals(JSON.parse(text).coding, coding);
  }
});

bothStyles("FlowStream is read with yield*", async (t) => {
  using api = create({ baseURL: server.url });
  function* total() {
    const stream = yield* api.flow.stream("/stream?size=400000&chunk=30000");
    let size = 0;
    for (let chunk = yield* stream.next(); chunk; chunk = yield* stream.next()) {
      assert(isPattern(chunk, size));
      size += chunk.byteLength;
      if (size >= 300_000) break;
    }
    const rest = yield* stream.read();
    assert(isPattern(rest, size));
    return [stream.status, size + rest.byteLength];
  }
  assertEquals(await t.run(total()), [200, 400_000]);

  function* numbers() {
    const stream = yield* api.flow.stream("/ndjson?n=4");
    const values = stream.iterJSON<{ i: number }>();
    const all: number[] = [];
    for (let item = yield* values.next(); item; item = yield* values.next()) all.push(item.i);
    return all;
  }
  assertEquals(await t.run(numbers()), [0, 1, 2, 3]);
});

Deno.test("a stream of the other style is a clear TypeError", async () => {
  using api = create({ baseURL: server.url });
  let kept: FlowStream | undefined;
  await run(function* () {
    kept = yield* api.flow.stream("/text");
  }());
  const stream = kept as FlowStream;
  assertThrows(() => runSync(stream.next()), TypeError, "belongs to an async call");
  stream.close();
});

Deno.test("the stream of a stand-in for fetch, which fills no buffers, is read as well", async () => {
  const { fetch } = globalThis;
  const chunks = ["one\ntw", "o\n", "three"];
  globalThis.fetch = () => {
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        const next = chunks.shift();
        if (next === undefined) controller.close();
        else controller.enqueue(new TextEncoder().encode(next));
      },
    });
    return Promise.resolve(new Response(body));
  };
  try {
    using api = create();
    const stream = await api.stream("https://example.com/");
    assertEquals(await list(stream.iterLines()), ["one", "two", "three"]);
  } finally {
    globalThis.fetch = fetch;
  }
});

bothStyles("lines that are longer than a buffer are read whole", async (t) => {
  using api = create({ baseURL: server.url });
  const stream = await t.stream(api, "/stream?size=1000000&chunk=200000");
  const text = (await list(stream.iterText())).join("");
  const bytes = await (await t.stream(api, "/stream?size=1000000")).read();
  assertEquals(text, new TextDecoder().decode(bytes));
});

bothStyles("the body of a stream is a stream of the platform", async (t) => {
  using api = create({ baseURL: server.url });
  const stream = await t.stream(api, "/stream?size=300000");
  if (!("body" in stream)) return assertEquals((await stream.read()).byteLength, 300_000);
  const bytes = await new Response(stream.body).bytes();
  assertEquals(bytes.byteLength, 300_000);
  assert(isPattern(bytes));
});
