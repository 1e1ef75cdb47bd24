import { assert, assertEquals } from "@std/assert";
import { CancelToken, type Client, create, type Transport } from "../mod.ts";
import { VirtualClock } from "../src/testing/virtual_clock.ts";
import { sharedServer } from "./support/server.ts";
import { bothStyles, type StyleKit } from "./support/styles.ts";

const server = sharedServer();
const CALLS = 100_000;
const URL_A = "https://example.com/a";

/** Some requests fail, so that retries and their waits are part of it. */
function flaky(): Transport {
  let count = 0;
  const sendSync = () => ({ status: ++count % 1_000 === 0 ? 503 : 204, headers: {}, body: null });
  return { sendSync, send: () => Promise.resolve(sendSync()) };
}

/** Counts the listeners on a signal. */
function watch(signal: AbortSignal) {
  const listeners = new Set<unknown>();
  const counts = { now: 0, most: 0, added: 0 };
  const { addEventListener, removeEventListener } = signal;
  const update = (): void => {
    counts.now = listeners.size;
    counts.most = Math.max(counts.most, counts.now);
  };
  signal.addEventListener = (type: string, listener: unknown, options?: unknown): void => {
    listeners.add(listener);
    counts.added++;
    update();
    addEventListener.call(signal, type, listener as EventListener, options as undefined);
  };
  signal.removeEventListener = (type: string, listener: unknown): void => {
    listeners.delete(listener);
    update();
    removeEventListener.call(signal, type, listener as EventListener);
  };
  return counts;
}

async function callOften(t: StyleKit, api: Client, calls: number): Promise<void> {
  // Without the kit's promises, which would cost more than the calls.
  if (t.style === "async") { for (let n = 0; n < calls; n++) await api.get(URL_A); }
  else for (let n = 0; n < calls; n++) api.getSync(URL_A);
}

bothStyles(`no listener is left on a signal after ${CALLS} calls`, async (t) => {
  const { signal } = new AbortController();
  const counts = watch(signal);
  const clock = new VirtualClock();
  const api = create({ transport: flaky(), clock, signal, maxRetries: 2, totalTimeout: 60_000 });
  await callOften(t, api, CALLS);
  assertEquals(counts.now, 0);
  assert(counts.most <= 2, `${counts.most} listeners at once`);
});

bothStyles(`no listener or waiter is left on a token after ${CALLS} calls`, async (t) => {
  const original = Atomics.waitAsync;
  const cancelToken = new CancelToken();
  cancelToken.share();
  const counts = { now: 0, most: 0, waits: 0 };
  const onCancel = cancelToken.onCancel.bind(cancelToken);
  cancelToken.onCancel = (listener) => {
    const stop = onCancel(listener);
    counts.most = Math.max(counts.most, ++counts.now);
    let stopped = false;
    return () => {
      if (!stopped) counts.now--;
      stopped = true;
      stop();
    };
  };
  try {
    // deno-lint-ignore no-explicit-any -- one of its overloads
    Atomics.waitAsync = (...args: any[]) => {
      if ((args[0] as Int32Array).buffer === cancelToken.share().shared) counts.waits++;
      return (original as (...args: unknown[]) => ReturnType<typeof original>)(...args);
    };
    const api = create({
      transport: flaky(),
      clock: new VirtualClock(),
      cancelToken,
      maxRetries: 2,
    });
    await callOften(t, api, CALLS);
  } finally {
    Atomics.waitAsync = original;
  }
  assertEquals(counts.now, 0);
  assert(counts.most <= 2, `${counts.most} listeners at once`);
  assert(counts.waits <= 1, `${counts.waits} waiters`);
});

bothStyles("no listener is left on a signal after calls over the network", async (t) => {
  const { signal } = new AbortController();
  const counts = watch(signal);
  const api = create({ baseURL: server.url, signal, timeout: 300 });
  for (let n = 0; n < 50; n++) await t.get(api, "/json");
  await t.get(api, "/status/500").catch(() => {});
  await t.get(api, "/never").catch(() => {});
  await t.get(api, "/redirect/3");
  assertEquals(counts.now, 0);
});

bothStyles("no listener is left on a signal that has fired", async (t) => {
  const controller = new AbortController();
  const counts = watch(controller.signal);
  const api = create({ transport: flaky(), signal: controller.signal });
  api.interceptors.request.use(() => controller.abort());
  await t.get(api, URL_A).catch(() => {});
  assertEquals(counts.now, 0);
});
