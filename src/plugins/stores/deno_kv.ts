import type { CacheEntry, CacheStore } from "../cache_entry.ts";
import { checkNames } from "../option_names.ts";

/** What {@linkcode denoKvStore} uses of a `Deno.Kv`. */
export interface KvDatabase {
  /**
   * Reads a value.
   *
   * @param key Its key.
   * @returns The value, `null` without one.
   */
  get(key: readonly string[]): Promise<{ readonly value: unknown }>;
  /**
   * Writes a value.
   *
   * @param key Its key.
   * @param value The value.
   * @param options When it may go, in milliseconds.
   */
  set(key: readonly string[], value: unknown, options: { expireIn: number }): Promise<unknown>;
  /**
   * Drops a value.
   *
   * @param key Its key.
   */
  delete(key: readonly string[]): Promise<unknown>;
}

/** Options of {@linkcode denoKvStore}. */
export interface DenoKvStoreOptions {
  /**
   * The first part of the keys.
   *
   * @default {"ax-cache"}
   */
  prefix?: string | undefined;
}

/** A value may have 64 KiB. */
const CHUNK_BYTES = 60_000;

/** What is found under a key: where the parts of the entry are. */
interface Manifest {
  readonly id: string;
  readonly keepFor: number;
  /** Bytes of the head, which comes first. */
  readonly headBytes: number;
  readonly parts: number;
  /** The first part, which is the only one of small entries. */
  readonly first: Uint8Array<ArrayBuffer>;
}

/**
 * A store in a Deno KV database, shared by all programs that open it. Its methods are `async`: in
 * sync calls the client needs a `module`, else they go without the cache and `onError` says so.
 *
 * @param kv The database.
 * @param options The prefix of the keys.
 * @returns A store for `cache`.
 *
 * @example Usage
 * ```ts ignore -- Deno.openKv needs --unstable-kv
 * import { create } from "jsr:@ax/client";
 * import { cache, denoKvStore } from "jsr:@ax/client/plugins/cache";
 *
 * const kv = await Deno.openKv();
 * const api = create({ module: import.meta.url }).plugin(cache({ store: denoKvStore(kv) }));
 * ```
 */
export function denoKvStore(kv: KvDatabase, options: DenoKvStoreOptions = {}): CacheStore {
  checkNames(options, ["prefix"], "denoKvStore()");
  return new DenoKvStore(kv, options.prefix ?? "ax-cache");
}

class DenoKvStore implements CacheStore {
  readonly #kv: KvDatabase;
  readonly #prefix: string;

  constructor(kv: KvDatabase, prefix: string) {
    this.#kv = kv;
    this.#prefix = prefix;
  }

  async get(key: string): Promise<CacheEntry | undefined> {
    const base = await this.#base(key);
    const manifest = await this.#manifest(base);
    if (!manifest) return undefined;
    const rest = await Promise.all(partKeys(base, manifest).map((part) => this.#kv.get(part)));
    const parts = [manifest.first, ...rest.map(({ value }) => value)];
    // A part that is gone: the entry was replaced or dropped since its manifest was read.
    if (!parts.every((part) => ArrayBuffer.isView(part))) return undefined;
    const whole = await new Blob(parts as Uint8Array<ArrayBuffer>[]).bytes();
    const { headBytes, keepFor } = manifest;
    const head = new TextDecoder().decode(whole.subarray(0, headBytes));
    return { head, keepFor, body: whole.slice(headBytes) };
  }

  async set(key: string, { head, body, keepFor }: CacheEntry): Promise<void> {
    const base = await this.#base(key);
    const old = await this.#manifest(base);
    const headBytes = new TextEncoder().encode(head);
    const whole = await new Blob([headBytes, body]).bytes();
    const parts = Math.max(Math.ceil(whole.byteLength / CHUNK_BYTES), 1);
    const part = (at: number): Uint8Array<ArrayBuffer> =>
      whole.slice(at * CHUNK_BYTES, (at + 1) * CHUNK_BYTES);
    const manifest: Manifest = {
      id: crypto.randomUUID(),
      keepFor,
      headBytes: headBytes.byteLength,
      parts,
      first: part(0),
    };
    const options = { expireIn: keepFor };
    // The manifest comes last: who reads it finds all parts.
    await Promise.all(
      partKeys(base, manifest).map((name, at) => this.#kv.set(name, part(at + 1), options)),
    );
    await this.#kv.set(base, manifest, options);
    if (old) await this.#drop(partKeys(base, old));
  }

  async delete(key: string): Promise<void> {
    const base = await this.#base(key);
    const old = await this.#manifest(base);
    await this.#drop([base, ...old ? partKeys(base, old) : []]);
  }

  async #drop(keys: readonly string[][]): Promise<void> {
    await Promise.all(keys.map((key) => this.#kv.delete(key)));
  }

  async #manifest(base: readonly string[]): Promise<Manifest | undefined> {
    const { value } = await this.#kv.get(base);
    const manifest = value as Partial<Manifest> | null;
    if (typeof manifest?.id !== "string" || typeof manifest.parts !== "number") return undefined;
    return manifest as Manifest;
  }

  /** A key of the database may have 2 KiB, a URL more. */
  async #base(key: string): Promise<string[]> {
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(key));
    return [this.#prefix, Array.from(new Uint8Array(digest), hex).join("")];
  }
}

/** The keys of all parts but the first. */
function partKeys(base: readonly string[], { id, parts }: Manifest): string[][] {
  return Array.from({ length: parts - 1 }, (_, at) => [...base, id, String(at + 1)]);
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, "0");
}
