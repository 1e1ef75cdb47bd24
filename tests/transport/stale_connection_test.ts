import { assertEquals, assertRejects } from "@std/assert";
import { NetworkError } from "../../src/errors.ts";
import { sharedFaultServer } from "../support/fault_server.ts";
import { sendFetch, wire } from "./wire.ts";

const server = sharedFaultServer();
const BODY = new TextEncoder().encode("hello");

/** Sends two requests, the second on a connection that then breaks; how often the server saw them. */
async function seen(
  method: string,
  body: Uint8Array<ArrayBuffer> | null,
  how: string,
): Promise<number> {
  const key = `${method}-${body?.byteLength}-${how}`;
  const url = `${server.url}/stale-then-ok?how=${how}&key=${key}`;
  await sendFetch(wire(url, { method, body }));
  await sendFetch(wire(url, { method, body })).catch(() => {});
  return (await server.log(key)).requests.length;
}

Deno.test("sendFetch() sends a POST once, also on a stale connection", async () => {
  for (const method of ["POST", "PATCH"]) {
    for (const body of [BODY, null]) {
      for (const how of ["reset", "end"]) {
        assertEquals(await seen(method, body, how), 2, `${method} ${body?.byteLength} ${how}`);
      }
    }
  }
});

Deno.test("sendFetch() reports the broken connection of a POST", async () => {
  const url = `${server.url}/stale-then-ok?key=reported`;
  const request = wire(url, { method: "POST", body: BODY });
  await sendFetch(request);
  await assertRejects(() => sendFetch(request), NetworkError, "connection reset");
});

Deno.test("sendFetch() sends an idempotent request again on a stale connection", async () => {
  for (const [method, body] of [["GET", null], ["PUT", BODY], ["DELETE", null]] as const) {
    const url = `${server.url}/stale-then-ok?key=again-${method}`;
    await sendFetch(wire(url, { method, body }));
    assertEquals((await sendFetch(wire(url, { method, body }))).status, 200, method);
  }
});
