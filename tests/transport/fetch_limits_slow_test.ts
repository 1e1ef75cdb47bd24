import { assert, assertRejects } from "@std/assert";
import { BodySizeError } from "../../src/errors.ts";
import { eventually, sharedServer } from "../support/server.ts";
import { sendFetch, wire } from "./wire.ts";

const server = sharedServer();

/** Zeros under layers of gzip, made without having them in memory. */
async function stacked(mib: number, layers: number): Promise<Uint8Array<ArrayBuffer>> {
  const zeros = new Uint8Array(2 ** 20);
  const source = ReadableStream.from((function* () {
    for (let count = 0; count < mib; count++) yield zeros;
  })());
  let body: ReadableStream<Uint8Array<ArrayBuffer>> = source;
  for (let layer = 0; layer < layers; layer++) {
    body = body.pipeThrough(new CompressionStream("gzip"));
  }
  return await new Response(body).bytes();
}

Deno.test("sendFetch() has no layer of stacked codings whole in memory", async () => {
  for (const layers of [2, 3, 5]) {
    const body = await stacked(1024, layers);
    const headers = { "content-encoding": Array(layers).fill("gzip").join(", ") };
    const fetch = () => Promise.resolve(new Response(body, { headers }));
    const request = wire("http://example.com/", { maxResponseBytes: 2 ** 20, timeoutMs: 60_000 });
    const before = Deno.memoryUsage().rss;
    await assertRejects(() => sendFetch(request, { fetch }), BodySizeError);
    assert(Deno.memoryUsage().rss - before < 100 * 2 ** 20, `${layers} layers`);
  }
});

Deno.test("sendFetch() bounds the body after decompression and stops reading", async () => {
  for (const coding of ["gzip", "deflate"]) {
    const url = `${server.url}/bomb?coding=${coding}&mb=200&key=bomb-${coding}`;
    const before = Deno.memoryUsage().rss;
    await assertRejects(() => sendFetch(wire(url, { maxResponseBytes: 1_000_000 })), BodySizeError);
    assert(Deno.memoryUsage().rss - before < 100 * 2 ** 20, coding);
    await eventually(() => server.open(`bomb-${coding}`), (open) => open === 0);
  }
});
