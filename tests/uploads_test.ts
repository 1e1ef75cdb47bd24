import { assertEquals, assertStringIncludes } from "@std/assert";
import {
  create,
  FixedDelay,
  HTTPStatusError,
  RedirectError,
  type RequestConfig,
  type SyncReader,
} from "../mod.ts";
import { MockTransport } from "../src/testing/mod.ts";
import { keepWorker } from "./support/kept_worker.ts";
import { isPattern, patternBytes, sharedServer } from "./support/server.ts";
import { bothStyles, parity, type StyleKit } from "./support/styles.ts";

const server = sharedServer();
keepWorker();
const KIB = 1024;
const MIB = 1024 * KIB;

/** Uploads and gives what the server saw. */
async function upload(t: StyleKit, config: RequestConfig, path = "/echo?brief") {
  using api = create({ baseURL: server.url });
  const response = await t.post(api, `${path}&key=${t.key}`, config);
  const [request] = await server.requests(t.key);
  if (!request) throw new Error("Nothing arrived");
  return { response, request, headers: new Map(request.headers) };
}

/** Pattern bytes in pieces, counting those that were asked for. */
function source(size: number, chunk: number) {
  const state = { asked: 0, closed: false };
  function* chunks(): Generator<Uint8Array> {
    try {
      for (let offset = 0; offset < size; offset += chunk) {
        state.asked++;
        yield patternBytes(Math.min(chunk, size - offset), offset);
      }
    } finally {
      state.closed = true;
    }
  }
  return { state, chunks: chunks() };
}

bothStyles(
  "files go out as multipart that a server's parser reads, with content-length",
  async (t) => {
    const { request, headers } = await upload(t, {
      form: { title: "Grüße", tags: ["a", "b"] },
      files: {
        photo: new File([patternBytes(70_000)], "p ü.png", { type: "image/png" }),
        parts: [new Blob(["one"], { type: "text/plain" }), new TextEncoder().encode("two")],
        note: { name: "note.md", content: "three\r\n", type: "text/markdown" },
      },
    });
    assertEquals(headers.get("content-length"), String(request.length));
    assertEquals(headers.has("transfer-encoding"), false);
    const type = headers.get("content-type") ?? "";
    const form = await new Response(request.body, { headers: { "content-type": type } }).formData();
    assertEquals([form.get("title"), form.getAll("tags")], ["Grüße", ["a", "b"]]);
    const seen = await Promise.all(
      ["photo", "parts", "note"].flatMap((name) =>
        form.getAll(name).map(async (value) => {
          const file = value as File;
          return [name, file.name, file.type.replace(/;.*/, ""), (await file.bytes()).length];
        })
      ),
    );
    assertEquals(seen, [
      ["photo", "p ü.png", "image/png", 70_000],
      ["parts", "blob", "text/plain", 3],
      ["parts", "file", "application/octet-stream", 3],
      ["note", "note.md", "text/markdown", 7],
    ]);
    const photo = form.get("photo") as File;
    assertEquals(isPattern(await photo.bytes()), true);
  },
);

bothStyles("bodies of known size say their content-length", async (t) => {
  for (const data of [patternBytes(100), new Blob([patternBytes(100)]), patternBytes(100).buffer]) {
    await server.reset(t.key);
    const { headers, request } = await upload(t, { data });
    assertEquals([headers.get("content-length"), request.length], ["100", 100]);
    assertEquals(headers.has("transfer-encoding"), false);
  }
  await server.reset(t.key);
  const { headers } = await upload(t, { data: [patternBytes(10), patternBytes(20)] });
  assertEquals(headers.get("content-length"), "30");
});

bothStyles("an iterable goes out chunk by chunk, every byte right", async (t) => {
  const { state, chunks } = source(3 * MIB + 5, 100_000);
  const { request, headers } = await upload(t, { data: chunks });
  assertEquals(request.length, 3 * MIB + 5);
  assertEquals(isPattern(request.body), true);
  assertEquals(headers.get("transfer-encoding"), "chunked");
  assertEquals(state, { asked: 32, closed: true });
});

bothStyles("a stream keeps the content-length that the user gave", async (t) => {
  const headers = { "content-length": "200000" };
  const { request, headers: sent } = await upload(t, {
    data: source(200_000, 65_536).chunks,
    headers,
  });
  assertEquals(request.length, 200_000);
  assertEquals(sent.get("content-length"), "200000");
  assertEquals(sent.has("transfer-encoding"), false);
});

parity("a stream shorter than its content-length is an error", async (t) => {
  using api = create({ baseURL: server.url });
  const headers = { "content-length": "200001" };
  return await t.post(api, "/echo", { data: source(200_000, 65_536).chunks, headers });
});

parity("a stream longer than its content-length is an error", async (t) => {
  using api = create({ baseURL: server.url });
  const headers = { "content-length": "100000" };
  return await t.post(api, "/echo", { data: source(200_000, 65_536).chunks, headers });
});

Deno.test("an async stream goes out chunk by chunk in an async call", async () => {
  using api = create({ baseURL: server.url });
  async function* chunks(): AsyncGenerator<Uint8Array> {
    for (const chunk of source(MIB, 100_000).chunks) yield await Promise.resolve(chunk);
  }
  for (const data of [chunks(), ReadableStream.from(chunks())]) {
    const { data: seen } = await api.post<{ length: number }>("/echo?brief", { data });
    assertEquals(seen.length, MIB);
  }
});

Deno.test("an async stream is refused by a sync call before anything is sent", () => {
  using api = create({ baseURL: server.url });
  const data = new ReadableStream<Uint8Array>();
  let message = "";
  try {
    api.postSync("/echo", { data });
  } catch (error) {
    message = (error as TypeError).message;
  }
  assertStringIncludes(message, "its body is an asynchronous stream");
});

bothStyles("a file is read while it is sent", async (t) => {
  const path = await Deno.makeTempFile();
  try {
    await Deno.writeFile(path, patternBytes(MIB + 3));
    using file = await Deno.open(path);
    const { request } = await upload(t, { data: file });
    assertEquals([request.length, isPattern(request.body)], [MIB + 3, true]);
  } finally {
    await Deno.remove(path);
  }
});

parity("a reader that never ends is an error, not a hang", async (t) => {
  using api = create({ baseURL: server.url });
  const data: SyncReader = { readSync: () => 0 };
  return await t.post(api, "/echo", { data });
});

bothStyles("a slow server is not overtaken by the source", async (t) => {
  const { state, chunks } = source(64 * MIB, 256 * KIB);
  using api = create({ baseURL: server.url, timeout: 400 });
  await t.fails(
    t.post(api, `/echo?brief&read-gap=30&key=${t.key}`, { data: chunks }),
    Error,
  );
  assertEquals(state.closed, true);
  // The sockets of this machine take a few MiB.
  assertEquals(state.asked < 128, true, `${state.asked} chunks were asked for`);
});

bothStyles("what the user's iterator throws comes out as it is", async (t) => {
  using api = create({ baseURL: server.url, maxRetries: 3 });
  class Broken extends Error {}
  const broken = new Broken("disk");
  function* chunks(): Generator<Uint8Array> {
    yield patternBytes(10);
    throw broken;
  }
  assertEquals(await t.fails(t.put(api, "/echo", { data: chunks() }), Broken), broken);
  const transport = new MockTransport();
  transport.on("PUT", /.*/).reply(200);
  using mocked = create({ baseURL: server.url, transport });
  assertEquals(await t.fails(t.put(mocked, "/echo", { data: chunks() }), Broken), broken);
  // The worker is as good as before.
  assertEquals((await t.get(api, "/json")).status, 200);
});

parity("a chunk that is no bytes is refused alike", async (t) => {
  using api = create({ baseURL: server.url });
  return await t.post(api, "/echo", { data: ["text"].values() as Iterable<never> });
});

bothStyles("a stream is never sent twice, neither by a retry nor by a redirect", async (t) => {
  const retried = { maxRetries: 3, retryStrategy: new FixedDelay({ delay: 1 }) };
  using api = create({ baseURL: server.url, ...retried });
  const path = `/fail-then/1?key=${t.key}`;
  const error = await t.fails(
    t.put(api, path, { data: source(1000, 100).chunks }),
    HTTPStatusError,
  );
  assertEquals([error.status, error.attempts], [503, 1]);
  assertEquals((await server.requests(t.key)).length, 1);
  await server.reset(t.key);
  // What can be sent again is.
  await t.put(api, path, { data: patternBytes(1000) });
  assertEquals((await server.requests(t.key)).map(({ length }) => length), [1000, 1000]);

  await server.reset(t.key);
  const redirect = `/redirect-to?url=/echo&status=307&key=${t.key}`;
  const refused = await t.fails(
    t.post(api, redirect, { data: source(1000, 100).chunks }),
    RedirectError,
  );
  assertStringIncludes(refused.message, "a stream can be sent once");
  assertEquals((await server.requests(t.key)).length, 1);
});
