import { assert, assertEquals } from "@std/assert";
import { type BodySource, isSource, type Outcome } from "../../src/http/message.ts";
import { startExchange } from "../../src/transport/fetch.ts";
import { native } from "../../src/transport/native.ts";
import { streamed } from "./wire.ts";

/** A body that fills buffers byte by byte, and how many of these were new to it. */
function counted(size: number): { stream: ReadableStream<Uint8Array>; fresh: () => number } {
  let left = size;
  let fresh = 0;
  const stream = new ReadableStream({
    type: "bytes",
    pull(controller) {
      const { byobRequest } = controller;
      if (left-- > 0 && byobRequest) {
        const view = byobRequest.view as Uint8Array;
        // What was written last time is still there.
        if (view[1] !== 7) fresh++;
        view.set([left, 7]);
        byobRequest.respond(1);
      } else {
        controller.close();
        byobRequest?.respond(0);
      }
    },
  });
  return { stream, fresh: () => fresh };
}

async function open(stream: ReadableStream<Uint8Array>): Promise<BodySource> {
  const { fetch } = globalThis;
  globalThis.fetch = () => Promise.resolve(new Response(stream));
  try {
    return await new Promise((resolve, reject) => {
      startExchange(streamed("https://example.com/"), {}, native, (outcome) => {
        if (outcome.ok && isSource(outcome.value.body)) resolve(outcome.value.body);
        else reject(new Error("There is no body to read"));
      });
    });
  } finally {
    globalThis.fetch = fetch;
  }
}

async function readAll(
  source: BodySource,
  take: (chunk: Uint8Array) => void = () => {},
): Promise<number[]> {
  const all: number[] = [];
  for (;;) {
    const outcome = await new Promise<Outcome<Uint8Array | undefined>>((resolve) => {
      source.read(resolve);
    });
    assert(outcome.ok);
    if (!outcome.value) return all;
    all.push(...outcome.value);
    take(outcome.value);
  }
}

Deno.test("a fetched body is read into one buffer where no chunk is kept", async () => {
  const { stream, fresh } = counted(5);
  const source = await open(stream);
  assertEquals(source.reuse?.(), true);
  assertEquals(await readAll(source), [4, 3, 2, 1, 0]);
  assertEquals(fresh(), 1);
});

Deno.test("a fetched body goes on where its reader has handed the memory on", async () => {
  const { stream, fresh } = counted(5);
  const source = await open(stream);
  source.reuse?.();
  const bytes = await readAll(source, ({ buffer }) => {
    structuredClone(buffer, { transfer: [buffer as ArrayBuffer] });
  });
  assertEquals([bytes, fresh()], [[4, 3, 2, 1, 0], 5]);
});
