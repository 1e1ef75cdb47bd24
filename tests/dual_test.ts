import { assertEquals, assertInstanceOf, assertStringIncludes, assertThrows } from "@std/assert";
import { create, dual, type Flow, run, runSync, sdk, sleep } from "../mod.ts";
import type { ResolvedConfig } from "../mod.ts";
import { bothStyles } from "./support/styles.ts";

const answer = (url: string) => ({
  status: 200,
  headers: { "content-type": "application/json" },
  body: new TextEncoder().encode(JSON.stringify({ path: new URL(url).pathname })),
});
const api = create({
  baseURL: "http://api.test",
  transport: {
    send: ({ url }) => Promise.resolve(answer(url)),
    sendSync: ({ url }) => answer(url),
  },
});

const pathOf = dual(function* pathOf(name: string, suffix = "") {
  return (yield* api.flow.get<{ path: string }>(`/${name}${suffix}`)).data.path;
});

bothStyles("dual() runs one definition in both styles", async (t) => {
  assertEquals(await t.dual(pathOf, "a"), "/a");
  assertEquals(await t.dual(pathOf, "a", "b"), "/ab");
});

bothStyles("dual() composes by its flow, and by yield* of another", async (t) => {
  const twice = dual(function* () {
    return [yield* pathOf.flow("a"), yield* pathOf.flow("b")];
  });
  assertEquals(await t.dual(twice), ["/a", "/b"]);
});

class Shop {
  #path = "/shop";
  find = dual(this, function* (item: string) {
    yield* sleep(1);
    return (yield* api.flow.get<{ path: string }>(`${this.#path}/${item}`)).data.path;
  });
  both = dual(this, function* () {
    return [yield* this.find.flow("x"), yield* this.find.flow("y")];
  });
}

bothStyles("dual(this, …) has its object, private names included", async (t) => {
  const { find, both } = new Shop();
  assertEquals(await t.dual(find, "tea"), "/shop/tea");
  assertEquals(await t.dual(both), ["/shop/x", "/shop/y"]);
});

bothStyles("an error of a dual is thrown or rejects", async (t) => {
  const failing = dual(function* () {
    yield* sleep(1);
    throw new RangeError("no");
  });
  assertEquals((await t.fails(t.dual(failing), RangeError)).message, "no");
});

bothStyles("a dual is a user function as well", async (t) => {
  const named = api.extend();
  named.interceptors.request.use(dual(function* (request: ResolvedConfig) {
    request.url = `${request.url}/${yield* pathOf.flow("seen")}`.replace("//", "/");
    return request;
  }) as never);
  assertEquals((await t.get(named, "/x")).data, { path: "/x/seen" });
});

Deno.test("dual() keeps the name, and refuses what is no generator function", async () => {
  assertEquals(pathOf.name, "pathOf");
  const asynchronous = assertThrows(() => dual((async () => {}) as never), TypeError);
  assertStringIncludes(asynchronous.message, "function*");
  assertThrows(() => dual(1 as never), TypeError);
  const plain = dual((() => 1) as unknown as () => Flow<number>);
  assertThrows(() => plain.sync(), TypeError, "returned no flow");
  let rejected: unknown;
  await plain().catch((error) => rejected = error);
  assertInstanceOf(rejected, TypeError);
});

const github = sdk({
  *user(name: string) {
    return (yield* api.flow.get<{ path: string }>(`/users/${name}`)).data;
  },
  *starred(name: string, page?: number) {
    const { path } = yield* this.user(name);
    return `${path}?${page ?? 1}`;
  },
});

bothStyles("sdk() makes every method callable both ways, and this is the definition", async (t) => {
  assertEquals(await t.call(github, "user", "ada"), { path: "/users/ada" });
  assertEquals(await t.call(github, "starred", "ada"), "/users/ada?1");
  assertEquals(await t.call(github, "starred", "ada", 2), "/users/ada?2");
  assertEquals(await t.run(github.flow.starred("bob")), "/users/bob?1");
});

Deno.test("sdk() refuses names that it makes, and what is no flow", () => {
  for (const name of ["flow", "getSync"]) {
    assertThrows(() => sdk({ *[name]() {} }), TypeError, `"${name}"`);
  }
  assertThrows(() => sdk({ async get() {} } as never), TypeError, "function*");
  assertThrows(() => sdk({ get: 1 } as never), TypeError, "number");
});

Deno.test("run() and runSync() run a generic operation", async () => {
  function* first<T>(items: readonly T[]) {
    yield* sleep(1);
    return items[0];
  }
  assertEquals([await run(first([1])), runSync(first(["a"]))], [1, "a"]);
});
