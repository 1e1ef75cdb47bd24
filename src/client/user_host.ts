import { SyncBridgeError } from "../errors.ts";
import type { SyncHost } from "../flow/drive_sync.ts";
import type { Flow, UserFunction } from "../flow/flow.ts";
import { portableSource } from "../portable.ts";
import { mayRead } from "../runtime/capabilities.ts";
import { fingerprint, registrationOf } from "../twin.ts";
import type { Target } from "../transport/worker/user_protocol.ts";
import { UserBridge } from "../transport/worker/user_bridge.ts";
import { threadWaiter } from "../transport/worker/waiter.ts";
import { nameOf, refuseAsync } from "../user_function.ts";

let bridge: UserBridge | undefined;

/** The bridge to this thread's user worker. */
export function userBridge(): UserBridge | undefined {
  return bridge;
}

/** Runs an async user function in the user worker, as a twin or by its source. */
export const invoke: SyncHost["invoke"] = (operation, timeout, start, settle) => {
  const { fn, args, site } = operation;
  const target = targetOf(fn);
  if (!target) throw refuseAsync(fn, site, "async");
  const role = nameOf(fn, site);
  if (target.kind === "twin" && mayRead(target.module) === false) {
    throw new SyncBridgeError(
      `Cannot run ${role} in a sync call: the worker may not read its module ` +
        `"${target.module}"; allow it with --allow-read, or make the function a generator`,
    );
  }
  bridge ??= new UserBridge(threadWaiter());
  return bridge.run({
    target,
    role,
    args,
    timeout,
    next(request, end) {
      const next = args.find((arg) => typeof arg === "function") as UserFunction;
      start({ [Symbol.iterator]: () => begin(next, request) }, end);
    },
    settle,
  });
};

/** A request that `next` refuses fails where the function waits for it. */
function begin(next: UserFunction, request: unknown): Iterator<never, unknown, unknown> {
  return (next(request) as Flow<unknown>)[Symbol.iterator]() as Iterator<never, unknown, unknown>;
}

function targetOf(fn: UserFunction): Target | undefined {
  const source = portableSource(fn);
  if (source !== undefined) return { kind: "source", source };
  const registration = registrationOf(fn);
  if (!registration) return undefined;
  const { module, path } = registration;
  return { kind: "twin", module, path, fingerprint: fingerprint(fn) };
}
