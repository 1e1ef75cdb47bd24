import { StreamHandle, type StreamStyle } from "../flow/stream_handle.ts";
import { asyncDriver } from "./async_host.ts";
import { asyncItems, syncItems } from "./iterators.ts";
import { runBlocking } from "./sync_host.ts";

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
