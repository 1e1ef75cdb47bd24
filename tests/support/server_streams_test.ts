import { assert, assertEquals } from "@std/assert";
import { CHARSET_TEXT } from "./server_bytes.ts";
import { eventually, isPattern, sharedServer } from "./server.ts";

const server = sharedServer();

/** The body as it is on the wire, without the decoding that fetch does. */
async function rawBody(path: string): Promise<Uint8Array<ArrayBuffer>> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
  const head = `GET ${path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n`;
  await connection.write(new TextEncoder().encode(head));
  const bytes = await new Response(connection.readable).bytes();
  const text = new TextDecoder("latin1").decode(bytes);
  return bytes.slice(text.indexOf("\r\n\r\n") + 4);
}

async function inflate(
  bytes: Uint8Array<ArrayBuffer>,
  format: CompressionFormat,
): Promise<unknown> {
  return await new Response(
    new Blob([bytes]).stream().pipeThrough(new DecompressionStream(format)),
  ).json();
}

Deno.test("/gzip, /deflate and /br are what their name says", async () => {
  const formats = new Map<string, CompressionFormat>([
    ["gzip", "gzip"],
    ["deflate", "deflate"],
    ["deflate?raw=1", "deflate-raw"],
    ["br", "brotli"],
  ]);
  for (const [path, format] of formats) {
    const body = await inflate(await rawBody(`/${path}`), format) as Record<string, unknown>;
    assertEquals([body.coding, body.text], [path.split("?")[0], CHARSET_TEXT]);
  }
  const response = await fetch(`${server.url}/encoded/deflate,gzip`);
  assertEquals(response.headers.get("content-encoding"), "deflate, gzip");
  await response.body?.cancel();
});

Deno.test("?cut and ?damaged break a coding", async () => {
  for (const query of ["cut", "damaged"]) {
    const bytes = await rawBody(`/gzip?${query}`);
    assert(await inflate(bytes, "gzip").catch((error) => error) instanceof TypeError);
  }
});

Deno.test("/bomb is small on the wire and large when decoded", async () => {
  const onWire = await rawBody("/bomb?mb=8");
  assert(onWire.length < 100_000);
  const bytes = await (await fetch(`${server.url}/bomb?mb=8`)).bytes();
  assertEquals([bytes.length, bytes.every((byte) => byte === 0)], [8 * 1024 * 1024, true]);
});

Deno.test("/drip sends its chunks with a gap", async () => {
  const whole = await fetch(`${server.url}/drip?chunks=3&gap=1&size=4&length`);
  assertEquals(whole.headers.get("content-length"), "12");
  assertEquals(await whole.text(), "aaaabbbbcccc");
  const { body } = await fetch(`${server.url}/drip?chunks=2&gap=600000&size=4&key=drip`);
  const reader = body?.getReader();
  assertEquals(new TextDecoder().decode((await reader?.read())?.value), "aaaa");
  assertEquals((await server.requests("drip"))[0]?.sent, 4);
  await reader?.cancel();
  await eventually(() => server.aborted("drip"), (aborted) => aborted === 1);
});

Deno.test("/stream has the pattern, and stops when nobody reads", async () => {
  const whole = await fetch(`${server.url}/stream?size=3000000&chunk=70000`);
  const bytes = await whole.bytes();
  assertEquals([bytes.length, isPattern(bytes)], [3_000_000, true]);
  const size = 1024 ** 3;
  const unread = await fetch(`${server.url}/stream?size=${size}&key=unread`);
  await new Promise((resolve) => setTimeout(resolve, 200));
  const [record] = await server.requests("unread");
  assert(record !== undefined && record.sent > 0 && record.sent < 64 * 1024 * 1024);
  await unread.body?.cancel();
  await eventually(() => server.aborted("unread"), (aborted) => aborted === 1);
});

Deno.test("streamed routes answer HEAD without a body", async () => {
  const response = await fetch(`${server.url}/stream?size=10&length`, { method: "HEAD" });
  assertEquals(await response.text(), "");
});

Deno.test("/stall-body sends some bytes and no more", async () => {
  const response = await fetch(`${server.url}/stall-body?size=5`);
  const reader = response.body?.getReader();
  assertEquals((await reader?.read())?.value?.length, 5);
  const late = new Promise((resolve) => setTimeout(() => resolve("late"), 50));
  assertEquals(await Promise.race([reader?.read(), late]), "late");
  await reader?.cancel();
});

Deno.test("/sse is an event stream", async () => {
  const response = await fetch(`${server.url}/sse?n=1`);
  assertEquals(response.headers.get("content-type"), "text/event-stream");
  assertEquals(
    await response.text(),
    `: hello\nretry: 1500\nid: 1\nevent: tick\ndata: {"i":0,"text":"${CHARSET_TEXT}"}\n\n` +
      "data: line one\ndata: line two\n\n",
  );
  const crlf = await (await fetch(`${server.url}/sse?n=0&eol=crlf&chunk=3&gap=1`)).text();
  assertEquals(crlf, "data: line one\r\ndata: line two\r\n\r\n");
});

Deno.test("/ndjson has one value a line", async () => {
  const line = (i: number): string => JSON.stringify({ i, text: CHARSET_TEXT });
  const get = async (query: string): Promise<string> =>
    await (await fetch(`${server.url}/ndjson?n=2&${query}`)).text();
  assertEquals(await get("chunk=1"), `${line(0)}\n${line(1)}\n`);
  assertEquals(await get("open-end"), `${line(0)}\n${line(1)}`);
  assertEquals(await get("broken"), `${line(0)}\n${line(1)}\n{"broken": \n`);
});
