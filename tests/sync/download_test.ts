import { assert, assertEquals, assertThrows } from "@std/assert";
import { TimeoutError } from "../../src/errors.ts";
import type { BodySource, Outcome } from "../../src/http/message.ts";
import { Download, SentBody, WINDOW_BYTES, WINDOW_CHUNKS } from "../../src/sync/download.ts";
import { eventually, isPattern, sharedServer } from "../support/server.ts";
import { mostUnread } from "../support/socket_bytes.ts";
import { answerOf, bytesOf, message, newBridge, pause, readOf, streamOf, until } from "./ask.ts";

const server = sharedServer();
const bridge = newBridge();

function drain(stream: BodySource): Uint8Array {
  const chunks: Uint8Array[] = [];
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
    const stream = streamOf(bridge, message(`${server.url}/stream?size=3000000&chunk=${chunk}`));
    const bytes = drain(stream);
    assertEquals(bytes.length, 3_000_000);
    assert(isPattern(bytes));
    assertEquals(readOf(bridge, stream), undefined);
  });
}

Deno.test("a streamed response without body has none", () => {
  assertEquals(answerOf(bridge, message(`${server.url}/empty`, { stream: true })).body, null);
});

Deno.test("a stream that is not read stops the server", async () => {
  const most = await mostUnread();
  const size = 3 * most;
  const stream = streamOf(bridge, message(`${server.url}/stream?size=${size}&key=pressure`));
  assert(readOf(bridge, stream));
  const sent = async (): Promise<number> => (await server.requests("pressure"))[0]?.sent ?? 0;
  let before = -1;
  for (let now = await sent(); now !== before; now = await sent()) {
    before = now;
    await pause(300);
  }
  assert(before <= most, `${before} bytes were sent, more than ${most}`);
  // It goes on once enough has been read, before the end.
  while (await sent() === before) assert(readOf(bridge, stream));
  stream.close();
});

Deno.test("close() frees the connection, and no read settles any more", async () => {
  const stream = streamOf(bridge, message(`${server.url}/stall-body?key=close`));
  assertEquals(readOf(bridge, stream)?.length, 10);
  let settled = false;
  stream.read(() => settled = true);
  stream.close();
  stream.close();
  bridge.wait(50);
  assertEquals(settled, false);
  await eventually(() => server.aborted("close"), (aborted) => aborted === 1);
  assertEquals(readOf(bridge, stream), undefined);
});

Deno.test("read() ends with the error of the stream, after the chunks before it", () => {
  const stream = streamOf(bridge, message(`${server.url}/stall-body`, { timeoutMs: 150 }));
  assertEquals(readOf(bridge, stream)?.length, 10);
  const error = assertThrows(() => readOf(bridge, stream), TimeoutError);
  assertEquals(error.phase, "attempt");
});

Deno.test("streams and sends interleave", () => {
  const streams = Array.from(
    { length: 8 },
    () => streamOf(bridge, message(`${server.url}/stream?size=1000000&chunk=30000`)),
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
  assertEquals(bytesOf(bridge, message(`${server.url}/bytes/1234`)).length, 1234);
  until(bridge, () => open === 0);
  assertEquals(totals, streams.map(() => 1_000_000));
});

/** Both ends on one thread; what one says, the other hears at once. */
function joined(total: number): { ends: Download; reads: () => number; waits: boolean[] } {
  let reads = 0;
  const waits: boolean[] = [];
  const source: BodySource = {
    blocking: false,
    read(settle) {
      reads++;
      settle({ ok: true, value: reads > total ? undefined : new Uint8Array(1000) });
      return () => {};
    },
    close() {},
  };
  const ends = new Download({
    credit: (chunks, bytes) => body.credit(chunks, bytes),
    waiting: (yes) => waits.push(yes),
    close: () => body.close(),
  });
  const body = new SentBody(source, (outcome) => ends.push(outcome));
  return { ends, reads: () => reads, waits };
}

function chunkOf(source: BodySource): Outcome<Uint8Array | undefined> | undefined {
  let found: Outcome<Uint8Array | undefined> | undefined;
  source.read((outcome) => found = outcome);
  return found;
}

Deno.test("SentBody reads no more than a window ahead of the reader", () => {
  const { ends, reads } = joined(100);
  assertEquals(reads(), WINDOW_CHUNKS);
  let taken = 0;
  for (let chunk = chunkOf(ends); chunk?.ok && chunk.value; chunk = chunkOf(ends)) {
    taken++;
    assert(reads() <= taken + WINDOW_CHUNKS, `${reads()} reads for ${taken} chunks`);
  }
  assertEquals([taken, reads(), ends.received], [100, 101, 100_000]);
});

Deno.test("SentBody counts bytes as well, and reads no more once it was closed", () => {
  let reads = 0;
  let closed = 0;
  const source: BodySource = {
    blocking: false,
    read(settle) {
      reads++;
      settle({ ok: true, value: new Uint8Array(WINDOW_BYTES / 2) });
      return () => {};
    },
    close: () => closed++,
  };
  const body = new SentBody(source, () => {});
  assertEquals(reads, 2);
  body.close();
  body.close();
  body.credit(2, WINDOW_BYTES);
  assertEquals([reads, closed], [2, 1]);
});

Deno.test("a read that is given up leaves the chunk to the next one", () => {
  const download = new Download({ credit: () => {}, waiting: () => {}, close: () => {} });
  const stop = download.read(() => {
    throw new Error("Settled after it was given up");
  });
  stop();
  download.push({ ok: true, value: new Uint8Array(7) });
  const chunk = chunkOf(download);
  assertEquals(chunk?.ok && chunk.value?.byteLength, 7);
});

Deno.test("Download tells whether somebody waits for a chunk", () => {
  const { ends, waits } = joined(1);
  chunkOf(ends);
  assertEquals(waits, [false]);
  const idle = new Download({
    credit: () => {},
    waiting: (yes) => waits.push(yes),
    close: () => {},
  });
  const stop = idle.read(() => {});
  assertThrows(() => idle.read(() => {}), TypeError, "another read of it is under way");
  stop();
  idle.read(() => {});
  idle.push({ ok: true, value: new Uint8Array(1) });
  assertEquals(waits.slice(1), [true, false, true, false]);
});

Deno.test("Download frees a chunk when the next is asked for, where its reader keeps none", () => {
  for (const keeps of [true, false]) {
    const { ends } = joined(WINDOW_CHUNKS * 3);
    if (!keeps) assert(ends.reuse());
    const chunks: Uint8Array[] = [];
    for (let chunk = chunkOf(ends); chunk?.ok && chunk.value; chunk = chunkOf(ends)) {
      assertEquals(chunk.value.byteLength, 1000);
      chunks.push(chunk.value);
      const left = chunks.filter(({ byteLength }) => byteLength > 0);
      assertEquals(left.length, keeps ? chunks.length : 1);
    }
    assertEquals(chunks.length, WINDOW_CHUNKS * 3);
  }
});
