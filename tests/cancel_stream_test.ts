import { assert, assertEquals } from "@std/assert";
import { CancelError, CancelToken, create, type StreamResponse, TimeoutError } from "../mod.ts";
import type { SyncStreamResponse } from "../mod.ts";
import { keepWorker } from "./support/kept_worker.ts";
import { sharedFaultServer } from "./support/fault_server.ts";
import { eventually, sharedServer } from "./support/server.ts";
import { bothStyles, type StyleKit } from "./support/styles.ts";

const faults = sharedFaultServer();
const server = sharedServer();
keepWorker();

/** Reads to the end; returns how many bytes came. */
async function drain(
  stream: StreamResponse | SyncStreamResponse,
  onBytes: (size: number) => void = () => {},
): Promise<number> {
  let size = 0;
  for await (const chunk of stream.iterBytes()) onBytes(size += chunk.byteLength);
  return size;
}

async function closedByClient(t: StyleKit): Promise<void> {
  const { closedByClient } = await eventually(() => faults.log(t.key), ({ open }) => open === 0);
  assertEquals(closedByClient, 1);
}

bothStyles("timeout bounds the wait for each chunk of a stream", async (t) => {
  // The headers have to come in time, on a busy machine too.
  const api = create({ baseURL: faults.url, timeout: 500 });
  const stalled = await t.stream(api, `/stall-body?key=${t.key}`);
  const error = await t.fails(() => drain(stalled), TimeoutError);
  assertEquals(error.phase, "attempt");
  await closedByClient(t);
  // Longer in all, never between two chunks.
  const slow = await t.stream(api, "/slow-drip?size=30&gap=20");
  assertEquals(await drain(slow), 30);
});

bothStyles("totalTimeout bounds a stream to its end", async (t) => {
  const api = create({ baseURL: faults.url, totalTimeout: 200 });
  const path = `/slow-drip?size=1000&gap=20&key=${t.key}`;
  const error = await t.fails(async () => drain(await t.stream(api, path)), TimeoutError);
  assertEquals(error.phase, "total");
  await closedByClient(t);
});

bothStyles("a token ends a stream between two chunks", async (t) => {
  const cancelToken = new CancelToken();
  const api = create({ baseURL: faults.url, cancelToken });
  const stream = await t.stream(api, `/slow-drip?size=1000&gap=10&key=${t.key}`);
  const stop = (size: number): void => {
    if (size >= 3) cancelToken.cancel("enough");
  };
  const error = await t.fails(() => drain(stream, stop), CancelError);
  assertEquals(error.reason, "enough");
  await closedByClient(t);
});

bothStyles("a stream leaves no listener on its signal", async (t) => {
  const { signal } = new AbortController();
  const listeners = new Set<unknown>();
  const { addEventListener, removeEventListener } = signal;
  signal.addEventListener = (type: string, listener: unknown): void => {
    listeners.add(listener);
    addEventListener.call(signal, type, listener as EventListener);
  };
  signal.removeEventListener = (type: string, listener: unknown): void => {
    listeners.delete(listener);
    removeEventListener.call(signal, type, listener as EventListener);
  };
  const api = create({ baseURL: server.url, signal });
  assertEquals(await drain(await t.stream(api, "/stream?size=300000")), 300_000);
  const left = await t.stream(api, "/stream?size=300000");
  await left.close();
  assertEquals(listeners.size, 0);
});

bothStyles("a stream's redirects and refused statuses leave their connection free", async (t) => {
  const api = create({
    baseURL: server.url,
    maxRetries: 3,
    retryStrategy: { getDelay: () => 0 },
  });
  const redirected = await t.stream(api, `/redirect/3?key=${t.key}`);
  assert(redirected.redirected);
  await drain(redirected);
  await drain(await t.stream(api, `/fail-then/2?key=${t.key}`));
  const peers = (await server.requests(t.key)).map(({ peer }) => peer);
  assertEquals([peers.length, new Set(peers).size], [7, 1]);
});
