/** The entries for pages and isolates, as far as they need no browser. */
import { assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import * as edge from "../src/edge.ts";
import * as web from "../web.ts";
import type { Transport, TransportResponse } from "../web.ts";

const answer = (): TransportResponse => ({
  status: 200,
  headers: { "content-type": "application/json" },
  body: new TextEncoder().encode('["one","two"]'),
});

/** A user's own: unlike a MockTransport it brings nothing along. */
const transport: Transport = { send: () => Promise.resolve(answer()), sendSync: answer };

// In this order: what is loaded stays.
Deno.test("./web loads streams and pages when they are used, a blocked thread cannot", async () => {
  using api = web.create({ transport });
  assertEquals(api.getSync("https://a.test/").data, ["one", "two"]);
  for (
    const call of [
      () => api.streamSync("https://a.test/"),
      () => [...api.paginateSync("https://a.test/")],
      () => api.allSync([api.flow.stream("https://a.test/")]),
    ]
  ) {
    const { message } = assertThrows(call, web.SyncUnavailableError);
    assertStringIncludes(message, '"await warmSync()" first');
  }
  const items: unknown[] = [];
  for await (const item of api.paginate("https://a.test/")) items.push(item);
  assertEquals(items, ["one", "two"]);
  assertEquals([...api.paginateSync("https://a.test/")], ["one", "two"]);
  assertEquals([...api.streamSync("https://a.test/").iterText()], ['["one","two"]']);
});

Deno.test("items that were left before their part was loaded are over", async () => {
  using api = web.create({ transport });
  const items = api.paginate("https://a.test/");
  await items.return?.();
  assertEquals(await items.next(), { done: true, value: undefined });
});

Deno.test("./web says why a thread without XMLHttpRequest makes no sync calls", async () => {
  using api = web.create();
  const reason = 'this thread has no XMLHttpRequest; where there are threads, use "@ax/client"';
  assertEquals(web.syncSupport(), { supported: false, reason });
  const { message } = assertThrows(() => api.getSync("http://a.test/"), web.SyncUnavailableError);
  assertStringIncludes(message, reason);
  await assertRejects(() => api.warmSync(), web.SyncUnavailableError, reason);
});

Deno.test("./edge has everything from the start, and blocks for nothing", async () => {
  using api = edge.create({ transport });
  assertEquals([...api.streamSync("https://a.test/").iterText()], ['["one","two"]']);
  const reason = "this thread may not block, await instead";
  assertEquals(edge.syncSupport(), { supported: false, reason });
  await assertRejects(() => edge.warmSync(), edge.SyncUnavailableError, reason);
  assertThrows(() => edge.getSync("http://a.test/"), edge.SyncUnavailableError, reason);
});
