/**
 * `allSync` of 100 requests with 20 ms of server time against one batch of `Promise.all(fetch)`, in
 * turns, and whether failing flows leave a request open.
 *
 * @module
 */

// deno-lint-ignore-file no-console -- a script talks to its terminal
import { create } from "../../mod.ts";
import { eventually, startServer } from "../../tests/support/server.ts";

const ROUNDS = Number(Deno.args[0] ?? 15);
const COUNT = 100;

await using server = await startServer();
const api = create({ baseURL: server.url, timeout: 10_000 });
const url = `${server.url}/delay/20`;
const indexes = Array.from({ length: COUNT }, (_, index) => index);

async function batch(): Promise<number> {
  const start = performance.now();
  await Promise.all(indexes.map(async () => await (await fetch(url)).json()));
  return performance.now() - start;
}

function allSync(): number {
  const start = performance.now();
  api.allSync(indexes.map(() => api.flow.get("/delay/20")));
  return performance.now() - start;
}

/** Quartiles. */
function spread(values: number[]): [number, number, number] {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (part: number) => sorted[Math.floor((sorted.length - 1) * part)] ?? NaN;
  return [at(0.25), at(0.5), at(0.75)];
}

for (let warm = 0; warm < 3; warm++) {
  await batch();
  allSync();
}
const [fetched, synced, ratios]: [number[], number[], number[]] = [[], [], []];
for (let round = 0; round < ROUNDS; round++) {
  const one = round % 2 === 0 ? await batch() : 0;
  const two = allSync();
  const reference = one || await batch();
  fetched.push(reference);
  synced.push(two);
  ratios.push(two / reference);
}
const text = (values: number[]) => spread(values).map((value) => value.toFixed(2)).join(" / ");
console.log(`Promise.all(fetch), ms (quartiles): ${text(fetched)}`);
console.log(`allSync, ms:                        ${text(synced)}`);
console.log(`ratio:                              ${text(ratios)}`);

const key = "failing";
const flows = indexes.map((index) =>
  api.flow.get(index % 40 === 7 ? `/status/500?key=${key}` : `/delay/3000?key=${key}`)
);
const start = performance.now();
let failed = "none";
try {
  api.allSync(flows);
} catch (error) {
  failed = (error as Error).name;
}
const ended = performance.now() - start;
const open = await eventually(() => server.open(key), (count) => count === 0);
console.log(
  `3 failing of ${COUNT}: ${failed} after ${ended.toFixed(0)} ms, ${open} requests left open`,
);
api.close();
