import { StreamFacts } from "../flow/stream_facts.ts";
import { StreamResponse } from "./stream_response.ts";
import { SyncStreamResponse } from "./sync_stream_response.ts";

/** What an awaited call gives its caller for what its flow gave: a stream in its own form. */
export function toAsyncStream(result: unknown): unknown {
  const response = StreamFacts.responseOf(result);
  return response ? new StreamResponse(response) : result;
}

/** The same for a call that blocks. */
export function toSyncStream(result: unknown): unknown {
  const response = StreamFacts.responseOf(result);
  return response ? new SyncStreamResponse(response) : result;
}

/** Whether a call asks for a stream; its own config alone can. */
export function asksForStream(config: unknown): boolean {
  return (config as { stream?: unknown } | null | undefined)?.stream === true;
}
