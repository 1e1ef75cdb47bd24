/**
 * Measures how late a blocked call ends: after another thread has cancelled it, and after its
 * `timeout`. `deno run -A scripts/bench/latency.ts [rounds]`
 *
 * @module
 */

// deno-lint-ignore-file no-console -- a script talks to its terminal
import { CancelToken, create, runSync, sleep } from "../../mod.ts";
import { startServer } from "../../tests/support/server.ts";

const ROUNDS = Number(Deno.args[0] ?? 100);
const TIMEOUT_MS = 50;

const CANCELLER = `
import { CancelToken } from ${JSON.stringify(import.meta.resolve("../../src/cancel_token.ts"))};
self.onmessage = ({ data: { handle, ms, time } }) => {
  const token = CancelToken.from(handle);
  self.postMessage("armed");
  setTimeout(() => {
    new Float64Array(time)[0] = performance.timeOrigin + performance.now();
    token.cancel("measured");
  }, ms);
};`;

const worker = new Worker(
  URL.createObjectURL(new Blob([CANCELLER], { type: "text/javascript" })),
  { type: "module" },
);

/** Lets another thread cancel a token, at any time between two looks; tells how long ago. */
async function arm(cancelToken: CancelToken): Promise<() => number> {
  const time = new SharedArrayBuffer(8);
  await new Promise((resolve) => {
    worker.addEventListener("message", resolve, { once: true });
    worker.postMessage({ handle: cancelToken.share(), ms: 20 + Math.random() * 20, time });
  });
  return () => performance.timeOrigin + performance.now() - (new Float64Array(time)[0] ?? NaN);
}

async function measure(name: string, round: () => Promise<number>): Promise<void> {
  await round();
  const times: number[] = [];
  for (let count = 0; count < ROUNDS; count++) times.push(await round());
  times.sort((a, b) => a - b);
  const [median = NaN, worst = NaN] = [times[Math.floor(times.length / 2)], times.at(-1)];
  console.log(`${name}: median ${median.toFixed(2)} ms, worst ${worst.toFixed(2)} ms of ${ROUNDS}`);
}

async function cancelled(call: (cancelToken: CancelToken) => unknown): Promise<number> {
  const cancelToken = new CancelToken();
  const since = await arm(cancelToken);
  try {
    await call(cancelToken);
  } catch {
    return since();
  }
  throw new Error("The call was not cancelled");
}

function late(call: () => unknown): number {
  const start = performance.now();
  try {
    call();
  } catch {
    return performance.now() - start - TIMEOUT_MS;
  }
  throw new Error("The call did not time out");
}

await using server = await startServer();
using api = create({ baseURL: server.url });
await api.warmSync();

await measure(
  "getSync() cancelled by another thread, on the wire",
  () => cancelled((cancelToken) => api.getSync("/never", { cancelToken })),
);
const waiting = api.extend();
waiting.use(function* (request, next) {
  yield* sleep(10_000);
  return yield* next(request);
});
await measure(
  "getSync() cancelled by another thread, in a wait",
  () => cancelled((cancelToken) => waiting.getSync("/never", { cancelToken })),
);
await measure(
  "await get() cancelled by another thread",
  () => cancelled((cancelToken) => api.get("/never", { cancelToken })),
);
await measure(
  `getSync() beyond its timeout of ${TIMEOUT_MS} ms`,
  () => Promise.resolve(late(() => api.getSync("/never", { timeout: TIMEOUT_MS }))),
);
await measure(
  `getSync() beyond its totalTimeout of ${TIMEOUT_MS} ms`,
  () => Promise.resolve(late(() => api.getSync("/never", { totalTimeout: TIMEOUT_MS }))),
);
await measure(
  `runSync(sleep(${TIMEOUT_MS})), what this machine does at best`,
  () => {
    const start = performance.now();
    runSync(sleep(TIMEOUT_MS));
    return Promise.resolve(performance.now() - start - TIMEOUT_MS);
  },
);
worker.terminate();
