/**
 * Tells when a call goes through Node's dispatcher, and what sees it: `node uses.mjs <server>`.
 * Prints one line of JSON, `{ name: [actual, expected] }`.
 */

// deno-lint-ignore-file no-console -- the test reads what it prints
import { AsyncLocalStorage } from "node:async_hooks";
import { subscribe } from "node:diagnostics_channel";
import process from "node:process";
import { type AxResponse, create, type RequestConfig } from "../../../mod.ts";

interface Dispatcher {
  dispatch(options: object, handler: object): boolean;
  isMockActive?: boolean;
}

const controlled = Number(process.versions.undici?.split(".")[0]) >= 8;
const PLACE = Symbol.for(`undici.globalDispatcher.${controlled ? 2 : 1}`);
const realm = globalThis as unknown as Record<symbol, Dispatcher | undefined>;
const [, , server = ""] = process.argv;
const told: Record<string, [actual: unknown, expected: unknown]> = {};

const nativeFetch = globalThis.fetch;
const api = create({ baseURL: server });
told["import and create leave undici alone"] = [PLACE in realm, false];

/** How many calls fetch has made: only it leaves entries of resource timing. */
async function fetched(): Promise<number> {
  // It makes them a moment after the body has ended.
  await new Promise((resolve) => setImmediate(resolve));
  return performance.getEntriesByType("resource").length;
}

/** Who carried a call. */
async function carrier(config?: RequestConfig, client = api): Promise<string> {
  const before = await fetched();
  await client.get("/ok", config);
  return await fetched() === before ? "dispatcher" : "fetch";
}

async function first(): Promise<string[]> {
  const carriers: string[] = [];
  for (let left = 4; left > 0; left--) carriers.push(await carrier());
  return carriers;
}

told["fetch carries the first two calls to an origin"] = [
  await first(),
  ["fetch", "fetch", "dispatcher", "dispatcher"],
];

async function byFetch(config: RequestConfig): Promise<string> {
  return await carrier(config);
}
told["network.dispatch: false"] = [await byFetch({ network: { dispatch: false } }), "fetch"];
told["network.dispatch: true"] = [await byFetch({ network: { dispatch: true } }), "dispatcher"];
told["fetchOptions"] = [await byFetch({ fetchOptions: { cache: "no-store" } }), "fetch"];
told["a fetch of the user's"] = [
  await byFetch({ fetch: (url, init) => nativeFetch(url, init) }),
  "fetch",
];

const channels: string[] = [];
for (const name of ["create", "headers", "trailers"]) {
  subscribe(`undici:request:${name}`, () => channels.push(name));
}
await carrier();
told["diagnostics channels"] = [channels.splice(0), ["create", "headers", "trailers"]];

/** Calls with another dispatcher in place, and tells whose handlers it got. */
async function under(isMockActive: boolean): Promise<string[]> {
  const real = realm[PLACE] as Dispatcher;
  const handlers: string[] = [];
  realm[PLACE] = {
    isMockActive,
    dispatch(options, handler) {
      const plain = Object.getPrototypeOf(handler) === Object.prototype;
      handlers.push(plain ? "fetch" : "dispatcher");
      return real.dispatch(options, handler);
    },
  };
  try {
    await api.get("/ok");
  } finally {
    realm[PLACE] = real;
  }
  return handlers;
}
told["a dispatcher that the program has set"] = [await under(false), ["dispatcher"]];
told["a MockAgent"] = [await under(true), ["fetch"]];

async function withDouble(): Promise<unknown> {
  const urls: unknown[] = [];
  globalThis.fetch = (input) => {
    urls.push(input);
    return Promise.resolve(Response.json({ double: true }));
  };
  try {
    const { data } = await api.get("/ok");
    return [urls.length, data];
  } finally {
    globalThis.fetch = nativeFetch;
  }
}
told["a test double of fetch"] = [await withDouble(), [1, { double: true }]];
told["fetch that was put back"] = [await carrier(), "dispatcher"];

const ORIGIN = Symbol.for("undici.globalOrigin.1");
realm[ORIGIN] = undefined;
told["an origin for fetch"] = [await carrier(), "fetch"];
delete realm[ORIGIN];

const storage = new AsyncLocalStorage<string>();
const seen: unknown[] = [];
const watched = api.extend({});
watched.interceptors.response.use((response: AxResponse<unknown>) => {
  seen.push(storage.getStore());
  return response;
});
await storage.run("mine", async () => {
  await watched.get("/ok");
  await watched.get("/ok", { onDownloadProgress: () => seen.push(storage.getStore()) });
  const stream = await watched.stream("/large?size=200000");
  for await (const _ of stream.iterBytes()) seen.push(storage.getStore());
});
told["AsyncLocalStorage"] = [[...new Set(seen)], ["mine"]];

const bytes = new Uint8Array(100_000).fill(1);
const posting = api.post<{ length: number }>("/ok?key=changed", { data: bytes });
bytes.fill(2);
await posting;
const { requests: [changed] } = await (await fetch(`${server}/__log?key=changed`)).json() as {
  requests: { sum: number }[];
};
const sum = new Uint8Array(100_000).reduce((sum) => (Math.imul(sum, 31) + 1) >>> 0, 0);
told["bytes that change after the call"] = [changed?.sum, sum];

const stream = await api.stream("/large?size=500000000&key=left");
for await (const _ of stream.iterBytes()) break;
interface Log {
  readonly sockets: readonly { closedBy: string | null }[];
}
let closedBy: string | null = null;
for (let tries = 0; closedBy === null && tries < 200; tries++) {
  await new Promise((resolve) => setTimeout(resolve, 10));
  const log = await (await fetch(`${server}/__log?key=left`)).json() as Log;
  closedBy = log.sockets[0]?.closedBy ?? null;
}
told["a stream that was left frees its connection"] = [closedBy, "client"];

const before = process.resourceUsage().maxRSS;
const huge = await api.get("/zeros?mib=700&layers=1", { maxResponseSize: 1_000_000 })
  .catch((error) => error.code);
const grown = (process.resourceUsage().maxRSS - before) / 1024;
told["700 MiB of zeros are no 700 MiB in memory"] = [
  [huge, grown < 60 ? "small" : grown],
  ["AX_BODY_SIZE", "small"],
];

api.close();
// Without process.exit: nothing is left that would keep it.
console.log(JSON.stringify(told));
