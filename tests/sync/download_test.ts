import { assert, assertEquals, assertThrows } from "@std/assert";
import { TimeoutError } from "../../../src/errors.ts";
import { type BridgeStream, threadBridge } from "../../../src/transport/worker/bridge.ts";
import { isPattern, sharedServer } from "../../support/server.ts";
import { bytesOf, pause, readOf, streamOf, until, wire } from "./ask.ts";

const server = sharedServer();
const bridge = threadBridge();

function drain(stream: BridgeStream): Uint8Array<ArrayBuffer> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  for (let chunk = readOf(bridge, stream); chunk; chunk = readOf(bridge, stream)) {
    chunks.push(chunk);
  }
  const bytes = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
}

for (const chunk of [1_000, 65_536, 300_000]) {
  Deno.test(`read() brings 3 MB in order, written in chunks of ${chunk} bytes`, () => {
    const stream = streamOf(bridge, wire(`${server.url}/stream?size=3000000&chunk=${chunk}`));
    const bytes = drain(stream);
    assertEquals(bytes.length, 3_000_000);
    assert(isPattern(bytes));
    assertEquals(readOf(bridge, stream), undefined);
  });
}

Deno.test("a streamed response without body has none", () => {
  const settled: unknown[] = [];
  bridge.send(wire(`${server.url}/empty`, { stream: true }), {
    settle: (outcome) => settled.push(outcome.ok && outcome.value.body),
  });
  until(bridge, () => settled.length > 0);
  assertEquals(settled, [null]);
});

Deno.test("a stream that is not read stops the server", async () => {
  const size = 200_000_000;
  const stream = streamOf(bridge, wire(`${server.url}/stream?size=${size}&key=pressure`));
  assert(readOf(bridge, stream));
  const sent = async (): Promise<number> => (await server.requests("pressure"))[0]?.sent ?? 0;
  let before = -1;
  for (let now = await sent(); now !== before; now = await sent()) {
    before = now;
    await pause(300);
  }
  assert(before < 32_000_000, `${before} bytes were sent`);
  for (let n = 0; n < 400; n++) assert(readOf(bridge, stream));
  for (let n = 0; n < 50 && await sent() === before; n++) await pause(20);
  assert(await sent() > before);
  stream.close();
});

Deno.test("close() frees the connection, and no read settles any more", async () => {
  const stream = streamOf(bridge, wire(`${server.url}/stall-body?key=close`));
  assertEquals(readOf(bridge, stream)?.length, 10);
  let settled = false;
  stream.read(() => settled = true);
  stream.close();
  stream.close();
  bridge.wait(50);
  assertEquals(settled, false);
  for (let n = 0; n < 50 && await server.aborted("close") === 0; n++) await pause(20);
  assertEquals(await server.aborted("close"), 1);
  assertEquals(readOf(bridge, stream), undefined);
});

Deno.test("a cancelled read leaves the chunk to the next one", () => {
  const stream = streamOf(bridge, wire(`${server.url}/drip?chunks=2&gap=50&size=5`));
  stream.read(() => {
    throw new Error("Settled after cancel()");
  }).cancel();
  bridge.wait(20);
  assertEquals(new TextDecoder().decode(drain(stream)), "aaaaabbbbb");
});

Deno.test("read() ends with the error of the stream, after the chunks before it", () => {
  const stream = streamOf(bridge, wire(`${server.url}/stall-body`, { timeout: 150 }));
  assertEquals(readOf(bridge, stream)?.length, 10);
  const error = assertThrows(() => readOf(bridge, stream), TimeoutError);
  assertEquals(error.phase, "attempt");
});

Deno.test("streams and sends interleave", () => {
  const streams = Array.from(
    { length: 8 },
    () => streamOf(bridge, wire(`${server.url}/stream?size=1000000&chunk=30000`)),
  );
  const totals = streams.map(() => 0);
  let open = streams.length;
  streams.forEach((stream, index) => {
    const next = (): void => {
      stream.read((outcome) => {
        assert(outcome.ok);
        if (!outcome.value) return void open--;
        totals[index] = (totals[index] ?? 0) + outcome.value.length;
        next();
      });
    };
    next();
  });
  assertEquals(bytesOf(bridge, wire(`${server.url}/bytes/1234`)).length, 1234);
  until(bridge, () => open === 0);
  assertEquals(totals, streams.map(() => 1_000_000));
});
