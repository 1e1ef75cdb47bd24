import { assert, assertEquals } from "@std/assert";
import { hasRedis, NO_REDIS, startRedis } from "../support/redis_server.ts";
import { skipped } from "../support/skipped.ts";
import { createKit } from "../support/styles.ts";

const HEADERS = { "cache-control": "max-age=600" };

// One test for both styles: the worker connects once, to the server of its first call.
Deno.test("cache() on redisStore() works in both styles, without its server and with it again", async (t) => {
  if (!hasRedis()) return await skipped(t, NO_REDIS);
  await using server = await startRedis();
  Deno.env.set("AX_TEST_REDIS_PORT", String(server.port));
  const { api, failures, redis, transport } = await import("./fixtures/redis_client.ts");
  let count = 0;
  transport.on("GET", "*").reply(() => ({ body: { count: ++count }, headers: HEADERS }));
  transport.on("PUT", "*").reply(204);
  const kits = [createKit("async"), createKit("sync")];
  try {
    for (const kit of kits) {
      await t.step(`both programs share what is stored [${kit.style}]`, async () => {
        const path = `/${kit.style}`;
        const first = await kit.get(api, path);
        const second = await kit.get(api, path);
        assertEquals([first.fromCache, second.fromCache], [undefined, "hit"]);
        assertEquals(second.data, first.data);
        for (const other of kits) assertEquals((await other.get(api, path)).fromCache, "hit");
        await kit.put(api, path);
        assertEquals((await kit.get(api, path)).fromCache, undefined);
        assertEquals(failures, []);
      });
    }

    await t.step("a call goes on when the server goes away in the middle of it", async () => {
      transport.on("GET", "https://api.example.com/middle").reply(async () => {
        await server.kill();
        return { body: "whole", headers: HEADERS };
      });
      const response = await api.get("/middle");
      assertEquals([response.data, response.fromCache], ["whole", undefined]);
      assertEquals(failures.length, 1);
      assert(failures[0]?.startsWith("set: ") || failures[0]?.startsWith("get: "), failures[0]);
    });

    for (const kit of kits) {
      await t.step(`a call goes on without the server [${kit.style}]`, async () => {
        failures.length = 0;
        const response = await kit.get(api, "/async");
        assertEquals([response.status, response.fromCache], [200, undefined]);
        assertEquals(failures.length, 1);
        assert(failures[0]?.startsWith("get: "), failures[0]);
      });
    }

    await server.restart();
    for (const kit of kits) {
      await t.step(`the cache works again when the server does [${kit.style}]`, async () => {
        // The library connects again in its own time; the loop ends when it has.
        let from: unknown;
        for (let tries = 0; tries < 300 && from !== "hit"; tries++) {
          from = (await kit.get(api, `/again-${kit.style}`)).fromCache;
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
        assertEquals(from, "hit");
      });
    }
  } finally {
    redis.destroy();
    api.close();
  }
});
