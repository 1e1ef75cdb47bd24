/**
 * The floors. Of an awaited call: a fetch with what a client cannot do without. Of the sync bridge:
 * the smallest program that fetches on a worker while its own thread is blocked, one request or
 * many at once, and the two wake-ups alone: no ids, no limits in time, no errors, no streams.
 *
 * @module
 */

import { threads } from "./node_parts.ts";

const WORKER = `
const { parentPort, workerData } = process.getBuiltinModule("node:worker_threads");
const flags = new Int32Array(workerData.memory, 0, 2);
const room = new Uint8Array(workerData.memory, 8);
const done = (length) => {
  flags[1] = length;
  Atomics.store(flags, 0, 1);
  Atomics.notify(flags, 0);
};
const encoder = new TextEncoder();
parentPort.on("message", async (urls) => {
  if (urls === "") return done(0);
  if (typeof urls === "string") {
    const body = await (await fetch(urls)).arrayBuffer();
    room.set(new Uint8Array(body));
    return done(body.byteLength);
  }
  const bodies = await Promise.all(urls.map(async (url) => await (await fetch(url)).text()));
  done(encoder.encodeInto("[" + bodies.join(",") + "]", room).written);
});
`;

/**
 * Started as ours is: the URL is the base of every request that the thread makes, and Deno copies
 * it each time, so that a bare worker with its source in it would be no floor.
 */
const BOOT = "data:text/javascript," + encodeURIComponent(
  `const m=n=>process.getBuiltinModule("node:"+n);` +
    `m("vm").runInThisContext(m("worker_threads").workerData.source)`,
);

const decoder = new TextDecoder();

/** A started bare worker. */
export interface BareWorker {
  /** Fetches JSON while this thread is blocked. */
  getJson(url: string): unknown;
  /** Fetches JSON from many places at once while this thread is blocked. */
  getAllJson(urls: readonly string[]): unknown;
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
  // In a function, as every script that runs in a realm shares its constants.
  const source = `(()=>{${WORKER}})()`;
  const worker = new Worker(new URL(BOOT), { workerData: { memory, source }, env: SHARE_ENV });
  worker.unref();
  const ask = (what: string | readonly string[]): Uint8Array => {
    Atomics.store(flags, 0, 0);
    worker.postMessage(what);
    Atomics.wait(flags, 0, 0);
    return room.slice(0, flags[1]);
  };
  const askJson = (what: string | readonly string[]) => JSON.parse(decoder.decode(ask(what)));
  return {
    getJson: askJson,
    getAllJson: askJson,
    getBytes: ask,
    ping: () => void ask(""),
  };
}

/** Fetches JSON with a limit in time, redirects in one's own hand, and a body that was counted. */
export async function fetchAsClient(url: string): Promise<unknown> {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), 30_000);
  try {
    const response = await fetch(url, {
      headers: { accept: "application/json, text/plain, */*" },
      redirect: "manual",
      signal: controller.signal,
    });
    return JSON.parse(decoder.decode(await response.arrayBuffer()));
  } finally {
    clearTimeout(timer);
  }
}
