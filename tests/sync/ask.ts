/** Short words for tests of the bridge. */

import type { Outcome, WireRequest, WireResponse } from "../../../src/http/transport.ts";
import type { Bridge, BridgeStream } from "../../../src/transport/worker/bridge.ts";

/** What a settled send brings. */
export type Settled = Outcome<WireResponse<Uint8Array<ArrayBuffer> | BridgeStream | null>>;

/** A request with the defaults of these tests. */
export function wire(url: string, more: Partial<WireRequest> = {}): WireRequest {
  return {
    method: "GET",
    url,
    headers: [],
    body: null,
    timeout: 10_000,
    maxResponseSize: false,
    stream: false,
    redirect: "manual",
    ...more,
  };
}

/** Serves until the condition holds; throws after ten seconds. */
export function until(bridge: Bridge, done: () => boolean, limitMs = 10_000): void {
  const end = performance.now() + limitMs;
  while (!done()) {
    if (performance.now() > end) throw new Error("Waited in vain");
    bridge.wait(Math.max(end - performance.now(), 0));
  }
}

/** Sends and blocks for the outcome. */
export function outcomeOf(bridge: Bridge, request: WireRequest, limitMs?: number): Settled {
  const settled: Settled[] = [];
  bridge.send(request, { settle: (outcome) => settled.push(outcome) });
  until(bridge, () => settled.length > 0, limitMs);
  const [outcome] = settled;
  if (!outcome || settled.length > 1) throw new Error(`Settled ${settled.length} times`);
  return outcome;
}

/** Sends, blocks, and returns the response; throws what it was settled with. */
export function answerOf(
  bridge: Bridge,
  request: WireRequest,
): WireResponse<Uint8Array<ArrayBuffer> | BridgeStream | null> {
  const outcome = outcomeOf(bridge, request);
  if (!outcome.ok) throw outcome.error;
  return outcome.value;
}

/** Sends, blocks, and returns the bytes of the body. */
export function bytesOf(bridge: Bridge, request: WireRequest): Uint8Array<ArrayBuffer> {
  const { body } = answerOf(bridge, request);
  if (!(body instanceof Uint8Array)) throw new Error("Not a buffered body");
  return body;
}

/** Sends, blocks, and returns the JSON of the body. */
export function jsonOf<T>(bridge: Bridge, request: WireRequest): T {
  return JSON.parse(new TextDecoder().decode(bytesOf(bridge, request)));
}

/** Sends a streamed request and returns its body. */
export function streamOf(bridge: Bridge, request: WireRequest): BridgeStream {
  const { body } = answerOf(bridge, { ...request, stream: true });
  if (body === null || body instanceof Uint8Array) throw new Error("Not a streamed body");
  return body;
}

/** Blocks for the next chunk; `undefined` is the end. */
export function readOf(bridge: Bridge, stream: BridgeStream): Uint8Array<ArrayBuffer> | undefined {
  const settled: Outcome<Uint8Array<ArrayBuffer> | undefined>[] = [];
  stream.read((outcome) => settled.push(outcome));
  until(bridge, () => settled.length > 0);
  const [outcome] = settled;
  if (!outcome?.ok) throw outcome?.error;
  return outcome.value;
}

/** A pause in which this thread is not blocked. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
