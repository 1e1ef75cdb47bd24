import { assert } from "@std/assert";
import { threadBridge } from "../../../src/transport/worker/bridge.ts";
import { sharedServer } from "../../support/server.ts";
import { bytesOf, wire } from "./ask.ts";

const server = sharedServer();
const bridge = threadBridge();

Deno.test("10,000 calls do not leak", () => {
  const request = wire(`${server.url}/bytes/20000`);
  const calls = (count: number): void => {
    for (let n = 0; n < count; n++) bytesOf(bridge, request);
  };
  calls(2_000);
  const before = Deno.memoryUsage();
  calls(8_000);
  const after = Deno.memoryUsage();
  // The server and its records are in this process too: a leak of the body alone would show.
  assert(after.rss - before.rss < 128 * 1024 * 1024, `${after.rss - before.rss} bytes more`);
});
