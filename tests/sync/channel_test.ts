import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  allocate,
  ChannelReader,
  ERROR_AT,
  ERROR_BYTES,
  ERROR_SLOT_BYTES,
  READ,
  READY,
  type Received,
  RING_BYTES,
  Shared,
  STARTING,
  STATE,
  WRITTEN,
} from "../../src/sync/channel.ts";
import { ChannelWriter } from "../../src/sync/channel_writer.ts";

interface Note {
  readonly n: number;
  readonly text?: string;
}

/** Both ends on one thread; the port is a list. */
function pair(): { writer: ChannelWriter<Note>; reader: ChannelReader<Note>; posted: unknown[] } {
  const memory = allocate();
  const posted: unknown[] = [];
  const port = {
    postMessage: (message: unknown): void => void posted.push(message),
    close: (): void => {},
  };
  const writer = new ChannelWriter<Note>(memory, new Int32Array(new SharedArrayBuffer(4)), port);
  return { writer, reader: new ChannelReader<Note>(memory, () => posted.shift()), posted };
}

function all(reader: ChannelReader<Note>): Received<Note>[] {
  const received: Received<Note>[] = [];
  for (let next = reader.receive(); next; next = reader.receive()) received.push(next);
  return received;
}

Deno.test("receive() returns undefined when nothing was sent", () => {
  assertEquals(pair().reader.receive(), undefined);
});

Deno.test("enter() sets the state and rings the bell", () => {
  const { writer, reader } = pair();
  assertEquals(Atomics.load(reader.words, STATE), STARTING);
  writer.enter(READY);
  assertEquals([Atomics.load(reader.words, STATE), writer.bell[0]], [READY, 1]);
});

Deno.test("send() rings the bell once for all that is sent in one go", async () => {
  const { writer, reader } = pair();
  writer.send({ n: 1 });
  writer.send({ n: 2 });
  await Promise.resolve();
  assertEquals([writer.bell[0], all(reader).length], [1, 2]);
  writer.send({ n: 3 });
  await Promise.resolve();
  assertEquals(writer.bell[0], 2);
});

Deno.test("sendClone() rings the bell at once: its sender may block", () => {
  const { writer } = pair();
  writer.sendClone({ n: 1 });
  assertEquals(writer.bell[0], 1);
});

Deno.test("send() keeps text outside of ASCII, no bytes and empty bytes apart", () => {
  const { writer, reader } = pair();
  writer.send({ n: 1, text: "żółć 🚀" });
  writer.send({ n: 2 }, new Uint8Array(0));
  const [first, second] = all(reader);
  assertEquals(first?.message, { n: 1, text: "żółć 🚀" });
  assertEquals([first?.bytes, second?.bytes?.length], [undefined, 0]);
});

Deno.test("send() keeps lists of texts, whatever they hold", () => {
  const memory = allocate();
  const bell = new Int32Array(new SharedArrayBuffer(4));
  const port = { postMessage: (): void => {}, close: (): void => {} };
  const writer = new ChannelWriter<readonly string[]>(memory, bell, port);
  const reader = new ChannelReader<readonly string[]>(memory, () => undefined);
  const lists = [["7"], ["-1", "", "żółć"], ["1", "a\nb", "[{"], ["2", "\n", ""], ["3", "{", ""]];
  for (const list of lists) {
    writer.send(list);
    assertEquals(reader.receive(), { message: list, bytes: undefined });
  }
});

Deno.test("receive() takes no head that is none", () => {
  const memory = allocate();
  const bell = new Int32Array(new SharedArrayBuffer(4));
  const port = { postMessage: (): void => {}, close: (): void => {} };
  new ChannelWriter<readonly string[]>(memory, bell, port).send(["odd", "1"]);
  assertThrows(() => new ChannelReader(memory, () => undefined).receive(), SyntaxError);
});

Deno.test("send() uses the port for what is large, in order with the rest", () => {
  const { writer, reader, posted } = pair();
  writer.send({ n: 0 }, new Uint8Array(10));
  writer.send({ n: 1 }, new Uint8Array(1_000_000));
  writer.sendClone({ n: 2 });
  writer.send({ n: 3 }, new Uint8Array(20));
  assertEquals(posted.length, 2);
  const received = all(reader);
  assertEquals(received.map(({ message }) => message.n), [0, 1, 2, 3]);
  assertEquals(received.map(({ bytes }) => bytes?.length), [10, 1_000_000, undefined, 20]);
});

Deno.test("send() falls back to the port while the ring is full, and no message is lost", () => {
  const { writer, reader, posted } = pair();
  for (let n = 0; n < 40; n++) writer.send({ n }, new Uint8Array(100_000).fill(n));
  assert(posted.length > 0 && posted.length < 40);
  all(reader).forEach(({ message, bytes }, n) => {
    assertEquals([message.n, bytes?.length, bytes?.[99_999]], [n, 100_000, n]);
  });
});

Deno.test("frames of every size survive many rounds of the ring", () => {
  const { writer, reader } = pair();
  let sent = 0;
  let got = 0;
  for (let round = 0; round < 600; round++) {
    for (let burst = 0; burst < 1 + round % 7; burst++, sent++) {
      const size = (sent * 7919) % 40_000;
      writer.send({ n: sent, text: "é".repeat(sent % 50) }, new Uint8Array(size).fill(sent & 255));
    }
    for (const { message, bytes } of all(reader)) {
      assertEquals(message.n, got);
      assertEquals(bytes?.length, (got * 7919) % 40_000);
      assert(bytes?.every((byte) => byte === (got & 255)));
      got++;
    }
  }
  assertEquals(got, sent);
});

/** Both ends of a channel without a port; `room` is what the caller would post to the worker. */
function portless(): { writer: ChannelWriter<Note>; reader: ChannelReader<Note> } {
  const memory = allocate();
  const bell = new Int32Array(new SharedArrayBuffer(4));
  const writer = new ChannelWriter<Note>(memory, bell, undefined);
  return { writer, reader: new ChannelReader<Note>(memory, () => undefined, () => writer.flush()) };
}

/** A deep comparison of so many bytes would take half a minute. */
function isSame(a: Uint8Array | undefined, b: Uint8Array): boolean {
  return a?.length === b.length && a.every((byte, at) => byte === b[at]);
}

Deno.test("without a port, bodies larger than the ring arrive in parts and in order", () => {
  const { writer, reader } = portless();
  const sizes = [5, 131_071, 131_072, 131_073, 0, 5_000_000, 262_144];
  const bodies = sizes.map((size) => Uint8Array.from({ length: size }, (_, at) => at * 7 + size));
  bodies.forEach((body, n) => writer.send({ n }, body));
  writer.send({ n: 99 });
  const received = all(reader);
  assertEquals(received.map(({ message }) => message.n), [0, 1, 2, 3, 4, 5, 6, 99]);
  bodies.forEach((body, n) => assert(isSame(received[n]?.bytes, body), `body ${n}`));
  assertEquals(received.at(-1)?.bytes, undefined);
});

Deno.test("a ring that is read at once stays small, and takes what is large all the same", () => {
  for (const { writer, reader } of [pair(), portless()]) {
    const ends = new Set<number>();
    for (let n = 0; n < 500; n++) {
      assertEquals(writer.send({ n }, new Uint8Array(n % 50 === 49 ? 120_000 : 500)), true);
      assertEquals(reader.receive()?.message, { n });
      if (n % 50 < 49) ends.add(Atomics.load(reader.words, READ) % RING_BYTES);
    }
    assert(Math.max(...ends) < RING_BYTES / 2, String(Math.max(...ends)));
  }
});

Deno.test("send() takes no memory over the port that others may hold", () => {
  const { writer, reader } = pair();
  const given: ArrayBuffer[] = [];
  Object.assign(writer.port as object, {
    postMessage: (_: unknown, transfer: ArrayBuffer[] = []) => void given.push(...transfer),
  });
  while (writer.send({ n: 0 }, new Uint8Array(100_000)));
  const empty = new Uint8Array(0);
  const part = new Uint8Array(300_000).subarray(1);
  while (writer.send({ n: 1 }, empty));
  writer.send({ n: 2 }, part);
  assert(given.length >= 3 && reader.receive() !== undefined);
  assert(!given.includes(empty.buffer) && !given.includes(part.buffer));
});

Deno.test("without a port, a head larger than a frame arrives, with and without bytes", () => {
  const { writer, reader } = portless();
  const text = "ż".repeat(400_000);
  writer.send({ n: 1, text }, new Uint8Array([1, 2, 3]));
  writer.send({ n: 2, text });
  const [first, second] = all(reader);
  assertEquals(first?.message, { n: 1, text });
  assertEquals([first?.bytes, second?.bytes], [new Uint8Array([1, 2, 3]), undefined]);
  assertEquals(second?.message.n, 2);
});

Deno.test("without a port, nothing is lost while both ends take turns", () => {
  const { writer, reader } = portless();
  let got = 0;
  for (let sent = 0; sent < 400; sent++) {
    const size = (sent * 79_193) % 300_000;
    writer.send({ n: sent, text: "é".repeat(sent % 50) }, new Uint8Array(size).fill(sent & 255));
    if (sent % 5 !== 0) continue;
    for (const { message, bytes } of all(reader)) {
      assertEquals([message.n, bytes?.length], [got, (got * 79_193) % 300_000]);
      assert(bytes?.every((byte) => byte === (got & 255)));
      got++;
    }
  }
  got += all(reader).length;
  assertEquals(got, 400);
});

Deno.test("discard() drops what waits for room, and cuts what has begun", () => {
  const { writer, reader } = portless();
  for (const n of [1, 2, 3]) writer.send({ n }, new Uint8Array(3_000_000).fill(n));
  writer.discard(({ n }) => n !== 3);
  const received = all(reader);
  assertEquals(received.map(({ message }) => message.n), [1, 3]);
  assert(isSame(received[1]?.bytes, new Uint8Array(3_000_000).fill(3)));
});

Deno.test("without a port, send() tells that bytes without room are still needed", () => {
  const memory = allocate();
  const bell = new Int32Array(new SharedArrayBuffer(4));
  const writer = new ChannelWriter<Note>(memory, bell, undefined);
  assertEquals(writer.send({ n: 0 }, new Uint8Array(1000)), true);
  assertEquals(writer.send({ n: 1 }, new Uint8Array(memory.byteLength)), false);
});

/** A writer that lies about lengths. */
class Liar extends Shared {
  /** Writes one frame as it is told to. */
  frame(number: number, headBytes: number, left: number, end: number): void {
    this.frameWords.set([number, headBytes, left]);
    this.frames.set(new TextEncoder().encode('{"n":1}'), 12);
    Atomics.store(this.words, WRITTEN, end);
  }

  error(length: number): void {
    new Uint8Array(this.memory, ERROR_AT).fill(120);
    Atomics.store(this.words, ERROR_BYTES, length);
  }

  get read(): number {
    return Atomics.load(this.words, READ);
  }
}

const LIES: [what: string, headBytes: number, left: number, end: number][] = [
  ["a head longer than the memory", 2 ** 31 - 1, -1, 64],
  ["a head of a negative length", -7, -1, 64],
  ["a body longer than the memory", 7, 2 ** 31 - 1, 64],
  ["a body of a negative length", 7, -9, 64],
  ["an end outside of the ring", 7, -1, -5],
];

for (const [what, headBytes, left, end] of LIES) {
  Deno.test(`receive() takes no more than there is for ${what}`, () => {
    const memory = allocate();
    const liar = new Liar(memory);
    const reader = new ChannelReader<Note>(memory, () => undefined);
    liar.frame(0, headBytes, left, end);
    let bytes = 0;
    try {
      bytes = reader.receive()?.bytes?.byteLength ?? 0;
    } catch (error) {
      // The link gives the worker up then.
      assert(error instanceof SyntaxError, String(error));
    }
    assert(bytes <= memory.byteLength);
    assert(Math.abs(liar.read) <= memory.byteLength);
  });
}

Deno.test("failure is no longer than its slot", () => {
  const memory = allocate();
  const liar = new Liar(memory);
  const reader = new ChannelReader<Note>(memory, () => undefined);
  for (const [length, expected] of [[2 ** 30, ERROR_SLOT_BYTES], [-4, 0], [5, 5]] as const) {
    liar.error(length);
    assertEquals(reader.failure.length, expected);
  }
});

Deno.test("without a port, a body that claims to be large takes no memory before it comes", () => {
  const memory = allocate();
  const liar = new Liar(memory);
  const reader = new ChannelReader<Note>(memory, () => undefined);
  // A part of a body of 2 GiB: allocated at once it would throw where memory is short.
  liar.frame(0, 7, 2 ** 31 - 1, 12 + 8 + 128 * 1024);
  const before = Deno.memoryUsage().external;
  assertEquals(reader.receive(), undefined);
  assert(Deno.memoryUsage().external - before < 2 ** 24);
});
