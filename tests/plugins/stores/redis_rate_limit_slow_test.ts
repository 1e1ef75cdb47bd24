import { assert, assertEquals, assertThrows } from "@std/assert";
import { Redis } from "npm:ioredis@^5";
import { createClient } from "npm:redis@^5";
import { create } from "../../../mod.ts";
import { rateLimit } from "../../../src/plugins/rate_limit.ts";
import { redisRateLimit } from "../../../src/plugins/stores/redis_rate_limit.ts";
import { MockTransport } from "../../../src/testing/mod.ts";
import { hasRedis, NO_REDIS, startRedis } from "../../support/redis_server.ts";
import { skipped } from "../../support/skipped.ts";

function redisTest(name: string, test: () => Promise<void>): void {
  Deno.test(name, async (t) => {
    if (!hasRedis()) return await skipped(t, NO_REDIS);
    await test();
  });
}

/** Long enough that what a test does meanwhile gives no token back. */
const RATE = { limit: 3, interval: 3_600_000 };
const STEP = RATE.interval / RATE.limit;

/** Whether a wait is what is left of a time after at most a minute of testing. */
function isAbout(wait: number, expected: number): boolean {
  return wait <= expected && wait > expected - 60_000;
}

redisTest("redisRateLimit() shares tokens between clients of both packages", async () => {
  await using server = await startRedis();
  const redis = await createClient({ url: `redis://127.0.0.1:${server.port}` }).connect();
  const ioredis = new Redis(server.port, "127.0.0.1");
  try {
    const stores = [redisRateLimit(redis), redisRateLimit(ioredis)] as const;
    const waits: number[] = [];
    for (let n = 0; n < 5; n++) {
      waits.push(await stores[n % 2 as 0 | 1].take("k", RATE) as number);
    }
    assertEquals(waits.slice(0, 3), [0, 0, 0]);
    assert(isAbout(waits[3] ?? 0, STEP), `${waits}`);
    assert(isAbout(waits[4] ?? 0, 2 * STEP), `${waits}`);
    assertEquals(await stores[0].take("other", RATE), 0);
  } finally {
    ioredis.disconnect();
    redis.destroy();
  }
});

redisTest(
  "redisRateLimit() holds back all clients after a pause, and lets its keys expire",
  async () => {
    await using server = await startRedis();
    const redis = await createClient({ url: `redis://127.0.0.1:${server.port}` }).connect();
    try {
      const store = redisRateLimit(redis, { prefix: "mine:" });
      await store.pause("k", 120_000);
      await store.pause("k", 60_000);
      const waits = [await store.take("k", RATE), await store.take("k", RATE)];
      assert(waits.every((wait) => isAbout(wait as number, 120_000)), `${waits}`);
      const left = await redis.pTTL("mine:k");
      assert(left > 0 && left < 2 * STEP + 130_000, `${left}`);
    } finally {
      redis.destroy();
    }
  },
);

redisTest(
  "rateLimit() goes on by its own tokens while Redis is away, and comes back to it",
  async () => {
    await using server = await startRedis();
    const redis = createClient({
      url: `redis://127.0.0.1:${server.port}`,
      disableOfflineQueue: true,
      socket: { reconnectStrategy: 20 },
    });
    redis.on("error", () => {});
    await redis.connect();
    const transport = new MockTransport();
    transport.on("GET", "https://example.com/").reply(200);
    const errors: unknown[] = [];
    const api = create({ transport }).plugin(rateLimit({
      ...RATE,
      store: redisRateLimit(redis),
      onError: (error) => errors.push(error),
    }));
    const get = async (): Promise<number> => (await api.get("https://example.com/")).status;
    try {
      assertEquals([await get(), errors.length], [200, 0]);
      await server.kill();
      assertEquals([await get(), errors.length], [200, 1]);
      const ready = new Promise((resolve) => redis.once("ready", resolve));
      await server.restart();
      await ready;
      assertEquals([await get(), errors.length], [200, 1]);
      assertEquals(await redis.exists("ax-rate:client"), 1);
    } finally {
      redis.destroy();
    }
  },
);

Deno.test("redisRateLimit() refuses what is no client", () => {
  assertThrows(() => redisRateLimit({} as never), TypeError, '"redis" or "ioredis"');
});
