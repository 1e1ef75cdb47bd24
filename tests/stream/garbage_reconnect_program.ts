/**
 * Reads events over a reconnect, collects garbage while the iterator is held and after it was
 * dropped, and prints how often the second body was closed by then: run with
 * `--v8-flags=--expose-gc`, and `async` or `sync`.
 */
// deno-lint-ignore-file no-console -- a program talks to its terminal
import { create } from "../../mod.ts";

const { gc } = globalThis as unknown as { gc: () => void };
const encoder = new TextEncoder();
let requests = 0;
let closed = 0;

function* body(isLast: boolean): Generator<Uint8Array<ArrayBuffer>> {
  try {
    do yield encoder.encode("retry: 100\ndata: x\n\n"); while (isLast);
  } finally {
    if (isLast) closed++;
  }
}

const head = { status: 200, headers: { "content-type": "text/event-stream" } };

async function* slowly(chunks: Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

const api = create({
  transport: {
    send: () => Promise.resolve({ ...head, body: slowly(body(++requests > 1)) }),
    sendSync: () => ({ ...head, body: body(++requests > 1) }),
  },
});

async function open(): Promise<{ next(): unknown }> {
  const url = "https://example.com/";
  const stream = Deno.args[0] === "async" ? await api.stream(url) : api.streamSync(url);
  const events = stream.iterEvents({ reconnect: true });
  await events.next();
  await events.next();
  return events;
}

async function collected(): Promise<number> {
  for (let round = 0; round < 10; round++) {
    gc();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return closed;
}

let held: { next(): unknown } | undefined = await open();
const whileHeld = await collected();
await held.next();
held = undefined;
console.log(requests, whileHeld, await collected());
Deno.exit();
