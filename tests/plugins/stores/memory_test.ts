import { assertEquals, assertThrows } from "@std/assert";
import type { CacheEntry } from "../../../src/plugins/cache_entry.ts";
import { memoryStore } from "../../../src/plugins/stores/memory.ts";
import { storeConformance } from "./conformance.ts";

function entryOf(bytes: number, head = ""): CacheEntry {
  return { head, body: new Uint8Array(bytes), keepFor: 1000 };
}

/** The keys that are left, without using them. */
function left(store: ReturnType<typeof memoryStore>, keys: readonly string[]): string[] {
  return keys.filter((key) => store.get(key) !== undefined);
}

storeConformance("memoryStore()", () => ({ store: memoryStore() }));

Deno.test("memoryStore() drops what was used longest ago when it has too many entries", () => {
  const store = memoryStore({ maxSize: 2 });
  store.set("a", entryOf(1));
  store.set("b", entryOf(1));
  store.get("a");
  store.set("c", entryOf(1));
  assertEquals(left(store, ["a", "b", "c"]), ["a", "c"]);
});

Deno.test("memoryStore() drops what was used longest ago when it has too many bytes", () => {
  const store = memoryStore({ maxBytes: 100 });
  store.set("a", entryOf(40));
  store.set("b", entryOf(40));
  store.set("c", entryOf(40));
  assertEquals(left(store, ["a", "b", "c"]), ["b", "c"]);
  store.set("b", entryOf(10));
  store.set("d", entryOf(40));
  assertEquals(left(store, ["b", "c", "d"]), ["b", "c", "d"]);
});

Deno.test("memoryStore() counts heads and keys when it counts bytes", () => {
  const store = memoryStore({ maxBytes: 100 });
  store.set("k", entryOf(0, "h".repeat(50)));
  assertEquals(left(store, ["k"]), []);
  store.set("k", entryOf(0, "h".repeat(49)));
  assertEquals(left(store, ["k"]), ["k"]);
});

Deno.test("memoryStore() keeps no old entry when the new one is too large", () => {
  const store = memoryStore({ maxBytes: 100 });
  store.set("a", entryOf(10));
  store.set("a", entryOf(1000));
  assertEquals(store.get("a"), undefined);
});

Deno.test("memoryStore() refuses a limit that is no number above 0", () => {
  for (const value of [0, -1, NaN]) {
    assertThrows(() => memoryStore({ maxSize: value }), RangeError, '"maxSize"');
    assertThrows(() => memoryStore({ maxBytes: value }), RangeError, '"maxBytes"');
  }
});
