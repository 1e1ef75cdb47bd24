import type { Flow } from "../flow/flow.ts";
import { end, type Items } from "../flow/items.ts";
import { StreamHandle, type StreamStyle } from "../flow/stream_handle.ts";
import { asyncDriver } from "./async_host.ts";
import { runBlocking } from "./sync_host.ts";

/** Items by `for await`; steps that are asked for at once wait for each other. */
export function asyncItems<T>(items: Items<T>): AsyncIterableIterator<T, undefined> {
  let left = false;
  let last: Promise<unknown> = Promise.resolve();
  const step = () => {
    if (left) return end();
    return items.ready() ?? asyncDriver.run(items.advance()).catch((error) => {
      if (left) return end();
      throw error;
    });
  };
  const next = (): Promise<IteratorResult<T, undefined>> => {
    const result = last.then(step, step);
    last = result;
    return result;
  };
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    next,
    return() {
      left = true;
      items.close();
      return Promise.resolve(end());
    },
  };
}

/** Items by `for`; the thread blocks where one is not there yet. */
export function syncItems<T>(
  items: Items<T>,
  block: <U>(flow: Flow<U>) => U = runBlocking,
): IterableIterator<T, undefined> {
  let left = false;
  return {
    [Symbol.iterator]() {
      return this;
    },
    next: () => left ? end() : items.ready() ?? block(items.advance()),
    return() {
      left = true;
      items.close();
      return end();
    },
  };
}

const ASYNC: StreamStyle = { items: asyncItems, run: (flow) => asyncDriver.run(flow) };
const SYNC: StreamStyle = { items: (items) => syncItems(items), run: runBlocking };

class AsyncHandle extends StreamHandle {
  [Symbol.asyncDispose](): Promise<void> {
    this.close();
    return Promise.resolve();
  }
}

/** What an awaited call gives its caller for what its flow gave: a stream in its own form. */
export function toAsyncStream(result: unknown): unknown {
  const response = StreamHandle.responseOf(result);
  return response ? new AsyncHandle(response, ASYNC) : result;
}

/** The same for a call that blocks. */
export function toSyncStream(result: unknown): unknown {
  const response = StreamHandle.responseOf(result);
  return response ? new StreamHandle(response, SYNC) : result;
}

/** Whether a call asks for a stream; its own config alone can. */
export function asksForStream(config: unknown): boolean {
  return (config as { stream?: unknown } | null | undefined)?.stream === true;
}
