/**
 * Stores in Redis, for plugins that several programs share.
 *
 * They work with a connected client of the npm package `redis` or `ioredis`, which the program
 * brings: this entry itself has no dependency.
 *
 * @module
 */
export { redisStore, type RedisStoreOptions } from "./stores/redis.ts";
export { redisRateLimit, type RedisRateLimitOptions } from "./stores/redis_rate_limit.ts";
export type { IoRedisClient, NodeRedisClient } from "./stores/redis_commands.ts";
export type { RateLimitStore } from "./rate_limit_options.ts";
export type { Rate } from "./token_bucket.ts";
export type { CacheEntry, CacheStore } from "./cache_entry.ts";
