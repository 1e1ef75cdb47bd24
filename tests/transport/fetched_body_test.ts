import { assert, assertEquals } from "@std/assert";
import type { Outcome } from "../../src/http/message.ts";
import type { Exchange } from "../../src/transport/exchange.ts";
import { FetchedBody, type Runtime } from "../../src/transport/fetch.ts";

const EXCHANGE = { attachments: {} } as Exchange;
const FILLS = { fillsBuffers: () => true } as Partial<Runtime> as Runtime;

/** A body of so many bytes, and how many of its buffers were new. */
function counted(size: number): { body: FetchedBody; fresh: () => number } {
  let left = size;
  let fresh = 0;
  const stream = new ReadableStream({
    type: "bytes",
    pull(controller) {
      const { byobRequest } = controller;
      if (left-- > 0) {
        const view = byobRequest?.view as Uint8Array;
        // What was written last time is still there.
        if (view[1] !== 7) fresh++;
        view.set([left, 7]);
        byobRequest?.respond(1);
      } else {
        controller.close();
        byobRequest?.respond(0);
      }
    },
  });
  const body = new FetchedBody(EXCHANGE, new Response(stream), FILLS);
  return { body, fresh: () => fresh };
}

async function next(body: FetchedBody): Promise<Uint8Array | undefined> {
  const outcome = await new Promise<Outcome<Uint8Array | undefined>>((resolve) => {
    body.next(resolve);
  });
  assert(outcome.ok);
  return outcome.value;
}

async function read(body: FetchedBody, take?: (chunk: Uint8Array) => void): Promise<number[]> {
  const read: number[] = [];
  for (let chunk = await next(body); chunk; chunk = await next(body)) {
    read.push(...chunk);
    take?.(chunk);
  }
  return read;
}

Deno.test("a fetched body is read into one buffer where no chunk is kept", async () => {
  const { body, fresh } = counted(5);
  assert(body.reuse());
  assertEquals(await read(body), [4, 3, 2, 1, 0]);
  assertEquals(fresh(), 1);
});

Deno.test("a fetched body goes on where its reader has handed the memory on", async () => {
  const { body, fresh } = counted(5);
  body.reuse();
  const bytes = await read(body, ({ buffer }) => {
    structuredClone(buffer, { transfer: [buffer as ArrayBuffer] });
  });
  assertEquals([bytes, fresh()], [[4, 3, 2, 1, 0], 5]);
});

Deno.test("a fetched body of another fetch, or that fills no buffers, has one for each chunk", () => {
  const response = new Response("a");
  const custom = { attachments: { fetch } } as Exchange;
  assertEquals(new FetchedBody(custom, response, FILLS).reuse(), false);
  assertEquals(new FetchedBody(EXCHANGE, response, {} as Runtime).reuse(), false);
});
