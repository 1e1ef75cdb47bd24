import { assertEquals, assertStringIncludes } from "@std/assert";
import { CancelError, CancelToken, create, sleep, SyncBridgeError } from "../../mod.ts";
import { MockTransport, VirtualClock } from "../../src/testing/mod.ts";
import {
  cache,
  type CacheEntry,
  type CacheFailure,
  type CacheOptions,
  type CacheStore,
  memoryStore,
} from "../../src/plugins/cache.ts";
import { bothStyles } from "../support/styles.ts";
import * as twin from "./fixtures/async_store.ts";

const URL_OF_ALL = "https://user:secret@api.example.com/a?token=1";
const FRESH = { "cache-control": "max-age=60" };

interface Failure extends CacheFailure {
  readonly error: unknown;
}

function setup(store: CacheStore, options: CacheOptions = {}) {
  const transport = new MockTransport();
  const clock = new VirtualClock();
  const failures: Failure[] = [];
  let count = 0;
  transport.on("*", "*").reply(() => ({ body: { count: ++count }, headers: FRESH }));
  const onError = (error: unknown, failure: CacheFailure) => {
    failures.push({ ...failure, error });
  };
  const api = create({ transport, clock, redact: ["token"] })
    .plugin(cache({ store, onError, ...options }));
  return { api, transport, clock, failures };
}

/** A store of which one method does something else. */
function storeWith(operation: keyof CacheStore, method: (...args: unknown[]) => unknown) {
  const store = memoryStore();
  const calls: string[] = [];
  const wrapped = (name: keyof CacheStore) => (...args: unknown[]) => {
    calls.push(name);
    return name === operation
      ? method(...args)
      : (store[name] as (...args: unknown[]) => unknown)(...args);
  };
  return {
    calls,
    store: { get: wrapped("get"), set: wrapped("set"), delete: wrapped("delete") },
  };
}

for (const operation of ["get", "set", "delete"] as const) {
  bothStyles(`cache() goes on without a store whose ${operation} throws`, async (t) => {
    const { store } = storeWith(operation, () => {
      throw new Error("Disk full");
    });
    const { api, failures } = setup(store);
    const method = operation === "delete" ? "PUT" : "GET";
    const response = await t.request(api, { method, url: URL_OF_ALL });
    assertEquals([response.status, response.fromCache], [200, undefined]);
    const [failure] = failures;
    assertEquals(failures.length, 1);
    assertEquals([failure?.operation, String(failure?.error)], [operation, "Error: Disk full"]);
    assertEquals(failure?.url.includes("secret"), false);
    assertEquals(failure?.url.includes("token=1"), false);
  });
}

bothStyles(
  "cache() leaves a store alone for the rest of an attempt in which it failed",
  async (t) => {
    const { store, calls } = storeWith("get", () => {
      throw new Error("Gone");
    });
    const { api } = setup(store);
    await t.get(api, URL_OF_ALL);
    assertEquals(calls, ["get"]);
    await t.get(api, URL_OF_ALL);
    assertEquals(calls, ["get", "get"]);
  },
);

bothStyles("cache() waits for a store that is a generator", async (t) => {
  const memory = memoryStore();
  const { api, transport, failures } = setup({
    *get(key: string) {
      yield* sleep(5);
      return memory.get(key);
    },
    *set(key: string, entry: CacheEntry) {
      yield* sleep(5);
      memory.set(key, entry);
    },
    *delete(key: string) {
      yield* sleep(5);
      memory.delete(key);
    },
  });
  await t.get(api, URL_OF_ALL);
  assertEquals((await t.get(api, URL_OF_ALL)).fromCache, "hit");
  await t.delete(api, URL_OF_ALL);
  assertEquals((await t.get(api, URL_OF_ALL)).fromCache, undefined);
  assertEquals([transport.requests.length, failures], [3, []]);
});

for (
  const [options, timeout, ms] of [[{}, 30_000, 1000], [{}, 50, 50], [
    { storeTimeout: 200 },
    30_000,
    200,
  ]] as const
) {
  bothStyles(`cache() waits ${ms} ms for a store that hangs`, async (t) => {
    const { store } = storeWith("get", function* () {
      yield* sleep(1_000_000);
    });
    const { api, clock, failures } = setup(store, options);
    const response = await t.get(api, URL_OF_ALL, { timeout });
    assertEquals([response.status, response.fromCache], [200, undefined]);
    assertEquals(clock.now(), ms);
    const error = failures[0]?.error as { code?: string; phase?: string; message?: string };
    assertEquals([error.code, error.phase], ["AX_TIMEOUT", "function"]);
    assertStringIncludes(error.message ?? "", `"get" of its store took more than ${ms} ms`);
  });
}

bothStyles("cache() does not outlive its call because of a store that hangs", async (t) => {
  const token = new CancelToken();
  const { store } = storeWith("get", function* () {
    token.cancel("enough");
    yield* sleep(100);
  });
  const { api, transport, failures } = setup(store);
  await t.fails(() => t.get(api, URL_OF_ALL, { cancelToken: token }), CancelError);
  assertEquals([transport.requests, failures], [[], []]);
});

bothStyles("cache() drops an entry that is none, and says so", async (t) => {
  const wrong: unknown[] = [
    "text",
    {},
    { head: "{", body: new Uint8Array(0), keepFor: 1 },
    { head: '{"version":9}', body: new Uint8Array(0), keepFor: 1 },
  ];
  for (const entry of wrong) {
    const { store, calls } = storeWith("get", () => entry);
    const { api, failures } = setup(store);
    assertEquals((await t.get(api, URL_OF_ALL)).data, { count: 1 });
    assertEquals(calls.slice(0, 2), ["get", "delete"]);
    assertStringIncludes(String(failures[0]?.error), "Cannot read a cache entry");
  }
});

bothStyles("cache() takes null for nothing", async (t) => {
  const { store } = storeWith("get", () => null);
  const { api, failures } = setup(store);
  await t.get(api, URL_OF_ALL);
  assertEquals(failures, []);
});

bothStyles("cache() waits for an onError that is a generator", async (t) => {
  const { store } = storeWith("get", () => {
    throw new Error("Gone");
  });
  let told = 0;
  const { api } = setup(store, {
    *onError() {
      yield* sleep(5);
      told++;
    },
  });
  await t.get(api, URL_OF_ALL);
  assertEquals(told, 1);
});

Deno.test("cache() awaits a store that answers with promises, in async calls", async () => {
  const memory = memoryStore();
  const { api, failures } = setup({
    get: (key: string) => Promise.resolve(memory.get(key)),
    set: (key: string, entry: CacheEntry) => Promise.resolve(memory.set(key, entry)),
    delete: (key: string) => Promise.resolve(memory.delete(key)),
  });
  await api.get(URL_OF_ALL);
  assertEquals((await api.get(URL_OF_ALL)).fromCache, "hit");
  assertEquals(failures, []);
});

Deno.test("cache() goes on without such a store in sync calls, and says what to do", () => {
  for (const get of [() => Promise.resolve(undefined), async () => await Promise.resolve()]) {
    const { store } = storeWith("get", () => {});
    const { api, failures } = setup({ ...store, get });
    assertEquals(api.getSync(URL_OF_ALL).data, { count: 1 });
    assertEquals(failures.map(({ error }) => error instanceof SyncBridgeError), [true]);
  }
});

bothStyles("cache() uses an async store of a client with a module in both styles", async (t) => {
  const path = `/shared-${t.key}`;
  const first = await t.get(twin.api, path);
  const second = await t.get(twin.api, path);
  assertEquals([first.fromCache, second.fromCache], [undefined, "hit"]);
  assertEquals(second.data, first.data);
  await t.post(twin.api, path);
  assertEquals((await t.get(twin.api, path)).fromCache, undefined);
});

bothStyles("cache() goes on without an async store that fails or hangs", async (t) => {
  for (const trouble of ["get-fails", "get-hangs", "set-fails", "set-hangs"]) {
    twin.failures.length = 0;
    const response = await t.get(twin.api, `/${trouble}`, { timeout: 100 });
    assertEquals([response.status, response.fromCache], [200, undefined], trouble);
    const [told] = twin.failures;
    assertEquals([twin.failures.length, told?.failure.operation], [1, trouble.slice(0, 3)]);
    const text = trouble.endsWith("hangs") ? "TimeoutError" : `No ${trouble.slice(0, 3)}`;
    assertStringIncludes(told?.message ?? "", text);
  }
});
