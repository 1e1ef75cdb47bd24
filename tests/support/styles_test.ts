import { assert, assertEquals, assertRejects } from "@std/assert";
import type { AxResponse, RequestConfig } from "../../mod.ts";
import { bothStyles, createKit, type Outcome, parity, sameOutcome } from "./styles.ts";

function respond(data: unknown): AxResponse<unknown> {
  return { status: 200, data } as AxResponse<unknown>;
}

function fail(style: string): never {
  throw new RangeError(`Failed in ${style} style`);
}

const api = {
  get: (url: string, config?: RequestConfig) => Promise.resolve(respond(["async", url, config])),
  getSync: (url: string, config?: RequestConfig) => respond(["sync", url, config]),
  request: (config: RequestConfig) => Promise.resolve(respond(config)),
  requestSync: (config: RequestConfig) => respond(config),
  explode: (style: string): Promise<number> => Promise.reject(new RangeError(`No ${style}`)),
  explodeSync: (style: string): number => fail(style),
};

bothStyles("kit.get() picks the verb of the style", async (t) => {
  const response = await t.get<unknown[]>(api, "/a", { timeout: 5 });
  assertEquals(response.data, [t.style, "/a", { timeout: 5 }]);
});

bothStyles("kit.request() and kit.call() pick the twin", async (t) => {
  assertEquals((await t.request(api, { url: "/b" })).data, { url: "/b" });
  assertEquals((await t.call(api, "get", "/c")).data, [t.style, "/c", undefined]);
});

bothStyles("kit.fails() returns the error of a call or a function", async (t) => {
  const error = await t.fails(t.call(api, "explode", "x"), RangeError);
  assert(error instanceof RangeError);
  await t.fails(() => t.call(api, "explode", "x"), Error);
  await assertRejects(() => t.fails(t.call(api, "explode", "x"), SyntaxError), Error);
  await assertRejects(() => t.fails(t.get(api, "/"), RangeError), Error);
});

bothStyles("kit.dual() and kit.run() pick the form", async (t) => {
  const operation = Object.assign((n: number) => Promise.resolve(n), { sync: (n: number) => -n });
  assertEquals(await t.dual(operation, 2), t.style === "async" ? 2 : -2);
  assertEquals(await t.either(() => Promise.resolve("a"), () => "a"), "a");
});

Deno.test("createKit() fails an async call that throws, and a sync call that returns a promise", async () => {
  const wrong = {
    get: (): Promise<AxResponse<unknown>> => fail("async"),
    getSync: () => Promise.resolve(respond(1)) as unknown as AxResponse<unknown>,
  };
  await createKit("async").fails(createKit("async").get(wrong, "/"), Error);
  const thrown = await createKit("async").get(wrong, "/").catch((error) => error);
  assertEquals(thrown.message, "The async call threw instead of returning a promise");
  const promised = await createKit("sync").get(wrong, "/").catch((error) => error);
  assertEquals(promised.message, "The sync call returned a promise");
});

Deno.test("createKit() gives each test a key of its own", () => {
  assert(createKit("sync").key !== createKit("sync").key);
});

parity("parity() compares both outcomes", async (t) => (await t.request(api, { url: "/" })).data);

parity(
  "parity() hands both outcomes",
  (t) => t.call(api, "explode", "x"),
  (awaited: Outcome<number>, blocking: Outcome<number>) => {
    assertEquals([awaited.status, blocking.status], ["rejected", "rejected"]);
    let same = true;
    try {
      sameOutcome(awaited, blocking);
    } catch {
      same = false;
    }
    assertEquals(same, false);
  },
);
