import { describe, SyncBridgeError } from "../errors.ts";
import type { Settle, SyncHost } from "../flow/drive_sync.ts";
import type { CallSite, Flow, UserFunction } from "../flow/flow.ts";
import type { Received } from "../http/received.ts";
import type { NormalizedRequest } from "../http/request.ts";
import { portableSource } from "../portable.ts";
import { mayRead } from "../runtime/capabilities.ts";
import type { NativeResponse } from "../transport/exchange.ts";
import { errorOf, type Failure, refuseSend } from "../transport/failure.ts";
import { threadBridge } from "../transport/worker/bridge.ts";
import { startsWhileBlocked } from "../transport/worker/start_thread.ts";
import type { Target } from "../transport/worker/user_protocol.ts";
import { UserBridge } from "../transport/worker/user_bridge.ts";
import type { UserCall } from "../transport/worker/user_session.ts";
import { threadWaiter } from "../transport/worker/waiter.ts";
import { registrationOf } from "../twin.ts";
import { nameOf, refuseAsync } from "../user_function.ts";
import { progressListener, toWireRequest } from "./wire.ts";

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
  const next = site.role === "middleware" ? args[1] as UserFunction : undefined;
  return run(fn, site, {
    ...{ args, timeout, settle },
    ...next && {
      next: (request, end) => start({ [Symbol.iterator]: () => begin(next, request) }, end),
    },
  });
}

type Invoke = Parameters<SyncHost["invoke"]>;

/** A request that `next` refuses fails where the function waits for it. */
function begin(next: UserFunction, request: unknown): Iterator<never, unknown, unknown> {
  return (next(request) as Flow<unknown>)[Symbol.iterator]() as Iterator<never, unknown, unknown>;
}

/** A limit of its own holds the attempt's time; this one is for a function that never lets it. */
const FETCH_GRACE_MS = 500;

/** Sends with the user's own `fetch`, which runs in the user worker. */
export function sendWithFetch(
  fetch: UserFunction,
  request: NormalizedRequest,
  settle: Settle<Received>,
): () => void {
  const { timeout, stream, body, redact } = request;
  if (stream || body?.kind === "stream") {
    const what = stream ? "a streamed response" : "a streamed body";
    throw new SyncBridgeError(
      `Cannot send ${describe(request, redact)} synchronously: ${what} does not go through a ` +
        `custom "fetch" in a sync call; give a "transport" with "sendSync" instead`,
    );
  }
  const wire = toWireRequest(request);
  refuseSend(wire, true);
  return run(fetch, { role: '"fetch"' }, {
    ...{ args: [], request: wire, progress: progressListener(request) },
    timeout: timeout === false ? false : timeout + FETCH_GRACE_MS,
    settle(outcome) {
      if (outcome.ok) {
        return settle({
          ok: true,
          value: outcome.value as NativeResponse<Uint8Array<ArrayBuffer>>,
        });
      }
      const { error } = outcome;
      const failed = error instanceof Error ? error : errorOf(wire, error as Failure, true);
      settle({ ok: false, error: failed });
    },
  });
}

function run(
  fn: UserFunction,
  site: CallSite,
  call: Omit<UserCall, "target" | "role">,
): () => void {
  const role = nameOf(fn, site);
  const refuse = (why: string): SyncBridgeError =>
    new SyncBridgeError(`Cannot run ${role} in a sync call: ${why}`);
  // The worker would have to run before anybody knows that it is needed.
  if (!startsWhileBlocked()) {
    throw refuse(
      "a browser cannot run async functions for a blocked thread; make it a generator or a plain " +
        "function",
    );
  }
  const target = targetOf(fn, site);
  if (!target) throw refuseAsync(fn, site, "async");
  if (target.kind === "twin" && mayRead(target.module) === false) {
    throw refuse(
      `the worker may not read its module "${target.module}"; allow it with --allow-read, or make ` +
        `the function a generator`,
    );
  }
  bridge ??= new UserBridge(threadWaiter());
  return bridge.run({ ...call, target, role });
}

function targetOf(fn: UserFunction, { method }: CallSite): Target | undefined {
  const own = method ? (method.object as Record<string, UserFunction>)[method.name] : fn;
  const source = portableSource(own as UserFunction);
  return source === undefined ? registrationOf(fn, method) : { kind: "source", source };
}
