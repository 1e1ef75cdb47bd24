/**
 * The program that `walk.ts` measures: a warm client, single calls under V8's precise coverage, and
 * as its output the functions of `src/` that one of them entered on this thread, as JSON.
 *
 * Arguments: the verb (`get` or `getSync`) and the URL of a server in another process.
 *
 * @module
 */

// deno-lint-ignore-file no-console -- its report is what it prints
import { Session } from "node:inspector";
import { create } from "../../mod.ts";
import type { Entered } from "./way.ts";

interface Coverage {
  result: {
    scriptId: string;
    url: string;
    functions: {
      functionName: string;
      ranges: { startOffset: number; endOffset: number; count: number }[];
    }[];
  }[];
}

/** Enough to fill caches and to load what waits for a first use. */
const WARM_UP_CALLS = 50;

/** A reply that is there before anybody waits makes a way shorter: the longest one counts. */
const MEASURED_CALLS = 5;

const SOURCE = new URL("../../src/", import.meta.url).href;

const [verb, baseURL = ""] = Deno.args;
const session = new Session();
session.connect();

const api = create({ baseURL });
const call = verb === "getSync" ? () => api.getSync("/json") : () => api.get("/json");
await ask("Profiler.enable");
await ask("Profiler.startPreciseCoverage", { callCount: true, detailed: false });
for (let at = 0; at < WARM_UP_CALLS; at++) await call();
await ask("Profiler.takePreciseCoverage");
const ways: Coverage["result"][] = [];
for (let at = 0; at < MEASURED_CALLS; at++) {
  await call();
  ways.push((await ask<Coverage>("Profiler.takePreciseCoverage")).result);
}
await ask("Debugger.enable");
const entered = await Promise.all(ways.map(enteredOf));
console.log(JSON.stringify(entered.toSorted((a, b) => b.length - a.length)[0]));
api.close();
session.disconnect();

function ask<T>(method: string, params: Record<string, unknown> = {}): Promise<T> {
  return new Promise((resolve, reject) => {
    session.post(method, params, (error: Error | null, answer?: unknown) => {
      if (error) reject(error);
      else resolve(answer as T);
    });
  });
}

async function enteredOf(scripts: Coverage["result"]): Promise<Entered[]> {
  const entered: Entered[] = [];
  for (const { scriptId, url, functions } of scripts) {
    if (!url.startsWith(SOURCE)) continue;
    const params = { scriptId };
    const { scriptSource } = await ask<{ scriptSource: string }>(
      "Debugger.getScriptSource",
      params,
    );
    for (const { functionName, ranges: [range] } of functions) {
      if (!range || range.count === 0) continue;
      const { startOffset, endOffset, count } = range;
      entered.push({
        file: `src/${url.slice(SOURCE.length)}`,
        // Functions without a name are shown by how they begin.
        name: functionName || (scriptSource.slice(startOffset, endOffset).split("\n")[0] ?? ""),
        count,
        at: `${scriptId}:${endOffset}`,
      });
    }
  }
  return entered;
}
