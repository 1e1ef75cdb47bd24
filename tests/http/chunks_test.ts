import { assert, assertEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { ChunkList, createByteDecoder, joinChunks } from "../../src/http/chunks.ts";

const chunks = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 60 });

Deno.test("ChunkList gives every byte in order when chunks are of any size", () => {
  fc.assert(fc.property(chunks, fc.nat(100_000), (given, large) => {
    const list = new ChunkList();
    const all = [...given, new Uint8Array(large).fill(7), ...given];
    for (const chunk of all) list.add(chunk);
    const expected = joinChunks([...all, new Uint8Array()], list.size);
    const joined = list.join();
    // Byte by byte, `assertEquals` takes seconds for them.
    assertEquals(Buffer.compare(joined, expected), 0);
    assertEquals(joined.byteLength, joined.buffer.byteLength);
  }));
});

Deno.test("ChunkList keeps no memory of its own for each of many small chunks", () => {
  const list = new ChunkList();
  const memory = new Set<ArrayBufferLike>();
  // What is joined at the end is what has been kept.
  const set = Uint8Array.prototype.set;
  try {
    Uint8Array.prototype.set = function (this: Uint8Array, chunk: ArrayLike<number>, at) {
      if (ArrayBuffer.isView(chunk)) memory.add(chunk.buffer);
      set.call(this, chunk, at);
    };
    for (let count = 0; count < 200_000; count++) list.add(Uint8Array.of(count));
    memory.clear();
    assertEquals(list.join().byteLength, 200_000);
  } finally {
    Uint8Array.prototype.set = set;
  }
  assert(memory.size < 30, `${memory.size} pieces of memory`);
});

Deno.test("createByteDecoder() copies no piece that lies in one chunk", () => {
  const chunk = new Uint8Array(100);
  const decode = createByteDecoder(30);
  const pieces = [...decode(chunk), ...decode()];
  assertEquals(pieces.map(({ byteLength }) => byteLength), [30, 30, 30, 10]);
  assertEquals(pieces.map(({ buffer }) => buffer === chunk.buffer), [true, true, true, false]);
});

Deno.test("ChunkList copies into one piece where it knows how many bytes will come", () => {
  const buffer = new Uint8Array(4);
  for (const expected of [1, 8, 12, 20]) {
    const list = new ChunkList(expected);
    for (let count = 0; count < 3; count++) list.add(buffer.fill(count));
    const joined = list.join();
    assertEquals([...joined], [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2]);
    assertEquals(joined.buffer.byteLength, 12);
  }
});
