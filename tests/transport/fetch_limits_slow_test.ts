import { assert, assertRejects } from "@std/assert";
import { BodySizeError } from "../../src/errors.ts";
import { eventually, sharedServer } from "../support/server.ts";
import { sendFetch, wire } from "./wire.ts";

const server = sharedServer();

Deno.test("sendFetch() bounds the body after decompression and stops reading", async () => {
  for (const coding of ["gzip", "deflate"]) {
    const url = `${server.url}/bomb?coding=${coding}&mb=200&key=bomb-${coding}`;
    const before = Deno.memoryUsage().rss;
    await assertRejects(() => sendFetch(wire(url, { maxResponseBytes: 1_000_000 })), BodySizeError);
    assert(Deno.memoryUsage().rss - before < 100 * 2 ** 20, coding);
    await eventually(() => server.open(`bomb-${coding}`), (open) => open === 0);
  }
});
