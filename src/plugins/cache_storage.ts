import type { Operation } from "../public.ts";
import { type CacheEntry, type EntryHead, type VariantIndex, writeHead } from "./cache_entry.ts";
import { headerOf, type HeaderPairs, varyNames } from "./cache_headers.ts";
import { resourceKey, variantKey, variantSelector } from "./cache_key.ts";
import type { StoredResponse } from "./cache_policy.ts";

/** A flow of this file: it waits for nothing but the store. */
type Steps<T> = Generator<Operation, T, unknown>;

/** A stored response with its body. */
export interface Found {
  readonly response: StoredResponse;
  readonly body: Uint8Array<ArrayBuffer>;
}

/** An entry as it was read. */
export type Read = EntryHead & { readonly body: Uint8Array<ArrayBuffer> };

/** The store, as one call uses it: what fails there is `undefined` here. */
export interface StoreAccess {
  get(key: string): Steps<Read | undefined>;
  set(key: string, entry: CacheEntry): Steps<void>;
  delete(key: string): Steps<void>;
}

/** What a variant is chosen by, besides the method and URL. */
export interface Selecting {
  readonly headers: Headers;
  /** More names of credentials. */
  readonly secrets: readonly string[];
}

/** What {@linkcode save} stores. */
export interface Saved extends Found {
  readonly keepFor: number;
  /** For a new index: nobody else may have the same. */
  readonly generation: string;
}

/** An index is small and outlives its variants. */
const INDEX_KEEP_FOR = 30 * 24 * 60 * 60 * 1000;
const EMPTY = new Uint8Array(0);

/**
 * Finds the response to a request. One that depends on nothing but method and URL is found under
 * these; otherwise an index is there, and the response under a key of its own.
 */
export function* find(
  access: StoreAccess,
  resource: string,
  selecting: Selecting,
): Steps<Found | undefined> {
  const first = yield* access.get(resource);
  const selector = first && selectorOf(first.index?.vary ?? [], selecting);
  if (!first || selector === undefined) return undefined;
  if (selector === "") return foundIn(first);
  if (!first.index) return undefined;
  return foundIn(yield* access.get(variantKey(resource, first.index.generation, selector)));
}

function foundIn(read: Read | undefined): Found | undefined {
  return read?.response && { response: read.response, body: read.body };
}

/** Stores a response, if one with its `vary` can be found again. */
export function* save(
  access: StoreAccess,
  resource: string,
  selecting: Selecting,
  { response, body, keepFor, generation }: Saved,
): Steps<void> {
  const vary = varyNames(headerOf(response.headers, "vary"));
  const selector = vary && selectorOf(vary, selecting);
  if (!vary || selector === undefined) return;
  const first = yield* access.get(resource);
  if (selector === "") {
    // Variants of callers with credentials stay, unless the response depended on more before.
    const index = first?.index?.vary.length === 0 ? first.index : undefined;
    const kept = index ? Math.max(keepFor, INDEX_KEEP_FOR) : keepFor;
    yield* access.set(resource, { head: writeHead({ index, response }), body, keepFor: kept });
    return;
  }
  const index = yield* indexFor(access, resource, { first, vary, generation });
  const key = variantKey(resource, index.generation, selector);
  yield* access.set(key, { head: writeHead({ response }), body, keepFor });
}

/** The index that is there, or a new one in its place. */
function* indexFor(
  access: StoreAccess,
  resource: string,
  { first, vary, generation }: {
    readonly first: Read | undefined;
    readonly vary: readonly string[];
    readonly generation: string;
  },
): Steps<VariantIndex> {
  if (first?.index?.vary.join() === vary.join()) return first.index;
  const index = { generation, vary };
  // The response to callers without credentials is still good if nothing else matters.
  const plain = vary.length === 0 ? first?.response : undefined;
  const body = plain && first ? first.body : EMPTY;
  const head = writeHead({ index, response: plain });
  yield* access.set(resource, { head, body, keepFor: INDEX_KEEP_FOR });
  return index;
}

/** `undefined` where the runtime cannot hash: what needs a hash is not cached there. */
function selectorOf(
  vary: readonly string[],
  { headers, secrets }: Selecting,
): string | undefined {
  try {
    return variantSelector(vary, headers, secrets);
  } catch {
    return undefined;
  }
}

/**
 * The resources that are other ones after an unsafe request (RFC 9111, 4.4): its own, and those of
 * the same origin that `location` and `content-location` name.
 */
export function invalidated(url: string, headers: HeaderPairs): string[] {
  const named = ["location", "content-location"].flatMap((name) => {
    const value = headerOf(headers, name);
    const target = value === null ? null : URL.parse(value, url);
    return target?.origin === new URL(url).origin ? [target.href] : [];
  });
  return [...new Set([url, ...named])]
    .flatMap((target) => [resourceKey("GET", target), resourceKey("HEAD", target)]);
}
