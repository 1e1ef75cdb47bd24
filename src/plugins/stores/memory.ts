import type { CacheEntry, CacheStore } from "../cache_entry.ts";
import { checkNames } from "../option_names.ts";

/** Options of {@linkcode memoryStore}. */
export interface MemoryStoreOptions {
  /**
   * How many entries it keeps; those used longest ago go first.
   *
   * @default {1000}
   */
  maxSize?: number | undefined;
  /**
   * How many bytes of bodies, heads and keys it keeps; an entry that is larger is not stored.
   *
   * @default {67108864}
   */
  maxBytes?: number | undefined;
}

const DEFAULTS = { maxSize: 1000, maxBytes: 64 * 1024 * 1024 } as const;

/**
 * A store in the memory of the calling thread: for one program, gone when it ends.
 *
 * @param options How much it keeps.
 * @returns A store for `cache`.
 * @throws {RangeError} If a limit is not a number above 0.
 *
 * @example Usage
 * ```ts
 * import { create } from "jsr:@ax/client";
 * import { cache, memoryStore } from "jsr:@ax/client/plugins/cache";
 *
 * create().plugin(cache({ store: memoryStore({ maxBytes: 8 * 1024 * 1024 }) }));
 * ```
 */
export function memoryStore(options: MemoryStoreOptions = {}): CacheStore {
  checkNames(options, Object.keys(DEFAULTS), "memoryStore()");
  const maxSize = limitOf("maxSize", options.maxSize ?? DEFAULTS.maxSize);
  const maxBytes = limitOf("maxBytes", options.maxBytes ?? DEFAULTS.maxBytes);
  // A `Map` lists its keys in the order they were set: the first one was used longest ago.
  const entries = new Map<string, CacheEntry>();
  let bytes = 0;

  function remove(key: string): CacheEntry | undefined {
    const entry = entries.get(key);
    if (entry) bytes -= sizeOf(key, entry);
    entries.delete(key);
    return entry;
  }

  function add(key: string, entry: CacheEntry): void {
    entries.set(key, entry);
    bytes += sizeOf(key, entry);
  }

  return {
    sync: true,
    get(key: string): CacheEntry | undefined {
      const entry = remove(key);
      if (!entry) return undefined;
      add(key, entry);
      return copyOf(entry);
    },
    set(key: string, entry: CacheEntry): void {
      remove(key);
      if (sizeOf(key, entry) > maxBytes) return;
      add(key, copyOf(entry));
      for (const oldest of entries.keys()) {
        if (entries.size <= maxSize && bytes <= maxBytes) break;
        remove(oldest);
      }
    },
    delete(key: string): void {
      remove(key);
    },
  };
}

function limitOf(name: string, value: number): number {
  if (value > 0) return value;
  throw new RangeError(`Cannot make a store: "${name}" must be a number above 0, got ${value}`);
}

/** A caller may change the bytes of a response: they are never those in the store. */
function copyOf(entry: CacheEntry): CacheEntry {
  return { ...entry, body: entry.body.slice() };
}

/** Strings take two bytes a character at most. */
function sizeOf(key: string, { head, body }: CacheEntry): number {
  return body.byteLength + 2 * (head.length + key.length);
}
