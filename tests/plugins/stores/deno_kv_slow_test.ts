import { assert, assertEquals } from "@std/assert";
import { denoKvStore, type KvDatabase } from "../../../src/plugins/stores/deno_kv.ts";
import { capture } from "../../../scripts/run_deno.ts";
import { sharedStoreConformance } from "./conformance.ts";

interface Kv extends KvDatabase {
  list(selector: { prefix: string[] }): AsyncIterable<{ key: string[]; value: unknown }>;
  close(): void;
}

const { openKv } = Deno as unknown as { openKv?: (path: string) => Promise<Kv> };

if (openKv) {
  sharedStoreConformance("denoKvStore()", async () => {
    const kv = await openKv(":memory:");
    const keys = async (): Promise<string[][]> =>
      (await Array.fromAsync(kv.list({ prefix: ["ax-cache"] }))).map(({ key }) => key);
    return {
      store: denoKvStore(kv),
      second: denoKvStore(kv),
      async damage() {
        const [base = []] = (await keys()).sort((a, b) => a.length - b.length);
        await kv.set(base, { id: 1 }, { expireIn: 60_000 });
      },
      holds: async () => (await keys()).some(({ length }) => length > 2),
      close: () => kv.close(),
    };
  });

  Deno.test("denoKvStore() leaves no part behind when it replaces or drops an entry", async () => {
    const kv = await openKv(":memory:");
    const store = denoKvStore(kv, { prefix: "mine" });
    const count = async (): Promise<number> =>
      (await Array.fromAsync(kv.list({ prefix: ["mine"] }))).length;
    const body = new Uint8Array(200_000);
    await store.set("key", { head: "", body, keepFor: 60_000 });
    assertEquals(await count(), 4);
    await store.set("key", { head: "", body: body.subarray(0, 70_000), keepFor: 60_000 });
    assertEquals(await count(), 2);
    await store.delete("key");
    assertEquals(await count(), 0);
    kv.close();
  });

  Deno.test("denoKvStore() gives undefined when a part is gone", async () => {
    const kv = await openKv(":memory:");
    const store = denoKvStore(kv);
    await store.set("key", { head: "", body: new Uint8Array(200_000), keepFor: 60_000 });
    const all = await Array.fromAsync(kv.list({ prefix: ["ax-cache"] }));
    const part = all.find(({ key }) => key.length > 2)?.key ?? [];
    await kv.delete(part);
    assertEquals(await store.get("key"), undefined);
    kv.close();
  });
} else {
  Deno.test("denoKvStore() passes its tests when Deno has the flag for KV", async () => {
    const { code, output } = await capture([
      ...["test", "-A", "--unstable-kv", "--no-check"],
      ...["--import-map", "tests/support/offline.import_map.json"],
      "tests/plugins/stores/deno_kv_slow_test.ts",
    ]);
    assert(code === 0, output);
    assert(/\b13 passed/.test(output), output);
  });
}
