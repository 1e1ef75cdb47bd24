import type { CacheEntry, CacheStore } from "../cache_entry.ts";
import {
  commandsOf,
  type IoRedisClient,
  type NodeRedisClient,
  type Send,
} from "./redis_commands.ts";
import { checkNames } from "../option_names.ts";

/** Options of {@linkcode redisStore}. */
export interface RedisStoreOptions {
  /**
   * What the keys begin with.
   *
   * @default {"ax-cache:"}
   */
  prefix?: string | undefined;
}

/** `Buffer`: fast base64, which clients of both packages carry as text. */
interface BufferClass {
  from(data: ArrayBuffer, offset: number, length: number): { toString(encoding: string): string };
  from(text: string, encoding: string): Uint8Array<ArrayBuffer>;
}

/**
 * A store in Redis, shared by all programs that use the server. Entries go when they are of no more
 * use; bound the memory of the server itself by its `maxmemory-policy`. Its methods are `async`: in
 * sync calls the client needs a `module`, else they go without the cache and `onError` says so.
 *
 * @param client A connected client of the npm package `redis` (4 or newer) or `ioredis`.
 * @param options The prefix of the keys.
 * @returns A store for `cache`.
 * @throws {TypeError} If it is a client of neither.
 *
 * @example Usage
 * ```ts ignore -- needs a Redis server
 * import { create } from "jsr:@ax/client";
 * import { cache } from "jsr:@ax/client/plugins/cache";
 * import { redisStore } from "jsr:@ax/client/plugins/redis";
 * import { createClient } from "npm:redis";
 *
 * const redis = await createClient({ url: "redis://localhost" }).connect();
 * const api = create({ module: import.meta.url }).plugin(cache({ store: redisStore(redis) }));
 * ```
 */
export function redisStore(
  client: IoRedisClient | NodeRedisClient,
  options: RedisStoreOptions = {},
): CacheStore {
  checkNames(options, ["prefix"], "redisStore()");
  return new RedisStore(commandsOf(client), options.prefix ?? "ax-cache:");
}

class RedisStore implements CacheStore {
  readonly #send: Send;
  readonly #prefix: string;

  constructor(send: Send, prefix: string) {
    this.#send = send;
    this.#prefix = prefix;
  }

  async get(key: string): Promise<CacheEntry | undefined> {
    const text = await this.#send("GET", this.#prefix + key);
    if (typeof text !== "string") return undefined;
    const entry = parseValue(text);
    if (!entry) await this.delete(key);
    return entry;
  }

  async set(key: string, entry: CacheEntry): Promise<void> {
    const value = writeValue(entry);
    const keepFor = String(Math.max(Math.ceil(entry.keepFor), 1));
    await this.#send("SET", this.#prefix + key, value, "PX", keepFor);
  }

  async delete(key: string): Promise<void> {
    await this.#send("DEL", this.#prefix + key);
  }
}

function buffers(): BufferClass {
  return (globalThis as unknown as { Buffer: BufferClass }).Buffer;
}

/** A line of JSON, which has no line break inside, and the body in base64. */
function writeValue({ head, body, keepFor }: CacheEntry): string {
  const bytes = buffers().from(body.buffer, body.byteOffset, body.byteLength);
  const line = JSON.stringify({ head, keepFor, bytes: body.byteLength });
  return `${line}\n${bytes.toString("base64")}`;
}

function parseValue(text: string): CacheEntry | undefined {
  const [line = "", base64 = ""] = text.split("\n", 2);
  try {
    const { head, keepFor, bytes } = JSON.parse(line);
    const body = new Uint8Array(buffers().from(base64, "base64"));
    return typeof head === "string" && body.byteLength === bytes
      ? { head, keepFor, body }
      : undefined;
  } catch {
    return undefined;
  }
}
