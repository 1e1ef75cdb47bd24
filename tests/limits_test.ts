import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { BodySizeError, create, DecodeError, NetworkError } from "../mod.ts";
import { keepWorker } from "./support/kept_worker.ts";
import { sharedFaultServer } from "./support/fault_server.ts";
import { eventually, sharedServer } from "./support/server.ts";
import { bothStyles, parity } from "./support/styles.ts";

const server = sharedServer();
const faults = sharedFaultServer();
keepWorker();
const MIB = 1024 * 1024;

bothStyles("maxResponseSize counts what a body inflates to", async (t) => {
  using api = create({ baseURL: server.url, maxResponseSize: 4 * MIB });
  for (const coding of ["gzip", "deflate", "br"]) {
    // Brotli sends nothing before it has read most of its input, so there nothing can be cut on the
    // wire, and a large one would only keep the server busy.
    const cutOnTheWire = coding !== "br";
    const path = `/bomb?mb=${cutOnTheWire ? 1024 : 8}&coding=${coding}&key=${t.key}`;
    const error = await t.fails(t.get(api, path), BodySizeError);
    assertStringIncludes(error.message, "larger than 4194304 bytes");
    await eventually(() => server.open(t.key), (open) => open === 0);
    if (cutOnTheWire) {
      assertEquals(await server.aborted(t.key), 1, coding);
      const [request] = await server.requests(t.key);
      // The whole of it is about 1 MiB.
      assert((request?.sent ?? Infinity) < MIB / 2, `${coding}: ${request?.sent} bytes were sent`);
    }
    await server.reset(t.key);
  }
});

bothStyles("maxResponseSize bounds a stream where it is set", async (t) => {
  using api = create({ baseURL: server.url });
  const path = "/bomb?mb=64&coding=gzip";
  let bytes = 0;
  const read = async () => {
    using response = await t.stream(api, path, { maxResponseSize: MIB });
    for await (const chunk of response.iterBytes()) bytes += chunk.length;
  };
  await t.fails(read(), BodySizeError);
  assert(bytes <= MIB, `${bytes} bytes were given out`);
});

parity("maxResponseSize refuses by content-length, before the body is read", async (t) => {
  using api = create({ baseURL: server.url, maxResponseSize: 1000 });
  await t.get(api, "/bytes/1000");
  return await t.get(api, "/bytes/1001");
});

bothStyles("maxResponseSize is 1 GiB by default, and false for none", async (t) => {
  using api = create({ baseURL: faults.url });
  const head = (size: number) =>
    encodeURIComponent(`HTTP/1.1 200 OK\r\ncontent-length: ${size}\r\n\r\n`);
  const error = await t.fails(t.get(api, `/raw?keep&raw=${head(2 ** 30 + 1)}`), BodySizeError);
  assertStringIncludes(error.message, "larger than 1073741824 bytes");
  const path = `/raw?raw=${head(2 ** 30 + 1)}`;
  const cut = await t.fails(t.get(api, path, { maxResponseSize: false }), NetworkError);
  assertStringIncludes(cut.message, "Cannot read the body of");
});

/** A zstd frame of 4 MiB of zeros, and the 140 bytes that it takes. */
async function zstdBomb(): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const { zstdCompressSync } = await import("node:zlib") as {
    zstdCompressSync?: (bytes: Uint8Array) => Uint8Array<ArrayBuffer>;
  };
  return zstdCompressSync && new Uint8Array(zstdCompressSync(new Uint8Array(4 * MIB)));
}

function inflatesZstd(): boolean {
  try {
    new DecompressionStream("zstd" as CompressionFormat);
    return true;
  } catch {
    return false;
  }
}

Deno.test("zstd is bounded too where the runtime has it, else refused", async () => {
  const body = await zstdBomb() ?? Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0, 0, 0);
  const headers = { "content-encoding": "zstd" };
  using api = create({
    baseURL: server.url,
    maxResponseSize: MIB,
    fetch: () => Promise.resolve(new Response(body, { headers })),
  });
  const error = await api.get("/").then(() => undefined, (error) => error);
  if (inflatesZstd()) assert(error instanceof BodySizeError, String(error));
  else {
    assert(error instanceof DecodeError, String(error));
    assertStringIncludes(error.message, 'this runtime cannot decode content-encoding "zstd"');
  }
});

parity("headers beyond the runtime's limit are an error that says so", async (t) => {
  using api = create({ baseURL: faults.url });
  await t.get(api, "/huge-headers?kb=8", { responseType: "text" });
  return await t.get(api, "/huge-headers?kb=2000");
});

bothStyles("a response with huge headers names the limit", async (t) => {
  using api = create({ baseURL: faults.url });
  const error = await t.fails(t.get(api, "/huge-headers?kb=2000"), NetworkError);
  assertStringIncludes(error.message, "the response headers are larger than this runtime accepts");
});

bothStyles("redacted parameters appear in no transport error, nor in its cause", async (t) => {
  using api = create({ baseURL: server.url, redact: ["token"], maxResponseSize: 100 });
  const dead = "http://127.0.0.1:1/a";
  const calls: [string, Record<string, unknown>][] = [
    [dead, {}],
    [`${server.url}/never`, { timeout: 50 }],
    [`${server.url}/bytes/1000`, {}],
    [`${server.url}/drip?chunks=50`, { timeout: 100, maxResponseSize: false }],
    [`${server.url}/gzip?damaged`, { maxResponseSize: false }],
    [`${server.url}/encoded/x?cut`, {}],
    [`${faults.url}/reset`, {}],
    [`${faults.url}/garbage`, {}],
  ];
  for (const [url, config] of calls) {
    const params = { token: "s3cret" };
    const call = t.get(api, url, { ...config, params, allowAbsoluteUrls: true });
    const error = await t.fails(call, Error);
    const shown = [
      String(error),
      error.stack,
      JSON.stringify(error),
      Deno.inspect(error, { depth: 9 }),
    ].join("\n");
    assertEquals(shown.includes("s3cret"), false, shown);
  }
});
