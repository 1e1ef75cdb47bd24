import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { Redis } from "ioredis";
import { createClient } from "redis";
import type { CacheEntry } from "../../../src/plugins/cache_entry.ts";
import {
  type IoRedisClient,
  type NodeRedisClient,
  redisStore,
} from "../../../src/plugins/redis.ts";
import { hasRedis, NO_REDIS, type RedisServer, startRedis } from "../../support/redis_server.ts";
import { skipped } from "../../support/skipped.ts";
import { sharedStoreConformance } from "./conformance.ts";

interface Connected {
  readonly client: IoRedisClient | NodeRedisClient;
  send(...args: [string, ...string[]]): Promise<unknown>;
  close(): Promise<void> | void;
}

const CLIENTS: Record<string, (server: RedisServer) => Promise<Connected>> = {
  async redis({ port }) {
    const client = createClient({ url: `redis://127.0.0.1:${port}` });
    client.on("error", () => {});
    await client.connect();
    return {
      client,
      send: (...args) => client.sendCommand(args),
      close: () => client.destroy(),
    };
  },

  async ioredis({ port }) {
    const client = new Redis(port, "127.0.0.1", { lazyConnect: true });
    client.on("error", () => {});
    await client.connect();
    return {
      client,
      send: (name, ...args) => client.call(name, ...args),
      close: () => client.disconnect(),
    };
  },
};

function entryOf(body: string, keepFor = 60_000): CacheEntry {
  return { head: "{}", body: new TextEncoder().encode(body), keepFor };
}

function redisTest(
  name: string,
  test: (connected: Connected, server: RedisServer) => Promise<void>,
): void {
  for (const [library, connect] of Object.entries(CLIENTS)) {
    Deno.test(`redisStore() ${name} [${library}]`, async (t) => {
      if (!hasRedis()) return await skipped(t, NO_REDIS);
      await using server = await startRedis();
      const connected = await connect(server);
      try {
        await test(connected, server);
      } finally {
        await connected.close();
      }
    });
  }
}

if (hasRedis()) {
  for (const [library, connect] of Object.entries(CLIENTS)) {
    sharedStoreConformance(`redisStore() [${library}]`, async () => {
      const server = await startRedis();
      const connected = await connect(server);
      return {
        store: redisStore(connected.client),
        second: redisStore(connected.client),
        async damage(key) {
          const value = String(await connected.send("GET", `ax-cache:${key}`));
          await connected.send("SET", `ax-cache:${key}`, value.slice(0, value.length / 2));
        },
        holds: async (key) => Number(await connected.send("EXISTS", `ax-cache:${key}`)) === 1,
        async close() {
          await connected.close();
          await server[Symbol.asyncDispose]();
        },
      };
    });
  }
}

redisTest("lets an entry go when it is of no more use", async ({ client, send }) => {
  const store = redisStore(client, { prefix: "mine:" });
  await store.set("long", entryOf("a", 1_000_000));
  const left = Number(await send("PTTL", "mine:long"));
  assert(left > 900_000 && left <= 1_000_000, `${left} ms`);
  await store.set("long", entryOf("a", 0.4));
  // Redis forgets it by its own clock: wait for that, without a length of time of our own.
  while (Number(await send("EXISTS", "mine:long")) === 1);
  assertEquals(await store.get("long"), undefined);
});

redisTest("drops a value that another program wrote", async ({ client, send }) => {
  const store = redisStore(client);
  for (const value of ["", "text", '{"head":"{}"}\n', '{"head":1,"bytes":0}\n', "null\n"]) {
    await send("SET", "ax-cache:key", value);
    assertEquals(await store.get("key"), undefined);
    assertEquals(Number(await send("EXISTS", "ax-cache:key")), 0);
  }
});

redisTest("fails when a key is of another type", async ({ client, send }) => {
  const store = redisStore(client);
  await send("LPUSH", "ax-cache:key", "item");
  await assertRejects(async () => await store.get("key"), Error, "WRONGTYPE");
});

Deno.test("redisStore() refuses what is no client", () => {
  assertThrows(() => redisStore({} as NodeRedisClient), TypeError, '"redis" or "ioredis"');
});
