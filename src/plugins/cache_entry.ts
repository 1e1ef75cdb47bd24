import type { StoredResponse } from "./cache_policy.ts";

/** What a store keeps under a key. */
export interface CacheEntry {
  /** What the plugin knows about the entry, as text; stores keep it as it is. */
  readonly head: string;
  /** The body, decoded; often empty. */
  readonly body: Uint8Array<ArrayBuffer>;
  /** Milliseconds, from when it is stored, after which it is of no more use. */
  readonly keepFor: number;
}

/**
 * Where a cache keeps its entries. Each method may be plain, a generator, or `async`. A store
 * returns what it was given, whole, or `undefined`.
 */
export interface CacheStore {
  /**
   * Says that no method ever waits, so that nobody has to watch how long it takes.
   *
   * @default {false}
   */
  readonly sync?: boolean;
  /**
   * Finds an entry.
   *
   * @param key What it was stored under.
   * @returns The entry, or `undefined`.
   */
  get(key: string): unknown;
  /**
   * Stores an entry in place of the one with that key.
   *
   * @param key What to store it under.
   * @param entry The entry.
   */
  set(key: string, entry: CacheEntry): unknown;
  /**
   * Drops an entry, if there is one.
   *
   * @param key What it was stored under.
   */
  delete(key: string): unknown;
}

/** Where the responses are that depend on fields of the request. */
export interface VariantIndex {
  /** New whenever the resource was invalidated: older variants are not found any more. */
  readonly generation: string;
  /** The names of these fields, sorted; credentials count without being named. */
  readonly vary: readonly string[];
}

/** The head of an entry, read. */
export interface EntryHead {
  readonly index?: VariantIndex | undefined;
  readonly response?: StoredResponse | undefined;
}

/** Writes the head of an entry. */
export function writeHead(head: EntryHead): string {
  return JSON.stringify({ version: 1, ...head });
}

/** Reads what a store returned. Throws a `TypeError` if it is no entry of this version. */
export function readEntry(entry: unknown): EntryHead & { readonly body: Uint8Array<ArrayBuffer> } {
  const { head, body } = entry as Partial<CacheEntry>;
  const read = typeof head === "string" ? parse(head) : undefined;
  if (read?.version !== 1 || !isBytes(body) || !isResponse(read.response) || !isIndex(read.index)) {
    throw new TypeError("Cannot read a cache entry: the store returned something else than it got");
  }
  return { index: read.index, response: read.response, body };
}

function parse(head: string): EntryHead & { readonly version?: unknown } | undefined {
  try {
    return JSON.parse(head) ?? undefined;
  } catch {
    return undefined;
  }
}

function isBytes(value: unknown): value is Uint8Array<ArrayBuffer> {
  return Object.prototype.toString.call(value) === "[object Uint8Array]";
}

function isResponse(value: StoredResponse | undefined): boolean {
  return value === undefined ||
    Array.isArray(value.headers) && Number.isInteger(value.status) &&
      typeof value.url === "string" && Number.isFinite(value.received);
}

function isIndex(value: VariantIndex | undefined): boolean {
  return value === undefined || Array.isArray(value.vary) && typeof value.generation === "string";
}
