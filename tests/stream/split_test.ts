import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { create, createResponse, type Transport } from "../../mod.ts";
import { createEventDecoder, createLineDecoder } from "../../src/http/lines.ts";
import { MockTransport } from "../../src/testing/mod.ts";
import { bothStyles } from "../support/styles.ts";

const encoder = new TextEncoder();

/** Bytes with a way to cut them, empty chunks included. */
function inChunks(bytes: fc.Arbitrary<Uint8Array>): fc.Arbitrary<[Uint8Array, Uint8Array[]]> {
  return fc.tuple(bytes, fc.array(fc.nat({ max: 60 }), { maxLength: 8 })).map(([whole, cuts]) => {
    const ends = [...cuts.map((cut) => Math.min(cut, whole.length)), whole.length]
      .sort((one, two) => one - two);
    return [whole, ends.map((end, index) => whole.slice(ends[index - 1] ?? 0, end))];
  });
}

const text = fc.array(
  fc.constantFrom("a", "ü", "😀", "\n", "\r", "\r\n", "\ufeff", "data: x\n", "id: 1\n", ": c\n\n"),
  { maxLength: 20 },
).map((pieces) => encoder.encode(pieces.join("")));

/** Answers with the chunks that `next` holds. */
function chunked(): { transport: Transport; next: Uint8Array[] } {
  const state = { next: [] as Uint8Array[], transport: {} as Transport };
  async function* slowly(): AsyncGenerator<Uint8Array> {
    for (const chunk of state.next) yield await Promise.resolve(chunk);
  }
  state.transport = {
    send: () => Promise.resolve({ status: 200, headers: {}, body: slowly() }),
    sendSync: () => ({ status: 200, headers: {}, body: state.next }),
  };
  return state;
}

async function list<T>(items: Iterable<T> | AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

bothStyles("any split of a body gives the same items through the client", async (t) => {
  const state = chunked();
  using api = create({ transport: state.transport, baseURL: "https://example.com" });
  const open = () => t.stream(api, "/");
  await fc.assert(
    fc.asyncProperty(inChunks(text), fc.integer({ min: 1, max: 9 }), async (given, size) => {
      const [whole, chunks] = given;
      state.next = chunks;
      const lines = createLineDecoder();
      assertEquals(await list((await open()).iterLines()), [...lines(whole), ...lines()]);
      assertEquals(
        await list((await open()).iterEvents({ anyType: true })),
        createEventDecoder()(whole),
      );
      assertEquals(
        (await list((await open()).iterText())).join(""),
        new TextDecoder().decode(whole),
      );
      const pieces = await list((await open()).iterBytes(size));
      assertEquals(pieces.flatMap((piece) => [...piece]), [...whole]);
      assertEquals(pieces.slice(0, -1).every((piece) => piece.byteLength === size), true);
      assertEquals([...await (await open()).read()], [...whole]);
    }),
    { numRuns: 60 },
  );
});

bothStyles("chunks of a MockTransport are streamed", async (t) => {
  const transport = new MockTransport();
  transport.on("GET", "https://example.com/events").replyStream(200, [
    "id: 1\nda",
    "ta: a\n",
    "\n",
  ], { "content-type": "text/event-stream" });
  using api = create({ transport });
  const stream = await t.stream(api, "https://example.com/events");
  assertEquals(await list(stream.iterEvents()), [{ event: "message", data: "a", id: "1" }]);
});

bothStyles("leaving early and close() run the cleanup of a transport's body", async (t) => {
  let cleaned = 0;
  function* forever(): Generator<Uint8Array> {
    try {
      for (;;) yield encoder.encode("line\n");
    } finally {
      cleaned++;
    }
  }
  async function* foreverAsync(): AsyncGenerator<Uint8Array> {
    yield* forever();
  }
  const head = { status: 200, headers: {} };
  using api = create({
    transport: {
      send: () => Promise.resolve({ ...head, body: foreverAsync() }),
      sendSync: () => ({ ...head, body: forever() }),
    },
  });
  const stream = await t.stream(api, "https://example.com/");
  for await (const line of stream.iterLines()) {
    assertEquals(line, "line");
    break;
  }
  await Promise.resolve();
  assertEquals(cleaned, 1);
  const other = await t.stream(api, "https://example.com/");
  await other.iterBytes().next();
  other.close();
  await new Promise((resolve) => setTimeout(resolve));
  assertEquals(cleaned, 2);
});

Deno.test("timeout bounds the wait for a chunk of a transport's body", async () => {
  async function* stalls(): AsyncGenerator<Uint8Array> {
    yield encoder.encode("a");
    await new Promise(() => {});
  }
  const send = () => Promise.resolve({ status: 200, headers: {}, body: stalls() });
  using api = create({ transport: { send }, timeout: 40 });
  const stream = await api.stream("https://example.com/");
  const [read] = await Promise.allSettled([stream.read()]);
  assertEquals(
    read.status === "rejected" && String(read.reason),
    'TimeoutError: Cannot read the body of "GET https://example.com/": no more data within 40 ms ' +
      "(1 bytes received)",
  );
});

bothStyles("middleware may answer a stream with a whole response", async (t) => {
  using api = create();
  api.use(() => createResponse({ data: [1, 2], status: 201 }));
  const stream = await t.stream(api, "https://example.com/");
  assertEquals([stream.status, await list(stream.iterJSON())], [201, [[1, 2]]]);
});

bothStyles("a large chunk is decoded in pieces, whatever is cut", async (t) => {
  const state = chunked();
  using api = create({ transport: state.transport, baseURL: "https://example.com" });
  const open = () => t.stream(api, "/");
  const lines = Array.from({ length: 5_000 }, (_, i) => `${i}${"ü😀".repeat(i % 7)}`);
  const bodies = [lines.join("\n"), lines.join("\r\n"), lines.join(""), "\n".repeat(50_000)];
  for (const whole of bodies) {
    const bytes = encoder.encode(whole);
    for (const chunks of [[bytes], [bytes.subarray(0, 9_001), bytes.subarray(9_001)]]) {
      state.next = chunks;
      const pieces = await list((await open()).iterText());
      assertEquals(pieces.join(""), whole);
      assert(pieces.length > 5 && pieces.every(({ length }) => length <= 8 * 1024));
      const expected = whole.split(/\r?\n/);
      if (whole.endsWith("\n")) expected.pop();
      assertEquals(await list((await open()).iterLines()), expected);
    }
  }
});
