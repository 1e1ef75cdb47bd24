/** The bridge under many calls and large bodies. */

import { assert, assertEquals } from "@std/assert";
import { manyThreads } from "../support/many_threads.ts";
import { isPattern, patternBytes, sharedServer } from "../support/server.ts";
import { bytesOf, jsonOf, message, newBridge } from "./ask.ts";

const server = sharedServer();
const bridge = newBridge();

Deno.test("large bodies go both ways whole", () => {
  const size = 64 * 1024 * 1024;
  const request = message(`${server.url}/echo?brief`, { method: "POST", body: patternBytes(size) });
  assertEquals(jsonOf<{ length: number }>(bridge, request).length, size);
  const bytes = bytesOf(bridge, message(`${server.url}/bytes/${size}`));
  assertEquals(bytes.length, size);
  assert(isPattern(bytes));
});

Deno.test("10,000 calls do not leak", () => {
  const request = message(`${server.url}/bytes/20000`);
  const calls = (count: number): void => {
    for (let n = 0; n < count; n++) bytesOf(bridge, request);
  };
  calls(2_000);
  const before = Deno.memoryUsage();
  calls(8_000);
  const after = Deno.memoryUsage();
  // The server and its records are in this process too: a leak of the bodies alone would show.
  assert(after.rss - before.rss < 128 * 1024 * 1024, `${after.rss - before.rss} bytes more`);
});

Deno.test("16 threads that make their first sync call at once are all answered", async () => {
  const outcomes = await manyThreads(
    import.meta.resolve("../../mod.ts"),
    `${server.url}/json`,
    16,
  );
  assertEquals(outcomes, Array(16).fill(200));
});
