import { SyncBridgeError } from "../errors.ts";
import type { AsyncFunctions } from "../flow/async_functions.ts";
import { type CallSite, type Flow, LazyFlow, type UserFunction } from "../flow/flow.ts";
import { nameOf, refuseAsync } from "../flow/user_function.ts";
import { type HttpRequest, type HttpResponse, isOneShot, type Outcome } from "../http/message.ts";
import { describe } from "../mask.ts";
import { mayRead } from "../runtime/permissions.ts";
import { startsWhileBlocked } from "../runtime/threads.ts";
import { serialize } from "../sync/serialize.ts";
import { threadWaiter, type Waiter } from "../sync/link.ts";
import type { Explain } from "../transport/failure.ts";
import type { Runtime } from "../transport/fetch.ts";
import { native } from "../transport/native.ts";
import { progressListener } from "../transport/progress.ts";
import { FunctionCaller } from "./caller.ts";
import { portableSource } from "./portable.ts";
import type { Fetched, Target } from "./protocol.ts";
import { KIT } from "./session.ts";
import { blockingGuard, identify, loadingGuard, twinOf } from "./twin.ts";

/** An exchange has its own limit in time; this one is for a function that never lets it. */
const FETCH_GRACE_MS = 500;

const FETCH: CallSite = { role: '"fetch"' };

/** What runs `async` user functions for this thread, to be handed to its clients. */
export function asyncFunctions(
  waiter: () => Waiter = threadWaiter,
  runtime: Runtime = native,
): AsyncFunctions {
  let made: FunctionCaller | undefined;
  const caller = (): FunctionCaller => made ??= new FunctionCaller(waiter);
  return {
    identify: (module) => identify(module, KIT),
    loadingGuard,
    blockingGuard,
    remaining: () => made?.remaining() ?? Infinity,
    expire: () => made?.expire(),
    stop: () => made?.stop(),
    invoke({ fn, args, site }, timeoutMs, start, settle) {
      const next = site.role === "middleware" ? args[1] as UserFunction : undefined;
      return caller().run({
        target: targetOf(fn, site),
        role: nameOf(fn, site),
        args: next ? args.slice(0, 1) : args,
        timeoutMs,
        next: next &&
          ((request, end) => start(new LazyFlow(() => next(request) as Flow<unknown>), end)),
        settle,
      });
    },
    send(request, attachments, settle) {
      const fetch = attachments.fetch as UserFunction;
      const { stream, body, timeoutMs } = request;
      if (stream || isOneShot(body)) throw refuseStream(request);
      runtime.refuse(request, true);
      return caller().run({
        target: targetOf(fetch, FETCH),
        role: nameOf(fetch, FETCH),
        args: [],
        request: serialize(request),
        report: progressListener(attachments, request),
        timeoutMs: timeoutMs === false ? false : timeoutMs + FETCH_GRACE_MS,
        settle: (outcome) => settle(fetched(outcome, request, runtime.explain)),
      });
    },
  };
}

/** The outcome of a request that was sent with the user's `fetch`; its errors are made here. */
function fetched(
  outcome: Outcome<unknown>,
  request: HttpRequest,
  explain: Explain,
): Outcome<HttpResponse> {
  if (!outcome.ok) return outcome;
  const { response, failure } = outcome.value as Fetched;
  const error = failure && explain(request, failure);
  if (!response) return { ok: false, error };
  return { ok: true, value: failure ? { ...response, failure: error } : response };
}

function refuseStream({ stream, ...request }: HttpRequest): SyncBridgeError {
  const what = stream ? "a streamed response" : "a streamed body";
  return new SyncBridgeError(
    `Cannot send ${describe(request)} synchronously: ${what} does not go through a custom ` +
      `"fetch" in a sync call; give a "transport" with "sendSync" instead`,
    { request },
  );
}

/** How the worker finds a function. */
function targetOf(fn: UserFunction, site: CallSite): Target {
  const { method } = site;
  const refuse = (why: string): SyncBridgeError =>
    new SyncBridgeError(`Cannot run ${nameOf(fn, site)} in a sync call: ${why}`);
  // The worker would have to run before anybody knows that it is needed.
  if (!startsWhileBlocked()) {
    throw refuse(
      "a browser cannot run async functions for a blocked thread; make it a generator or a plain " +
        "function",
    );
  }
  const own = method ? (method.object as Record<string, UserFunction>)[method.name] : fn;
  const source = portableSource(own as UserFunction);
  if (source !== undefined) return { kind: "source", source };
  const twin = twinOf(fn, method);
  if (!twin && site === FETCH) {
    throw refuse(
      `it gives a promise; give "module: import.meta.url" to create(), mark it portable(), or give ` +
        `a "transport" with "sendSync" instead`,
    );
  }
  if (!twin) throw refuseAsync(fn, site, "async");
  if (twin.kind === "none") {
    throw refuse(
      `${twin.why}, so it has no twin there; make the client in a module of its own and import ` +
        `it, mark the function portable(), or write it as a generator ("function*", "yield*") or ` +
        `a plain function`,
    );
  }
  if (twin.kind === "twin" && mayRead(twin.module) === false) {
    throw refuse(
      `the worker may not read its module "${twin.module}"; allow it with --allow-read, or make ` +
        `the function a generator`,
    );
  }
  return twin;
}
