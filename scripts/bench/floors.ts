/**
 * The floors of the sync bridge: the smallest program that fetches on a worker while its own
 * thread is blocked, and the two wake-ups alone. No ids, no limits in time, no errors, no streams.
 *
 * @module
 */

import { threads } from "./node_parts.ts";

const WORKER = `
const { parentPort, workerData } = process.getBuiltinModule("node:worker_threads");
const flags = new Int32Array(workerData, 0, 2);
const room = new Uint8Array(workerData, 8);
const done = (length) => {
  flags[1] = length;
  Atomics.store(flags, 0, 1);
  Atomics.notify(flags, 0);
};
parentPort.on("message", async (url) => {
  if (url === "") return done(0);
  const body = await (await fetch(url)).arrayBuffer();
  room.set(new Uint8Array(body));
  done(body.byteLength);
});
`;

/** A started bare worker. */
export interface BareWorker {
  /** Fetches JSON while this thread is blocked. */
  getJson(url: string): unknown;
  /** Fetches bytes while this thread is blocked. */
  getBytes(url: string): Uint8Array;
  /** Wakes the worker and is woken by it, nothing else. */
  ping(): void;
}

/** Starts a bare worker whose responses may have so many bytes. */
export function startBareWorker(maxBytes = 1 << 21): BareWorker {
  const { Worker, SHARE_ENV } = threads();
  const memory = new SharedArrayBuffer(8 + maxBytes);
  const flags = new Int32Array(memory, 0, 2);
  const room = new Uint8Array(memory, 8);
  const decoder = new TextDecoder();
  const url = new URL(`data:text/javascript,${encodeURIComponent(WORKER)}`);
  const worker = new Worker(url, { workerData: memory, env: SHARE_ENV });
  worker.unref();
  const ask = (url: string): Uint8Array => {
    Atomics.store(flags, 0, 0);
    worker.postMessage(url);
    Atomics.wait(flags, 0, 0);
    return room.slice(0, flags[1]);
  };
  return {
    getJson: (url) => JSON.parse(decoder.decode(ask(url))),
    getBytes: ask,
    ping: () => void ask(""),
  };
}
