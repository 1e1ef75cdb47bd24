import { assert, assertEquals } from "@std/assert";
import { allocate, READY, type Received, STARTING } from "../../../src/transport/worker/channel.ts";
import { ChannelReader } from "../../../src/transport/worker/channel_reader.ts";
import { ChannelWriter } from "../../../src/transport/worker/channel_writer.ts";

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

Deno.test("send() rings the bell and enter() sets the state", () => {
  const { writer, reader } = pair();
  assertEquals(reader.state, STARTING);
  writer.enter(READY);
  writer.send({ n: 1 });
  assertEquals([reader.state, writer.bell[0]], [READY, 2]);
});

Deno.test("send() keeps text outside of ASCII, no bytes and empty bytes apart", () => {
  const { writer, reader } = pair();
  writer.send({ n: 1, text: "żółć 🚀" });
  writer.send({ n: 2 }, new Uint8Array(0));
  const [first, second] = all(reader);
  assertEquals(first?.message, { n: 1, text: "żółć 🚀" });
  assertEquals([first?.bytes, second?.bytes?.length], [undefined, 0]);
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
