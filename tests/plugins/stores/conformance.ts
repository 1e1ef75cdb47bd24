/**
 * What every store of the cache must do, one suite for all: {@linkcode storeConformance} registers
 * it for a store.
 */

import { assert, assertEquals } from "@std/assert";
import type { CacheEntry, CacheStore } from "../../../src/plugins/cache_entry.ts";

/** A store under test. */
export interface StoreUnderTest {
  readonly store: CacheStore;
  close?(): Promise<void> | void;
}

/** A store whose data can be reached without it. */
export interface SharedUnderTest extends StoreUnderTest {
  /** Another store over the same data, as a second program has it. */
  readonly second: CacheStore;
  /** Damages what is stored under a key. */
  damage(key: string): Promise<void> | void;
  /** Whether anything is left of a key. */
  holds(key: string): Promise<boolean> | boolean;
}

const KEY = "GET https://api.example.com/users?page=1";

function entryOf(body: Uint8Array<ArrayBuffer> | string, head = '{"a":1}'): CacheEntry {
  const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
  return { head, body: bytes, keepFor: 60_000 };
}

/** Bytes in which a lost or doubled piece shows. */
function pattern(length: number, seed: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, at) => (at * 31 + (at >> 8) + seed) & 255);
}

const FACTS: Record<string, (it: StoreUnderTest) => Promise<void>> = {
  async "gives undefined when nothing is stored"({ store }) {
    assertEquals(await store.get(KEY), undefined);
  },

  async "gives back what was stored, byte by byte"({ store }) {
    const heads = ["", "{}", '{"text":"line\\nbreak","name":"日本 🎏 \\"q\\""}', "line\nbreak"];
    for (const [at, head] of heads.entries()) {
      const entry = entryOf(pattern(1000 + at, at), head);
      await store.set(`${KEY}&n=${at}`, entry);
      assertEquals(await store.get(`${KEY}&n=${at}`), entry);
    }
  },

  async "keeps an empty body and a large one"({ store }) {
    for (const length of [0, 1, 60_000, 60_001, 200_000, 1024 * 1024]) {
      const entry = entryOf(pattern(length, 7));
      await store.set(`${KEY}&length=${length}`, entry);
      const read = await store.get(`${KEY}&length=${length}`) as CacheEntry;
      assertEquals(read.body.byteLength, length);
      assert(read.body.every((byte, at) => byte === entry.body[at]), `body of ${length} bytes`);
    }
  },

  async "replaces an entry whole"({ store }) {
    await store.set(KEY, entryOf(pattern(150_000, 1), "first"));
    await store.set(KEY, entryOf("short", "second"));
    assertEquals(await store.get(KEY), entryOf("short", "second"));
  },

  async "drops an entry, and does nothing when there is none"({ store }) {
    await store.delete(KEY);
    await store.set(KEY, entryOf(pattern(100_000, 1)));
    await store.delete(KEY);
    assertEquals(await store.get(KEY), undefined);
  },

  async "tells keys apart that are long or odd"({ store }) {
    const keys = [
      `GET https://api.example.com/${"x".repeat(5000)}1`,
      `GET https://api.example.com/${"x".repeat(5000)}2`,
      "GET https://api.example.com/../../etc/passwd",
      "GET https://api.example.com/a b\u0000c\nd",
      "GET https://api.example.com/日本",
      "HEAD https://api.example.com/日本",
    ];
    for (const key of keys) await store.set(key, entryOf(key));
    for (const key of keys) assertEquals(await store.get(key), entryOf(key));
  },

  async "is not changed through the bytes it got or gave"({ store }) {
    const given = entryOf(pattern(100, 1));
    await store.set(KEY, given);
    given.body.fill(0);
    const read = await store.get(KEY) as CacheEntry;
    assertEquals(read.body, pattern(100, 1));
    read.body.fill(0);
    assertEquals((await store.get(KEY) as CacheEntry).body, pattern(100, 1));
  },

  async "takes bytes that are a part of a larger buffer"({ store }) {
    const whole = pattern(1000, 3);
    await store.set(KEY, entryOf(whole.subarray(100, 200)));
    assertEquals((await store.get(KEY) as CacheEntry).body, whole.slice(100, 200));
  },

  async "keeps one whole entry when several are written at once"({ store }) {
    const entries = Array.from(
      { length: 12 },
      (_, at) => entryOf(pattern(90_000 + at, at), `${at}`),
    );
    await Promise.all(entries.map(async (entry) => await store.set(KEY, entry)));
    const read = await store.get(KEY) as CacheEntry;
    assertEquals(read.body, pattern(90_000 + Number(read.head), Number(read.head)));
  },
};

/** What a store with more than one door must do too. */
const FACTS_OF_SHARED: Record<string, (it: SharedUnderTest) => Promise<void>> = {
  async "shows its entries to another store over the same data"({ store, second }) {
    await store.set(KEY, entryOf("shared"));
    assertEquals(await second.get(KEY), entryOf("shared"));
    await second.delete(KEY);
    assertEquals(await store.get(KEY), undefined);
  },

  async "drops an entry that was damaged"({ store, damage, holds }) {
    await store.set(KEY, entryOf(pattern(5000, 1)));
    await damage(KEY);
    assertEquals(await store.get(KEY), undefined);
    assertEquals(await holds(KEY), false);
    await store.set(KEY, entryOf("mended"));
    assertEquals(await store.get(KEY), entryOf("mended"));
  },
};

/** Registers the suite for a store; each test gets one of its own. */
export function storeConformance(
  name: string,
  open: () => Promise<StoreUnderTest> | StoreUnderTest,
): void {
  register(name, FACTS, open);
}

/** Registers the suite for a store that several programs share. */
export function sharedStoreConformance(
  name: string,
  open: () => Promise<SharedUnderTest> | SharedUnderTest,
): void {
  register(name, FACTS, open);
  register(name, FACTS_OF_SHARED, open);
}

function register<T extends StoreUnderTest>(
  name: string,
  facts: Record<string, (it: T) => Promise<void>>,
  open: () => Promise<T> | T,
): void {
  for (const [fact, check] of Object.entries(facts)) {
    Deno.test(`${name} ${fact}`, async () => {
      const it = await open();
      try {
        await check(it);
      } finally {
        await it.close?.();
      }
    });
  }
}
