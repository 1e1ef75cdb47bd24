import { assertEquals, assertRejects } from "@std/assert";
import { all, create, run } from "../mod.ts";
import { MockTransport } from "../src/testing/mod.ts";

function mocked() {
  const transport = new MockTransport();
  transport.on("*", "*").reply(200, "x");
  return { transport, api: create({ baseURL: "https://example.com", transport }) };
}

Deno.test("all() refuses a flow, which nobody would run", async () => {
  const { api, transport } = mocked();
  function* flow() {
    return yield* api.flow.get("/b");
  }
  for (const value of [api.flow.get("/a"), flow()]) {
    const error = await assertRejects(() => all([1, value]), TypeError);
    assertEquals(
      error.message,
      'Cannot wait for item 1: it is a flow, which nobody runs; give "run(flow)" or "api.get(…)", ' +
        'or run flows at once by "allSync" and "concurrent"',
    );
  }
  assertEquals(transport.requests.length, 0);
});

Deno.test("all() waits for promises and flows that run, and leaves other values", async () => {
  const { api } = mocked();
  const [a, b, c] = await all([api.get("/a"), run(api.flow.get("/b")), { next: 1 }]);
  assertEquals([a.data, b.data, c], ["x", "x", { next: 1 }]);
  assertEquals(await all([]), []);
});

Deno.test("all() rejects once for a flow beside calls that fail", async () => {
  const { api, transport } = mocked();
  transport.on("GET", "/bad").reply(500);
  await assertRejects(() => all([api.get("/bad"), api.flow.get("/a")]), TypeError, "item 1");
});

Deno.test("all() awaits the rest of a chain that middleware was given", async () => {
  const { api } = mocked();
  api.use(async (_request, next) => {
    const [response] = await all([next(), 1]);
    return response;
  });
  assertEquals((await api.get("/a")).data, "x");
});
