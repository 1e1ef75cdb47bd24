/**
 * Stores in Redis, for plugins that several programs share.
 *
 * They work with a connected client of the npm package `redis` or `ioredis`, which the program
 * brings: this entry itself has no dependency.
 *
 * @module
 */
export {
  type IoRedisClient,
  type NodeRedisClient,
  redisStore,
  type RedisStoreOptions,
} from "./stores/redis.ts";
export type { CacheEntry, CacheStore } from "./cache_entry.ts";
