import { assertEquals, assertStringIncludes } from "@std/assert";
import { AxError, create } from "../../mod.ts";
import { MockTransport, RecordingTransport, refuseNetwork } from "../../src/testing/mod.ts";
import { sharedServer } from "../support/server.ts";
import { bothStyles } from "../support/styles.ts";

const server = sharedServer();

bothStyles("refuseNetwork() makes every real send an error, and no retry", async (t) => {
  using _ = refuseNetwork();
  let retries = 0;
  using api = create({ baseURL: server.url, maxRetries: 3, onRetry: () => void retries++ });
  const calls = [
    () => t.get(api, `/json?key=${t.key}`),
    () => t.stream(api, `/json?key=${t.key}`),
    () => t.pages(api, `/link?key=${t.key}`),
    () => t.run(api.flow.get(`/json?key=${t.key}`)),
    () => t.get(create({ transport: new RecordingTransport() }), `${server.url}/json`),
  ];
  for (const call of calls) {
    const error = await t.fails(call, AxError);
    assertEquals(error.code, "AX_ERROR");
    for (const word of ["the network is refused", "MockTransport", "msw", "nock", "MockAgent"]) {
      assertStringIncludes(error.message, word);
    }
  }
  assertEquals([retries, await server.requests(t.key)], [0, []]);
});

bothStyles(
  "refuseNetwork() leaves a transport of the client alone, and can be taken back",
  async (t) => {
    const outer = refuseNetwork();
    const inner = refuseNetwork();
    const transport = new MockTransport();
    transport.on("GET", "/a").reply(200, "mock");
    assertEquals((await t.get(create({ transport }), "https://api.test/a")).data, "mock");
    inner.restore();
    inner.restore();
    await t.fails(t.get(create(), `${server.url}/json`), AxError);
    outer.restore();
    assertEquals((await t.get(create(), `${server.url}/json`)).status, 200);
  },
);

Deno.test("refuseNetwork() leaves a fetch of the client alone", async () => {
  using _ = refuseNetwork();
  const api = create({ fetch: () => Promise.resolve(new Response("own")) });
  assertEquals((await api.get("https://api.test/")).data, "own");
});
