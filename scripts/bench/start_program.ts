/**
 * Does one thing in a fresh process and tells how long it took, or how much memory is in use.
 *
 * @module
 */

import type * as Package from "../../mod.ts";
import { startBareWorker } from "./floors.ts";
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
  | "first bare"
  | "first getSync"
  | "first getSync, warm"
  | "memory"
  | "memory, imported"
  | "memory, bare"
  | "memory, worker";

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

async function measure(): Promise<number> {
  switch (what) {
    case "import": {
      const start = performance.now();
      await import(module);
      return performance.now() - start;
    }
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
  }
}

report(await measure());
nodeProcess.exit(0);
