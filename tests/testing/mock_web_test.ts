/** In a file of its own: nothing else may have loaded the streams. */
import { assertEquals } from "@std/assert";
import { MockTransport } from "../../src/testing/mod.ts";
import * as web from "../../web.ts";

Deno.test("a MockTransport has ./web answer in both styles with nothing loaded", async () => {
  const mock = new MockTransport();
  mock.on("GET", "https://a.test/").reply(200, ["one"]);
  using api = web.create({ transport: mock });
  assertEquals([...api.paginateSync("https://a.test/")], ["one"]);
  assertEquals((await api.get("https://a.test/")).data, ["one"]);
});
