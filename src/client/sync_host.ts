import { describe, errorRequest, SyncUnavailableError } from "../errors.ts";
import { driveSync, type Settle, type SyncHost } from "../flow/drive_sync.ts";
import type { Flow } from "../flow/flow.ts";
import type { ChunkSource, Received } from "../http/received.ts";
import type { NormalizedRequest } from "../http/request.ts";
import { syncSupport } from "../runtime/capabilities.ts";
import { elapsed, realClock } from "../runtime/clock.ts";
import { type BridgeStream, threadBridge } from "../transport/worker/bridge.ts";
import { assertMayBlock } from "../twin.ts";
import { sendCustomSync } from "./custom_transport.ts";
import { AsyncSource, SyncSource } from "./sources.ts";
import { invoke, sendWithFetch, userBridge } from "./user_host.ts";
import { progressListener, toWireRequest } from "./wire.ts";

const host: SyncHost = {
  clock: {
    now: () => realClock.now(),
    random: () => realClock.random(),
    sleep: (ms, signal) => realClock.sleep(ms, signal),
    sleepSync(ms) {
      const { supported, reason } = syncSupport();
      if (supported || ms <= 0) return realClock.sleepSync(ms);
      throw new SyncUnavailableError(`Cannot wait synchronously: ${reason}`);
    },
  },
  elapsed,
  send,
  read,
  invoke,
  wait(ms) {
    const functions = userBridge();
    threadBridge().wait(Math.min(ms, functions?.remaining() ?? Infinity));
    functions?.expire();
  },
};

/** Runs a flow while this thread blocks. */
export function runBlocking<T>(flow: Flow<T>): T {
  assertMayBlock();
  return driveSync(flow, host);
}

function send(request: NormalizedRequest, settle: Settle<Received>): () => void {
  const { transport, fetch, redact, body } = request;
  if (body?.kind === "stream" && !(Symbol.iterator in body.stream)) {
    throw new TypeError(
      `Cannot send ${describe(request, redact)} synchronously: its body is an asynchronous ` +
        `stream, give bytes, a Blob or an Iterable<Uint8Array>`,
    );
  }
  if (transport) {
    settle({ ok: true, value: sendCustomSync(transport, request) });
    return () => {};
  }
  const { supported, reason } = syncSupport();
  if (!supported) {
    throw new SyncUnavailableError(
      `Cannot send ${describe(request, redact)} synchronously: ${reason}`,
      { request: errorRequest(request, redact), redact },
    );
  }
  if (fetch) return sendWithFetch(fetch, request, settle);
  const progress = progressListener(request);
  // The bridge knows an open stream by its handlers: they must not keep the call, and with it the
  // reader, from being collected.
  let waiting: Settle<Received> | undefined = settle;
  const pending = threadBridge().send(toWireRequest(request), {
    settle(outcome) {
      const settle = waiting as Settle<Received>;
      waiting = undefined;
      if (!outcome.ok) return settle(outcome);
      const { value } = outcome;
      const { body } = value;
      const whole = body === null || body instanceof Uint8Array;
      settle({ ok: true, value: { ...value, body: whole ? body : bridgeSource(body) } });
    },
    ...progress && { progress },
  });
  return () => pending.cancel();
}

function bridgeSource(stream: BridgeStream): SyncSource {
  return new SyncSource(
    (settle) => {
      const pending = stream.read(settle);
      return () => pending.cancel();
    },
    () => stream.close(),
  );
}

function read(source: ChunkSource, settle: Settle<Uint8Array | undefined>): () => void {
  if (source instanceof SyncSource) return source.read(settle);
  const advice = source instanceof AsyncSource
    ? 'it belongs to an async call, read it with "for await"'
    : "it belongs to another copy of the package";
  throw new TypeError(`Cannot read a streamed body synchronously: ${advice}`);
}
