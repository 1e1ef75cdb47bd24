import { assertEquals } from "@std/assert";
import { api, clock, errors } from "./fixtures/rate_store_client.ts";

Deno.test("rateLimit() asks an async store of a client with a module in both styles", async () => {
  await api.get("https://example.com/");
  assertEquals(clock.now(), 500);
  // The worker has a store of its own, which has given no token yet.
  api.getSync("https://example.com/");
  assertEquals([clock.now(), errors], [1_000, []]);
  api.close();
});
