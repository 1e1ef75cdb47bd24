import { assertEquals, assertInstanceOf, assertStringIncludes, assertThrows } from "@std/assert";
import {
  allSync,
  concurrent,
  create,
  dual,
  type Flow,
  run,
  runSync,
  sdk,
  share,
  sleep,
} from "../mod.ts";
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

/** An instance of a class with generator methods, private state and a parent class. */
class Base {
  *base() {
    yield* sleep(1);
    return "base";
  }
  *over() {
    yield* sleep(1);
    return "base";
  }
}

class Service extends Base {
  readonly #root = "/service";
  readonly limit = 3;
  *item(id: number, suffix = "") {
    return yield* this.#path(`${id}${suffix}`);
  }
  override *over() {
    return `${yield* super.over()} and ${yield* this.base()}`;
  }
  help(): string {
    return "not an operation";
  }
  *#path(end: string) {
    return (yield* api.flow.get<{ path: string }>(`${this.#root}/${end}`)).data.path;
  }
}

bothStyles("sdk() takes an instance of a class: its generator methods count", async (t) => {
  const service = sdk(new Service());
  assertEquals(await t.call(service, "item", 7), "/service/7");
  assertEquals(await t.call(service, "item", 7, "x"), "/service/7x");
  assertEquals(await t.call(service, "over"), "base and base");
  assertEquals(await t.call(service, "base"), "base");
  assertEquals(await t.run(service.flow.item(8)), "/service/8");
  const names = Object.keys(service).sort();
  assertEquals(names, ["base", "baseSync", "flow", "item", "itemSync", "over", "overSync"]);
});

Deno.test("sdk() refuses names that it makes, also of a class", () => {
  class Bad {
    *getSync() {}
  }
  assertThrows(() => sdk(new Bad()), TypeError, '"getSync"');
  assertThrows(() => sdk(null as never), TypeError, "generator methods");
});

bothStyles("a generator that is run twice is an error at every door", async (t) => {
  function* once() {
    yield* sleep(1);
    return 1;
  }
  const doors: ((flow: Flow<number>) => unknown)[] = [
    (flow) => t.run(concurrent([flow, flow])),
    (flow) => t.run(concurrent([() => flow, () => flow], { concurrency: 1 })),
    (flow) => api.allSync([flow, flow]),
    (flow) => allSync([flow, flow]),
    async (flow) => {
      await t.run(flow);
      await t.run(flow);
    },
    async (flow) => {
      await t.run(share({}, flow));
      await t.run(share({}, flow));
    },
    async (flow) => {
      const child = api.extend();
      child.interceptors.request.use(() => flow as never);
      await t.get(child, "/a").catch(() => {});
      await t.get(child, "/a");
    },
    async () => {
      const child = api.extend();
      child.use(function* (request, next) {
        const result = next(request);
        yield* result;
        return yield* result;
      });
      await t.get(child, "/a");
    },
  ];
  for (const [index, door] of doors.entries()) {
    const error = await t.fails(async () => void await door(once()), Error);
    assertStringIncludes(error.message, "twice", `door ${index}`);
  }
});

bothStyles("a generator middleware may return next(request) as it is", async (t) => {
  for (const per of ["call", "attempt", "hop"] as const) {
    const child = api.extend();
    child.use(function* (request, next) {
      yield* sleep(1);
      return next(request);
    }, { per });
    assertEquals((await t.get(child, "/x")).data, { path: "/x" });
  }
});

Deno.test("run() and runSync() run a generic operation", async () => {
  function* first<T>(items: readonly T[]) {
    yield* sleep(1);
    return items[0];
  }
  assertEquals([await run(first([1])), runSync(first(["a"]))], [1, "a"]);
});
