/**
 * Does one thing in a fresh process and tells how long it took, or how much memory is in use.
 *
 * @module
 */

import type * as Package from "../../mod.ts";
import { startBareWorker } from "./floors.ts";
import { probe } from "./rivals.ts";
import { collectGarbage, given, nodeProcess, report } from "./node_parts.ts";

/** What the program is told. */
export interface StartTask {
  readonly what: StartKind;
  /** What to import. */
  readonly module: string;
  readonly url: string;
}

/** What can be measured of a start: milliseconds, or bytes for `memory`. */
export type StartKind =
  | "import"
  | "probe"
  | "first bare"
  | "first getSync"
  | "first getSync, warm"
  | "memory"
  | "memory, imported"
  | "memory, bare"
  | "memory, worker"
  | "stream, fetch"
  | "stream, await get"
  | "stream, getSync";

/** The start-up of the program itself, that `warmSync` overlaps with. */
const OWN_START_MS = 150;

const { what, module, url }: StartTask = given();
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const client = (): Promise<typeof Package> => import(module);

async function memory(): Promise<number> {
  for (let count = 0; count < 3; count++) {
    collectGarbage();
    await pause(100);
  }
  return nodeProcess.memoryUsage().rss;
}

/** Reads a large body; tells how far memory went above what a sixteenth of it needs. */
async function peak(
  open: (url: string) => Promise<AsyncIterable<Uint8Array> | Iterable<Uint8Array>>,
): Promise<number> {
  let most = 0;
  const read = async (body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<void> => {
    let chunks = 0;
    const look = (): void => {
      if (chunks++ % 64 === 0) most = Math.max(most, nodeProcess.memoryUsage().rss);
    };
    // A plain loop for what is iterable: an awaited one would let the event loop run.
    if (Symbol.iterator in body) { for (const _ of body) look(); }
    else for await (const _ of body) look();
  };
  await read(await open(new URL("/64m", url).href));
  const baseline = most;
  await read(await open(new URL("/1g", url).href));
  return most - baseline;
}

async function measure(): Promise<number> {
  switch (what) {
    case "import": {
      const start = performance.now();
      await import(module);
      return performance.now() - start;
    }
    case "probe":
      await probe(module, url, (name) => import(name));
      return 0;
    case "first bare": {
      await client();
      const start = performance.now();
      startBareWorker().getJson(url);
      return performance.now() - start;
    }
    case "first getSync": {
      const { create } = await client();
      const start = performance.now();
      create().getSync(url);
      return performance.now() - start;
    }
    case "first getSync, warm": {
      const api = (await client()).create();
      const warm = api.warmSync();
      await pause(OWN_START_MS);
      await warm;
      const start = performance.now();
      api.getSync(url);
      return performance.now() - start;
    }
    case "memory":
      await (await fetch(url)).json();
      return await memory();
    case "memory, imported": {
      const { create } = await client();
      await create().get(url);
      return await memory();
    }
    case "memory, bare":
      await (await fetch(url)).json();
      startBareWorker(1 << 20).getJson(url);
      return await memory();
    case "memory, worker": {
      const api = (await client()).create();
      await api.get(url);
      api.getSync(url);
      return await memory();
    }
    case "stream, fetch":
      return await peak(async (url) => (await fetch(url)).body ?? []);
    case "stream, await get": {
      const api = (await client()).create();
      return await peak(async (url) => (await api.stream(url)).iterBytes());
    }
    case "stream, getSync": {
      const api = (await client()).create();
      return await peak((url) => Promise.resolve(api.streamSync(url).iterBytes()));
    }
  }
}

report(await measure());
nodeProcess.exit(0);
