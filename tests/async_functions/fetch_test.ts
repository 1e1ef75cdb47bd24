/** The `fetch` option in both call styles. */
import { assert, assertEquals, assertInstanceOf, assertStringIncludes } from "@std/assert";
import { create, SyncBridgeError, TimeoutError } from "../../mod.ts";
import { caught } from "../support/caught.ts";
import { sharedServer } from "../support/server.ts";
import { bothStyles, parity } from "../support/styles.ts";
import { byPortable, odd, plain, twin } from "./fixtures/fetching.ts";

const server = sharedServer();

interface Echo {
  headers: Record<string, string>;
  body: string;
}

for (const [name, api] of Object.entries({ twin, plain, portable: byPortable })) {
  bothStyles(`a ${name} fetch sends, body and progress included`, async (t) => {
    const seen: number[] = [];
    const config = {
      json: { a: 1 },
      onDownloadProgress: ({ loaded }: { loaded: number }) => seen.push(loaded),
    };
    const { data, status } = await t.post<Echo>(api, `${server.url}/echo`, config);
    assertEquals([status, data.headers["x-fetched"]], [200, name]);
    if (name !== "plain") assertEquals(data.body, '{"a":1}');
    assert(seen.length > 0);
  });
}

parity("a progress listener that throws ends the call", (t) =>
  t.get(odd, `${server.url}/answers`, {
    onDownloadProgress() {
      throw new RangeError("heard enough");
    },
  }));
parity("a fetch that answers itself", async (t) => {
  const { data, status } = await t.get(odd, `${server.url}/answers`);
  return { data, status };
});
parity("a fetch that throws", (t) => t.get(odd, `${server.url}/throws`));
parity("a status that is refused", (t) => t.get(odd, `${server.url}/status/404`));
parity("a fetch that runs out of time", (t) => t.get(odd, `${server.url}/never`));
bothStyles("retries ask the fetch again", async (t) => {
  const config = { maxRetries: 2, retryStrategy: { getDelay: () => 1 } };
  const { attempts } = await t.get(odd, `${server.url}/fail-then/2?key=${t.key}`, config);
  assertEquals(attempts, 3);
});

Deno.test("a fetch that loops ends with its worker", () => {
  assertInstanceOf(caught(() => odd.getSync(`${server.url}/loops`)), TimeoutError);
  assertEquals(odd.getSync(`${server.url}/json`).status, 200);
});

Deno.test("a stream, or a fetch of the call alone, is refused with the ways out", () => {
  const streamed = caught(() => twin.streamSync(`${server.url}/echo`));
  assertInstanceOf(streamed, SyncBridgeError);
  assertStringIncludes(streamed.message, "streamed response");
  const api = create({ fetch: async (...args) => await fetch(...args) });
  const own = caught(() => api.getSync(`${server.url}/echo`));
  assertInstanceOf(own, SyncBridgeError);
  assertStringIncludes(own.message, 'Cannot run "fetch" in a sync call: it gives a promise');
});
