/**
 * Does one thing in a fresh process and tells how long it took, or how much memory is in use.
 *
 * @module
 */

import type * as Package from "../../mod.ts";
import { startBareWorker } from "./floors.ts";
import { collectGarbage, given, nodeProcess, report } from "./node_parts.ts";
import { probe } from "./rivals.ts";

/** What the program is told. */
export interface StartTask {
  readonly what: StartKind;
  /** What to import. */
  readonly module: string;
  /** Where `/small` and the files of lines are. */
  readonly files: string;
  /** Where `/wait/<ms>` and `/hold` are. */
  readonly origin: string;
}

/** What can be measured of a start. */
export type StartKind =
  | "probe"
  | "first fetch"
  | "first await get"
  | "first bare"
  | "first getSync"
  | "first getSync, warm"
  | "memory"
  | "memory, imported"
  | "memory, bare"
  | "memory, worker"
  | "lines, fetch"
  | "lines, await get"
  | "lines, getSync"
  | "heap, fetch"
  | "heap, await get";

/** What it comes to: milliseconds, bytes of memory, or both. */
export interface Start {
  readonly ms?: number;
  readonly bytes?: number;
}

/** The start-up of the program itself, that `warmSync` overlaps with. */
const OWN_START_MS = 150;
/** How many calls are under way at once where heap is measured. */
const AT_ONCE = 1_000;

const { what, module, files, origin }: StartTask = given();
const url = `${files}/small`;
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const client = (): Promise<typeof Package> => import(module);
const json = async (url: string): Promise<unknown> => await (await fetch(url)).json();

async function timed(run: () => unknown): Promise<Start> {
  const start = performance.now();
  const result = run();
  if (result instanceof Promise) await result;
  return { ms: performance.now() - start };
}

async function settled(part: "rss" | "heapUsed"): Promise<number> {
  for (let count = 0; count < 3; count++) {
    collectGarbage();
    await pause(100);
  }
  return nodeProcess.memoryUsage()[part];
}

/** Heap that a call under way holds: what cannot be collected. */
async function heapPerCall(call: (url: string) => Promise<unknown>): Promise<Start> {
  const all = (path: string): Promise<unknown> =>
    Promise.all(Array.from({ length: AT_ONCE }, () => call(`${origin}${path}`)));
  // The connections and the code stay.
  await all("/wait/300");
  const before = await settled("heapUsed");
  const running = all("/hold");
  while (Number(await json(`${origin}/held`)) < AT_ONCE) await pause(20);
  const bytes = (await settled("heapUsed") - before) / AT_ONCE;
  await json(`${origin}/release`);
  await running;
  return { bytes };
}

/** The lines of a body, as one would write it by hand. */
async function* linesOf(body: AsyncIterable<Uint8Array>): AsyncIterable<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of body) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
  if (rest !== "") yield rest;
}

/** Reads a large body; tells how far memory went above what a sixteenth of it needs. */
async function peak(
  open: (url: string) => Promise<AsyncIterable<string> | Iterable<string>>,
): Promise<Start> {
  let most = 0;
  const read = async (lines: AsyncIterable<string> | Iterable<string>): Promise<void> => {
    let count = 0;
    const look = (): void => {
      if (count++ % 16_384 === 0) most = Math.max(most, nodeProcess.memoryUsage().rss);
    };
    // A plain loop for what is iterable: an awaited one would let the event loop run.
    if (Symbol.iterator in lines) { for (const _ of lines) look(); }
    else for await (const _ of lines) look();
    if (count < 100_000) throw new Error(`Got ${count} lines`);
  };
  await read(await open(`${files}/lines-64m`));
  const baseline = most;
  const start = performance.now();
  await read(await open(`${files}/lines-1g`));
  return { ms: performance.now() - start, bytes: most - baseline };
}

async function measure(): Promise<Start> {
  switch (what) {
    case "probe":
      await probe(module, url, (name) => import(name));
      return {};
    case "first fetch":
      return await timed(() => json(url));
    case "first await get": {
      const { create } = await client();
      return await timed(() => create().get(url));
    }
    case "first bare":
      // As much was compiled before as in a process of ours.
      await client();
      return await timed(() => startBareWorker().getJson(url));
    case "first getSync": {
      const { create } = await client();
      return await timed(() => create().getSync(url));
    }
    case "first getSync, warm": {
      const api = (await client()).create();
      const warm = api.warmSync();
      await pause(OWN_START_MS);
      await warm;
      return await timed(() => api.getSync(url));
    }
    case "memory":
      await json(url);
      return { bytes: await settled("rss") };
    case "memory, imported":
      await (await client()).create().get(url);
      return { bytes: await settled("rss") };
    case "memory, bare":
      await json(url);
      startBareWorker(1 << 20).getJson(url);
      return { bytes: await settled("rss") };
    case "memory, worker": {
      const api = (await client()).create();
      await api.get(url);
      api.getSync(url);
      return { bytes: await settled("rss") };
    }
    case "lines, fetch":
      return await peak(async (url) => linesOf((await fetch(url)).body ?? new ReadableStream()));
    case "lines, await get": {
      const api = (await client()).create();
      return await peak(async (url) => (await api.stream(url)).iterLines());
    }
    case "lines, getSync": {
      const api = (await client()).create();
      return await peak((url) => Promise.resolve(api.streamSync(url).iterLines()));
    }
    case "heap, fetch":
      return await heapPerCall(json);
    case "heap, await get": {
      const api = (await client()).create();
      return await heapPerCall((url) => api.get(url));
    }
  }
}

report(await measure());
nodeProcess.exit(0);
