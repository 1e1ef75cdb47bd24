import type { RateLimitStore } from "../rate_limit_options.ts";
import type { Rate } from "../token_bucket.ts";
import {
  commandsOf,
  type IoRedisClient,
  type NodeRedisClient,
  type Send,
} from "./redis_commands.ts";
import { checkNames } from "../option_names.ts";

/** Options of {@linkcode redisRateLimit}. */
export interface RedisRateLimitOptions {
  /**
   * What the keys begin with.
   *
   * @default {"ax-rate:"}
   */
  readonly prefix?: string | undefined;
}

/*
 * Both scripts go by the clock of the Redis server, so that processes with different clocks agree.
 * A bucket is the time at which it would be full again (the generic cell rate algorithm), and the
 * end of a pause.
 */
const CLOCK = `
local time = redis.call("TIME")
local now = time[1] * 1000 + time[2] / 1000
local state = redis.call("HMGET", KEYS[1], "full", "paused")
local full, paused = tonumber(state[1]) or 0, tonumber(state[2]) or 0`;

const TAKE = `${CLOCK}
local step, tolerance = tonumber(ARGV[1]), tonumber(ARGV[2])
local from = math.max(now, paused)
full = math.max(full, from)
local at = math.max(from, full - tolerance)
full = full + step
redis.call("HSET", KEYS[1], "full", string.format("%.3f", full))
redis.call("PEXPIRE", KEYS[1], string.format("%.0f", math.max(full, paused) - now + 1000))
return math.ceil(at - now)`;

const PAUSE = `${CLOCK}
paused = math.max(paused, now + tonumber(ARGV[1]))
redis.call("HSET", KEYS[1], "paused", string.format("%.3f", paused))
redis.call("PEXPIRE", KEYS[1], string.format("%.0f", math.max(full, paused) - now + 1000))
return 0`;

/**
 * Tokens in Redis, shared by all programs that use the server; for `rateLimit`. Its methods are
 * `async`: in sync calls the client needs a `module`, else they go by this thread's own tokens, and
 * `onError` says so. A token that a cancelled call has taken is not given back.
 *
 * @param client A connected client of the npm package `redis` (4 or newer) or `ioredis`.
 * @param options The prefix of the keys.
 * @returns A store for `rateLimit`.
 * @throws {TypeError} If it is a client of neither.
 *
 * @example Usage
 * ```ts ignore -- needs a Redis server
 * import { create } from "jsr:@ax/client";
 * import { rateLimit } from "jsr:@ax/client/plugins/rate-limit";
 * import { redisRateLimit } from "jsr:@ax/client/plugins/redis";
 * import { createClient } from "npm:redis";
 *
 * const redis = await createClient({ url: "redis://localhost" }).connect();
 * const store = redisRateLimit(redis);
 * const api = create({ module: import.meta.url });
 * api.plugin(rateLimit({ limit: 100, interval: 60_000, per: "host", store }));
 * ```
 */
export function redisRateLimit(
  client: IoRedisClient | NodeRedisClient,
  options: RedisRateLimitOptions = {},
): RateLimitStore {
  checkNames(options, ["prefix"], "redisRateLimit()");
  return new RedisRateLimit(commandsOf(client), options.prefix ?? "ax-rate:");
}

class RedisRateLimit implements RateLimitStore {
  readonly #send: Send;
  readonly #prefix: string;

  constructor(send: Send, prefix: string) {
    this.#send = send;
    this.#prefix = prefix;
  }

  async take(key: string, { limit, interval }: Rate): Promise<number> {
    const step = interval / limit;
    return Number(await this.#run(TAKE, key, step, interval - step));
  }

  async pause(key: string, ms: number): Promise<void> {
    await this.#run(PAUSE, key, ms);
  }

  #run(script: string, key: string, ...numbers: number[]): Promise<unknown> {
    return this.#send("EVAL", script, "1", this.#prefix + key, ...numbers.map(String));
  }
}
