import { assertEquals, assertRejects } from "@std/assert";
import { DecodeError, NetworkError } from "../../src/errors.ts";
import { sharedFaultServer } from "../support/fault_server.ts";
import { sharedServer } from "../support/server.ts";
import { drain, sendFetch, streamed, wire } from "./wire.ts";

const server = sharedServer();
const faults = sharedFaultServer();

async function decoded(path: string, headers: [string, string][] = []): Promise<string> {
  const { body } = await sendFetch(wire(server.url + path, { headers }));
  return (JSON.parse(new TextDecoder().decode(body)) as { coding: string }).coding;
}

Deno.test("sendFetch() decodes what the runtime decodes and what it leaves alone", async () => {
  for (const path of ["/gzip", "/br", "/deflate", "/deflate?raw"]) {
    assertEquals(await decoded(path), path.slice(1).replace("?raw", ""), path);
  }
  assertEquals(await decoded("/encoded/gzip,deflate"), "gzip, deflate");
  assertEquals(await decoded("/encoded/deflate,gzip"), "deflate, gzip");
});

Deno.test("sendFetch() decodes when the runtime does not because of the request", async () => {
  assertEquals(await decoded("/gzip", [["accept-encoding", "identity"]]), "gzip");
  assertEquals(await decoded("/gzip", [["range", "bytes=0-"]]), "gzip");
  assertEquals(await decoded("/gzip", [["accept-encoding", "gzip"]]), "gzip");
});

Deno.test("sendFetch() decodes a streamed body", async () => {
  const plain = (await sendFetch(wire(`${server.url}/deflate`))).body.byteLength;
  const { body } = await sendFetch(streamed(`${server.url}/deflate`));
  assertEquals(await drain(body), plain);
});

Deno.test("sendFetch() has nothing to decode for HEAD and an empty body", async () => {
  const head = await sendFetch(wire(`${server.url}/deflate`, { method: "HEAD" }));
  assertEquals(head.body.byteLength, 0);
  const raw = "HTTP/1.1 200 OK\r\ncontent-encoding: deflate\r\ncontent-length: 0\r\n\r\n";
  const empty = await sendFetch(wire(`${faults.url}/raw?raw=${encodeURIComponent(raw)}`));
  assertEquals(empty.body.byteLength, 0);
});

Deno.test("sendFetch() rejects a body that is damaged or cut short", async () => {
  for (const coding of ["gzip", "br", "deflate"]) {
    // A deflate body that is cut short is whole for Deno's decoder.
    for (const how of coding === "deflate" ? ["damaged"] : ["damaged", "cut"]) {
      const url = `${server.url}/${coding}?${how}`;
      const error = await assertRejects(() => sendFetch(wire(url)), DecodeError);
      assertEquals(error.message, `Cannot decode the body of "GET ${url}": not valid ${coding}`);
      const { body } = await sendFetch(streamed(url));
      await assertRejects(() => drain(body), DecodeError, error.message);
    }
  }
});

Deno.test("sendFetch() rejects a coding that the runtime cannot undo", async () => {
  const raw = "HTTP/1.1 200 OK\r\ncontent-encoding: compress\r\ncontent-length: 5\r\n\r\nhello";
  const url = `${faults.url}/raw?raw=${encodeURIComponent(raw)}`;
  await assertRejects(
    () => sendFetch(wire(url)),
    DecodeError,
    'this runtime cannot decode content-encoding "compress"',
  );
});

Deno.test("sendFetch() ignores tokens that are no codings", async () => {
  for (const coding of ["utf-8", "none", "aws-chunked", "identity, none", ","]) {
    const raw = `HTTP/1.1 200 OK\r\ncontent-encoding: ${coding}\r\ncontent-length: 5\r\n\r\nhello`;
    const { body } = await sendFetch(wire(`${faults.url}/raw?raw=${encodeURIComponent(raw)}`));
    assertEquals(new TextDecoder().decode(body), "hello", coding);
  }
});

Deno.test("sendFetch() undoes at most five codings", async () => {
  const coding = Array(6).fill("gzip").join(", ");
  const raw = `HTTP/1.1 200 OK\r\ncontent-encoding: ${coding}\r\ncontent-length: 5\r\n\r\nhello`;
  const url = `${faults.url}/raw?raw=${encodeURIComponent(raw)}`;
  await assertRejects(() => sendFetch(wire(url)), DecodeError, "at most 5 are undone");
});

Deno.test("sendFetch() takes identity as no coding, and leaves a partial body alone", async () => {
  for (const [status, coding] of [["200 OK", "identity"], ["206 Partial", "gzip, gzip"]]) {
    const raw =
      `HTTP/1.1 ${status}\r\ncontent-encoding: ${coding}\r\ncontent-length: 5\r\n\r\nhello`;
    const { body } = await sendFetch(wire(`${faults.url}/raw?raw=${encodeURIComponent(raw)}`));
    assertEquals(new TextDecoder().decode(body), "hello");
  }
});

Deno.test("sendFetch() tells a lost connection from a bad coding", async () => {
  // The beginning of "abc" in zlib, and less than the declared length.
  const raw = "HTTP/1.1 200 OK\r\ncontent-encoding: deflate\r\ncontent-length: 50\r\n\r\nx\x01KLJ";
  const url = `${faults.url}/raw?raw=${encodeURIComponent(raw)}`;
  await assertRejects(() => sendFetch(wire(url)), NetworkError, "connection lost before its end");
});

Deno.test("sendFetch() loses no piece of what it hands on while it decodes", async () => {
  const pieces = Array.from({ length: 20 }, (_, at) => Uint8Array.of(at, at, at, at, at));
  const given = () => {
    const body = ReadableStream.from(pieces.map((piece) => piece.slice()));
    return Promise.resolve(new Response(body, { headers: { "content-encoding": "zstd" } }));
  };
  const url = "http://127.0.0.1/";
  const { body } = await sendFetch(wire(url), { fetch: given });
  assertEquals([...body], pieces.flatMap((piece) => [...piece]));
  const { body: stream } = await sendFetch(streamed(url), { fetch: given });
  const read: number[] = [];
  for (let chunk = await stream?.read(); chunk; chunk = await stream?.read()) {
    read.push(...chunk);
    await new Promise((resolve) => setTimeout(resolve));
  }
  assertEquals(read, [...body]);
});
