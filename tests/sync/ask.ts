/** Short words for tests of the bridge. */

import {
  type BodySource,
  type HttpRequest,
  type HttpResponse,
  isSource,
} from "../../src/http/message.ts";
import type { Attachments, Outcome } from "../../src/http/message.ts";
import { Bridge } from "../../src/sync/bridge.ts";
import { anyThreads as threads } from "../../src/sync/thread.ts";
import { Waiter } from "../../src/sync/link.ts";
import { native } from "../../src/transport/native.ts";
import { IO_WORKER } from "../support/worker_file.ts";

/** What a settled send brings. */
export type Settled = Outcome<HttpResponse>;

/** A bridge of its own, with the real worker unless another source is given. */
export function newBridge(source: string | URL = IO_WORKER): Bridge {
  const waiter = new Waiter();
  return new Bridge({ runtime: native, source, threads, waiter: () => waiter });
}

/** A request with the defaults of these tests. */
export function message(url: string, more: Partial<HttpRequest> = {}): HttpRequest {
  return {
    method: "GET",
    url,
    headers: [],
    body: null,
    timeoutMs: 10_000,
    maxResponseBytes: false,
    maxRequestBytes: false,
    stream: false,
    redirect: "manual",
    ...more,
  };
}

/** Serves until the condition holds; throws after a while. */
export function until(bridge: Bridge, done: () => boolean, limitMs = 20_000): void {
  const end = performance.now() + limitMs;
  while (!done()) {
    if (performance.now() > end) throw new Error("Waited in vain");
    bridge.wait(Math.max(end - performance.now(), 0));
  }
}

/** Sends and blocks for the outcome. */
export function outcomeOf(
  bridge: Bridge,
  request: HttpRequest,
  attachments: Attachments = {},
): Settled {
  const settled: Settled[] = [];
  bridge.start(request, attachments, (outcome) => settled.push(outcome));
  until(bridge, () => settled.length > 0);
  const [outcome] = settled;
  if (!outcome || settled.length > 1) throw new Error(`Settled ${settled.length} times`);
  return outcome;
}

/** Sends, blocks, and returns the error that it was settled with. */
export function errorOf(bridge: Bridge, request: HttpRequest): Error {
  const outcome = outcomeOf(bridge, request);
  if (outcome.ok) throw new Error(`Answered with status ${outcome.value.status}`);
  return outcome.error as Error;
}

/** Sends, blocks, and returns the response; throws what it was settled with. */
export function answerOf(
  bridge: Bridge,
  request: HttpRequest,
  attachments: Attachments = {},
): HttpResponse {
  const outcome = outcomeOf(bridge, request, attachments);
  if (!outcome.ok) throw outcome.error;
  return outcome.value;
}

/** Sends, blocks, and returns the bytes of the body. */
export function bytesOf(bridge: Bridge, request: HttpRequest): Uint8Array {
  const { body } = answerOf(bridge, request);
  if (body === null || isSource(body)) throw new Error("Not a buffered body");
  return body;
}

/** Sends, blocks, and returns the JSON of the body. */
export function jsonOf<T>(bridge: Bridge, request: HttpRequest): T {
  return JSON.parse(new TextDecoder().decode(bytesOf(bridge, request)));
}

/** Sends a streamed request and returns its body. */
export function streamOf(bridge: Bridge, request: HttpRequest): BodySource {
  const { body } = answerOf(bridge, { ...request, stream: true });
  if (!isSource(body)) throw new Error("Not a streamed body");
  return body;
}

/** Blocks for the next chunk; `undefined` is the end. */
export function readOf(bridge: Bridge, source: BodySource): Uint8Array | undefined {
  const settled: Outcome<Uint8Array | undefined>[] = [];
  source.read((outcome) => settled.push(outcome));
  until(bridge, () => settled.length > 0);
  const [outcome] = settled;
  if (!outcome?.ok) throw outcome?.error;
  return outcome.value;
}

/** A pause in which this thread is not blocked. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
