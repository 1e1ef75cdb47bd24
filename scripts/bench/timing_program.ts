/**
 * Times the scenarios in one process of one runtime. Started by `main.ts`; the last argument says
 * where the client, the server and the packages are.
 *
 * @module
 */

import type * as Package from "../../mod.ts";
import { fetchAsClient, startBareWorker } from "./floors.ts";
import { given, nodeProcess, report } from "./node_parts.ts";
import { awaitedRivals, blockingRivals, type Load } from "./rivals.ts";
import { type Contender, timeInTurns, type TurnOptions } from "./turns.ts";

/** What the program is told. */
export interface TimingTask {
  /** What to import the client from. */
  readonly client: string;
  /** What to import an old commit's from. */
  readonly before?: string;
  /** Where `/small`, `/1m` and `/64m` are. */
  readonly files: string;
  /** Where `/wait/<ms>` and `/flaky` are. */
  readonly origin: string;
  readonly scenarios: readonly { readonly name: string; readonly options: TurnOptions }[];
  /** Clients to leave out. */
  readonly hanging: readonly string[];
}

/** What it tells of each scenario. */
export interface TimingResult {
  readonly scenario: string;
  readonly timed: Awaited<ReturnType<typeof timeInTurns>>;
}

const { client, before, files, origin, scenarios, hanging }: TimingTask = given();
const ax: typeof Package = await import(client);
const load: Load = (name) => import(name);
const api = ax.create();
await api.warmSync();
/** What calls are made with, and what is said behind their names. */
const clients: [api: Package.Client, label: string][] = [[api, ""]];
if (before !== undefined) {
  const old: typeof Package = await import(before);
  clients.push([old.create(), ", before"]);
}

const json = async (url: string): Promise<unknown> => await (await fetch(url)).json();
// Node's own dispatcher is to be there before the package "undici" leaves its own, for all fetches.
await json(`${files}/small`);

/** `fetch` comes twice: the second shows what the machine's noise is. */
const fetches = (url: string): Contender[] => [
  { name: "fetch", run: () => json(url) },
  { name: "fetch again", again: true, run: () => json(url) },
];

const bare = startBareWorker();
const bareJson = (url: string): Contender => ({
  name: "bare worker",
  run: () => bare.getJson(url),
});
const getJson = (url: string): Contender[] =>
  clients.map(([api, label]) => ({ name: `await get${label}`, run: () => api.get(url) }));
const getSyncJson = (url: string): Contender[] =>
  clients.map(([api, label]) => ({ name: `getSync${label}`, run: () => api.getSync(url) }));

function times<T>(count: number, make: () => T): T[] {
  return Array.from({ length: count }, make);
}

async function readAll(body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<void> {
  let size = 0;
  for await (const chunk of body) size += chunk.length;
  check(size);
}

let expected = 0;

function check(size: number): void {
  if (size !== expected) throw new Error(`Got ${size} bytes instead of ${expected}`);
}

function bodies(url: string, size: number): Contender[] {
  const config = { responseType: "bytes" } as const;
  const plain = async (): Promise<void> =>
    check((await (await fetch(url)).arrayBuffer()).byteLength);
  expected = size;
  return [
    { name: "fetch", run: plain },
    { name: "fetch again", again: true, run: plain },
    {
      name: "await get",
      run: async () => check((await api.get<Uint8Array>(url, config)).data.length),
    },
    { name: "getSync", run: () => check(api.getSync<Uint8Array>(url, config).data.length) },
    { name: "fetch, streamed", run: async () => await readAll((await fetch(url)).body ?? []) },
    {
      name: "await get, streamed",
      run: async () => await readAll((await api.stream(url)).iterBytes()),
    },
    {
      name: "getSync, streamed",
      run: () => {
        let size = 0;
        for (const chunk of api.streamSync(url).iterBytes()) size += chunk.length;
        check(size);
      },
    },
  ];
}

function intercepted(): Package.Client {
  const child = api.extend();
  for (let count = 0; count < 10; count++) {
    child.interceptors.request.use((request) => {
      request.headers.set("x-count", String(count));
    });
    child.interceptors.response.use((response) => response);
  }
  return child;
}

function retrying(): Package.Client {
  return api.extend({
    maxRetries: 2,
    retryStrategy: new ax.FixedDelay({ delay: 0 }),
    retryOnStatus: [503],
  });
}

async function untilOk(url: string): Promise<unknown> {
  for (;;) {
    const response = await fetch(url);
    if (response.ok) return await response.json();
    await response.arrayBuffer();
  }
}

type Scenario = () => Contender[] | Promise<Contender[]>;

const SCENARIOS: Readonly<Record<string, Scenario>> = {
  "async small JSON": async () => {
    const url = `${files}/small`;
    const floor = { name: "fetch, same options", run: () => fetchAsClient(url) };
    return [...fetches(url), floor, ...getJson(url), ...await awaitedRivals(url, load)];
  },
  "sync small JSON": () => {
    const url = `${files}/small`;
    const pinged = startBareWorker();
    // Each worker as often as the other: the one with more turns would have the warmer caches.
    return [
      bareJson(url),
      { ...bareJson(url), name: "bare worker again", again: true },
      ...getSyncJson(url),
      { name: "getSync again", again: true, run: () => api.getSync(url) },
      ...fetches(url).slice(0, 1),
      { name: "two wake-ups", run: () => pinged.ping() },
    ];
  },
  // Apart from the floors: each of them has a worker too, and five fill the caches of two cores.
  "sync small JSON, others": async () => {
    const url = `${files}/small`;
    return [...getSyncJson(url), ...await blockingRivals(url, load, hanging)];
  },
  "sync, 10 ms on the server": () => {
    const url = `${origin}/wait/10`;
    return [...fetches(url), ...getSyncJson(url), bareJson(url)];
  },
  "100 × 20 ms at once": () => {
    const url = `${origin}/wait/20`;
    const all = () => Promise.all(times(100, () => json(url)));
    return [
      { name: "fetch", run: all },
      { name: "fetch again", again: true, run: all },
      { name: "bare worker, all at once", run: () => bare.getAllJson(times(100, () => url)) },
      ...clients.map(([api, label]) => ({
        name: `allSync${label}`,
        run: () => api.allSync(times(100, () => api.flow.get(url))),
      })),
      { name: "await get", run: () => Promise.all(times(100, () => api.get(url))) },
    ];
  },
  "1,000 at once": () => {
    const url = `${files}/small`;
    const all = () => Promise.all(times(1_000, () => json(url)));
    return [
      { name: "fetch", run: all },
      { name: "fetch again", again: true, run: all },
      ...clients.map(([api, label]) => ({
        name: `await get${label}`,
        run: () => Promise.all(times(1_000, () => api.get(url))),
      })),
    ];
  },
  "body of 1 MiB": () => bodies(`${files}/1m`, 1 << 20),
  "body of 64 MiB": () => bodies(`${files}/64m`, 1 << 26),
  "10 interceptors each way": () => {
    const url = `${files}/small`;
    const child = intercepted();
    return [
      { name: "await get", run: () => api.get(url) },
      { name: "await get, intercepted", run: () => child.get(url) },
      { name: "getSync", run: () => api.getSync(url) },
      { name: "getSync, intercepted", run: () => child.getSync(url) },
    ];
  },
  "one retry": () => {
    // The server refuses every other request, so each contender must end with a good one.
    const url = `${origin}/flaky`;
    const child = retrying();
    return [
      { name: "fetch twice", run: () => untilOk(url) },
      { name: "await get", run: () => child.get(url) },
      { name: "getSync", run: () => child.getSync(url) },
    ];
  },
};

for (const { name: scenario, options } of scenarios) {
  const make = SCENARIOS[scenario];
  if (!make) continue;
  report({ scenario, timed: await timeInTurns(await make(), options) } satisfies TimingResult);
}
for (const [api] of clients) api.close();
nodeProcess.exit(0);
