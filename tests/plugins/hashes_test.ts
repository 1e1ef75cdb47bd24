import { assertEquals, assertThrows } from "@std/assert";
import { assertHashes, hash, hmac } from "../../src/plugins/hashes.ts";

const ABC: Record<string, string> = {
  "md5": "900150983cd24fb0d6963f7d28e17f72",
  "sha1": "a9993e364706816aba3e25717850c26c9cd0d89d",
  "sha256": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
  "sha512-256": "53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23",
};

for (const [algorithm, digest] of Object.entries(ABC)) {
  Deno.test(`hash() gives the ${algorithm} of "abc" as its standard does`, () => {
    assertEquals(hash("abc", { algorithm: algorithm as "md5" }), digest);
    assertEquals(hash(new Uint8Array([97, 98, 99]), { algorithm: algorithm as "md5" }), digest);
  });
}

Deno.test("hash() writes a digest as it is asked to", () => {
  const bytes = hash("abc", { algorithm: "md5", encoding: "bytes" });
  assertEquals([bytes.constructor, bytes.length, bytes[0]], [Uint8Array, 16, 0x90]);
  assertEquals(hash("abc", { algorithm: "md5", encoding: "base64" }), "kAFQmDzST7DWlj99KOF/cg==");
  assertEquals(hash("abc", { algorithm: "md5", encoding: "base64url" }), "kAFQmDzST7DWlj99KOF_cg");
});

Deno.test("hmac() gives the signature of RFC 4231, cases 2 and 6", () => {
  assertEquals(
    hmac("what do ya want for nothing?", { key: "Jefe" }),
    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
  );
  assertEquals(
    hmac("Test Using Larger Than Block-Size Key - Hash Key First", {
      key: new Uint8Array(131).fill(0xaa),
    }),
    "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
  );
});

Deno.test("hashes name the runtime limit when there is no node:crypto", () => {
  const holder = globalThis as { process?: unknown };
  const kept = Object.getOwnPropertyDescriptor(holder, "process");
  Object.defineProperty(holder, "process", { value: undefined, configurable: true });
  try {
    assertThrows(() => assertHashes('"digestAuth"'), TypeError, 'Cannot use "digestAuth" in this');
    assertThrows(() => hash("abc"), TypeError, "Cannot use hash() in this runtime");
  } finally {
    if (kept) Object.defineProperty(holder, "process", kept);
  }
});
