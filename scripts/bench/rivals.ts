/**
 * Other clients, each doing what the scenario asks as its README says: a GET that gives JSON.
 *
 * @module
 */

import { builtin } from "./node_parts.ts";
import type { Contender } from "./turns.ts";

/** Loads a package of the run folder. */
// deno-lint-ignore no-explicit-any -- they are called as JavaScript would
export type Load = (name: string) => Promise<any>;

/** Makes the call of a client. */
type Make = (url: string, load: Load) => Promise<() => unknown>;

const awaited: Readonly<Record<string, Make>> = {
  "axios": async (url, load) => {
    const axios = (await load("axios")).default.create();
    return async () => (await axios.get(url)).data;
  },
  "ky": async (url, load) => {
    const ky = (await load("ky")).default.create({});
    return () => ky.get(url).json();
  },
  "got": async (url, load) => {
    // The others keep connections alive, got must be asked to.
    const { Agent } = builtin<{ Agent: new (options: unknown) => unknown }>("http");
    const got = (await load("got")).default;
    const client = got.extend({ agent: { http: new Agent({ keepAlive: true }) } });
    return () => client.get(url).json();
  },
  "ofetch": async (url, load) => {
    const ofetch = (await load("ofetch")).ofetch.create({});
    return () => ofetch(url);
  },
  "wretch": async (url, load) => {
    const client = (await load("wretch")).default(url);
    return () => client.get().json();
  },
  "xior": async (url, load) => {
    const client = (await load("xior")).default.create();
    return async () => (await client.get(url)).data;
  },
  "up-fetch": async (url, load) => {
    const upfetch = (await load("up-fetch")).up(fetch);
    return () => upfetch(url);
  },
  "alova": async (url, load) => {
    const { createAlova } = await load("alova");
    const client = createAlova({
      requestAdapter: (await load("alova/fetch")).default(),
      responded: (response: Response) => response.json(),
      // It would answer from its memory.
      cacheFor: null,
    });
    return async () => await client.Get(url);
  },
  "undici.request": async (url, load) => {
    const { request } = await load("undici");
    return async () => await (await request(url)).body.json();
  },
  "node:http keep-alive": (url) => Promise.resolve(nodeHttp(url)),
};

interface Incoming {
  on(event: string, listener: (chunk: Uint8Array) => void): void;
}

function nodeHttp(url: string): () => Promise<unknown> {
  const http = builtin<{
    Agent: new (options: unknown) => unknown;
    get(url: string, options: unknown, listener: (incoming: Incoming) => void): {
      on(event: string, listener: (error: unknown) => void): void;
    };
  }>("http");
  const agent = new http.Agent({ keepAlive: true });
  const decoder = new TextDecoder();
  return () =>
    new Promise((resolve, reject) => {
      http.get(url, { agent }, (incoming) => {
        let text = "";
        incoming.on("data", (chunk) => text += decoder.decode(chunk));
        incoming.on("end", () => resolve(JSON.parse(text)));
      }).on("error", reject);
    });
}

const blocking: Readonly<Record<string, Make>> = {
  "synckit + fetch": async (url, load) => {
    const { createSyncFn } = await load("synckit");
    const call = createSyncFn(new URL("./synckit_worker.mjs", import.meta.url));
    return () => call(url);
  },
  "make-synchronous": async (url, load) => {
    const make = (await load("make-synchronous")).default;
    const call = make(async (url: string) => await (await fetch(url)).json());
    return () => call(url);
  },
  "sync-fetch": async (url, load) => {
    const call = (await load("sync-fetch")).default;
    return () => call(url).json();
  },
  "spawning curl": (url) => {
    const { execFileSync } = builtin<{
      execFileSync(program: string, args: string[]): Uint8Array;
    }>("child_process");
    const decoder = new TextDecoder();
    return Promise.resolve(() => JSON.parse(decoder.decode(execFileSync("curl", ["-s", url]))));
  },
};

/** The worker of synckit, a file beside the program. */
export const SYNCKIT_WORKER = `import { runAsWorker } from "synckit";
runAsWorker(async (url) => await (await fetch(url)).json());
`;

/** Clients that are awaited. */
export function awaitedRivals(url: string, load: Load): Promise<Contender[]> {
  return contenders(awaited, url, load);
}

/** Clients that block, but for those that hang in this runtime. */
export function blockingRivals(
  url: string,
  load: Load,
  hanging: readonly string[],
): Promise<Contender[]> {
  const entries = Object.entries(blocking).filter(([name]) => !hanging.includes(name));
  return contenders(Object.fromEntries(entries), url, load);
}

/** The names of those that block. */
export const BLOCKING: readonly string[] = Object.keys(blocking);

/** Makes one call with a client that blocks; it may never return. */
export async function probe(name: string, url: string, load: Load): Promise<void> {
  (await blocking[name]?.(url, load))?.();
}

/** One that cannot be loaded fails at its first call, and its row says why. */
async function contenders(
  makers: Readonly<Record<string, Make>>,
  url: string,
  load: Load,
): Promise<Contender[]> {
  return await Promise.all(
    Object.entries(makers).map(async ([name, make]) => {
      try {
        return { name, run: await make(url, load) };
      } catch (error) {
        return { name, run: () => Promise.reject(error) };
      }
    }),
  );
}
