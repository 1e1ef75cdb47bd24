import { assert, assertEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import { decodeInto } from "../../src/transport/decoding.ts";
import type { DecodeRules } from "../../src/transport/decoding.ts";
import { openDecoder } from "../../src/transport/dispatched.ts";

/** A decoder whose ends are watched. */
function decoding(codings: readonly string[], rules: Partial<DecodeRules> = {}): {
  decoder: ReturnType<typeof decodeInto>;
  chunks: Uint8Array[];
  seen: { wanted: boolean; resumed: number; stopped: unknown[] };
  ended: Promise<unknown>;
} {
  const chunks: Uint8Array[] = [];
  const seen = { wanted: true, resumed: 0, stopped: [] as unknown[] };
  const { promise: ended, resolve } = Promise.withResolvers<unknown>();
  const sink = {
    push(chunk: Uint8Array) {
      chunks.push(chunk);
      return seen.wanted;
    },
    end: () => resolve("end"),
    fail: resolve,
  };
  const source = {
    resume: () => seen.resumed++,
    abort: (reason?: unknown) => seen.stopped.push(reason),
  };
  const decoder = decodeInto(sink, codings, source, {
    maxBytes: false,
    partial: false,
    invalid: (problem) => problem,
    tooLarge: () => "too large",
    ...rules,
  }, openDecoder);
  return { decoder, chunks, seen, ended };
}

async function decoded(
  codings: readonly string[],
  bytes: Uint8Array,
  rules?: Partial<DecodeRules>,
): Promise<unknown> {
  const { decoder, chunks, ended } = decoding(codings, rules);
  // Byte by byte: nothing may depend on how it was cut.
  for (const byte of bytes) decoder.push(Uint8Array.of(byte));
  decoder.end();
  const end = await ended;
  return end === "end" ? Buffer.concat(chunks).toString() : end;
}

const TEXT = "x".repeat(500) + "y";
const gzip = gzipSync(TEXT);

Deno.test("decodeInto() undoes codings in any pieces, outermost first", async () => {
  assertEquals(await decoded(["gzip"], gzip), TEXT);
  assertEquals(await decoded(["x-gzip"], gzip), TEXT);
  assertEquals(await decoded(["deflate"], deflateSync(TEXT)), TEXT);
  assertEquals(await decoded(["deflate"], deflateRawSync(TEXT)), TEXT);
  assertEquals(await decoded(["br"], brotliCompressSync(TEXT)), TEXT);
  assertEquals(await decoded(["br", "gzip"], brotliCompressSync(gzip)), TEXT);
});

Deno.test("decodeInto() takes nothing for nothing, and plain bytes called zstd for such", async () => {
  assertEquals(await decoded(["gzip", "br"], new Uint8Array()), "");
  assertEquals(await decoded(["gzip", "br"], gzipSync("")), "");
  assertEquals(await decoded(["zstd"], Buffer.from(TEXT)), TEXT);
});

Deno.test("decodeInto() refuses what was cut, unless it is a part", async () => {
  for (const length of [gzip.length - 1, gzip.length - 8, 15, 1]) {
    assertEquals(await decoded(["gzip"], gzip.subarray(0, length)), "not valid gzip", `${length}`);
  }
  const start = await decoded(["gzip"], gzip.subarray(0, -8), { partial: true });
  assertEquals(start, TEXT);
});

Deno.test("decodeInto() tells what is wrong and stops what brings it", async () => {
  const { decoder, seen, ended } = decoding(["br", "gzip"]);
  decoder.push(brotliCompressSync("no gzip at all"));
  assertEquals(await ended, "not valid gzip");
  assertEquals(seen.stopped, ["not valid gzip"]);
  assertEquals(decoder.push(new Uint8Array(5)), true);
  decoder.end();
  const unknown = decoding(["compress"]);
  unknown.decoder.push(new Uint8Array(5));
  assertEquals(await unknown.ended, 'this runtime cannot decode content-encoding "compress"');
});

Deno.test("decodeInto() hands on what broke its source", async () => {
  const { decoder, seen, ended } = decoding(["gzip"]);
  decoder.push(gzip.subarray(0, 20));
  decoder.fail("gone");
  assertEquals(await ended, "gone");
  assertEquals(seen.stopped, []);
});

Deno.test("decodeInto() ends a layer that comes to more than the body may", async () => {
  const { decoder, chunks, seen, ended } = decoding(["gzip"], { maxBytes: 1_000 });
  decoder.push(gzipSync(new Uint8Array(10_000_000)));
  assertEquals(await ended, "too large");
  assert(Buffer.concat(chunks).length < 100_000);
  assertEquals(seen.stopped, ["too large"]);
  // All of these members come to nothing, but somebody has to go through them.
  const members = Buffer.concat(Array(5_000).fill(gzipSync("")));
  assertEquals(
    await decoded(["gzip", "gzip"], gzipSync(members), { maxBytes: 1_000 }),
    "too large",
  );
  assertEquals(await decoded(["gzip", "gzip"], gzipSync(members), { maxBytes: 100_000 }), "");
});

Deno.test("decodeInto() stops while its output is not taken", async () => {
  const { decoder, chunks, seen, ended } = decoding(["gzip"]);
  seen.wanted = false;
  decoder.push(gzipSync(new Uint8Array(1_000_000)));
  decoder.end();
  await new Promise((resolve) => setTimeout(resolve, 50));
  const held = Buffer.concat(chunks).length;
  assert(held > 0 && held < 100_000, `${held} bytes came unasked for`);
  seen.wanted = true;
  decoder.resume();
  assertEquals(await ended, "end");
  assertEquals(Buffer.concat(chunks).length, 1_000_000);
});
