import { describe, SyncBridgeError } from "../errors.ts";
import type { Settle, SyncHost } from "../flow/drive_sync.ts";
import type { CallSite, Flow, UserFunction } from "../flow/flow.ts";
import type { Received } from "../http/received.ts";
import type { NormalizedRequest } from "../http/request.ts";
import { portableSource } from "../portable.ts";
import { mayRead } from "../runtime/capabilities.ts";
import { threadBridge } from "../transport/worker/bridge.ts";
import { startsWhileBlocked } from "../transport/worker/start_thread.ts";
import type { Target } from "../transport/worker/user_protocol.ts";
import { UserBridge } from "../transport/worker/user_bridge.ts";
import { threadWaiter } from "../transport/worker/waiter.ts";
import type { WireResponse } from "../transport/transport.ts";
import { fingerprint } from "../realm.ts";
import { registrationOf } from "../twin.ts";
import { nameOf, refuseAsync } from "../user_function.ts";
import { progressListener, toReceived, toWireRequest } from "./wire.ts";

let bridge: UserBridge | undefined;

/** The bridge to this thread's user worker. */
export function userBridge(): UserBridge | undefined {
  return bridge;
}

/** Counts one open client less; the workers stop with the last one. */
export function releaseWorkers(): void {
  if (threadBridge().release()) bridge?.stop();
}

/** Runs an async user function in the user worker, as a twin or by its source. */
export function invoke(...[operation, timeout, start, settle]: Invoke): () => void {
  const { fn, args, site } = operation;
  assertRunsAsync(fn, site);
  const target = targetOf(fn, site);
  if (!target) throw refuseAsync(fn, site, "async");
  const role = nameOf(fn, site);
  assertReadable(target, role);
  const next = site.role === "middleware" ? args[1] as UserFunction : undefined;
  return theBridge().run({
    ...{ target, role, args, timeout, settle },
    ...next && {
      next: (request, end) => start({ [Symbol.iterator]: () => begin(next, request) }, end),
    },
  });
}

type Invoke = Parameters<SyncHost["invoke"]>;

/** Sends with the user's own `fetch`, which runs in the user worker. */
export function sendWithFetch(
  fetch: UserFunction,
  request: NormalizedRequest,
  settle: Settle<Received>,
): () => void {
  const site = { role: '"fetch"' };
  assertRunsAsync(fetch, site);
  const target = targetOf(fetch, site);
  if (!target) throw refuseAsync(fetch, site, "async");
  const role = nameOf(fetch, site);
  assertReadable(target, role);
  if (request.stream || request.body?.kind === "stream") {
    const what = request.stream ? "a streamed response" : "a streamed body";
    throw new SyncBridgeError(
      `Cannot send ${describe(request, request.redact)} synchronously: ${what} does not go ` +
        `through a custom "fetch" in a sync call; give a "transport" with "sendSync" instead`,
    );
  }
  const { timeout } = request;
  const progress = progressListener(request);
  return theBridge().run({
    ...{ target, role, args: [], request: toWireRequest(request) },
    // The worker counts the attempt's time itself, unless the function never lets it.
    timeout: timeout === false ? false : timeout + FETCH_GRACE_MS,
    ...progress && { progress },
    settle(outcome) {
      if (!outcome.ok) return settle(outcome);
      const response = outcome.value as WireResponse<Uint8Array<ArrayBuffer> | null>;
      settle({ ok: true, value: toReceived(response, response.body) });
    },
  });
}

/** In a browser the worker would have to run before anybody knows that it is needed. */
function assertRunsAsync(fn: UserFunction, site: CallSite): void {
  if (startsWhileBlocked()) return;
  throw new SyncBridgeError(
    `Cannot run ${nameOf(fn, site)} in a sync call: a browser cannot run async functions for a ` +
      `blocked thread; make it a generator or a plain function`,
  );
}

const FETCH_GRACE_MS = 500;

function theBridge(): UserBridge {
  return bridge ??= new UserBridge(threadWaiter());
}

/** A request that `next` refuses fails where the function waits for it. */
function begin(next: UserFunction, request: unknown): Iterator<never, unknown, unknown> {
  return (next(request) as Flow<unknown>)[Symbol.iterator]() as Iterator<never, unknown, unknown>;
}

function targetOf(fn: UserFunction, site: CallSite): Target | undefined {
  const { method } = site;
  const own = method ? (method.object as Record<string, UserFunction>)[method.name] : fn;
  const source = portableSource(own as UserFunction);
  if (source !== undefined) return { kind: "source", source };
  const registration = registrationOf(fn, method);
  if (!registration) return undefined;
  const { module, path } = registration;
  return { kind: "twin", module, path, fingerprint: fingerprint(registration.fn) };
}

function assertReadable(target: Target, role: string): void {
  if (target.kind !== "twin" || mayRead(target.module) !== false) return;
  throw new SyncBridgeError(
    `Cannot run ${role} in a sync call: the worker may not read its module ` +
      `"${target.module}"; allow it with --allow-read, or make the function a generator`,
  );
}
