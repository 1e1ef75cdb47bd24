/*
 * The functions of entry "./web": awaited calls by fetch, sync calls by XMLHttpRequest until the
 * bridge is loaded. Those of entry "." are documented with examples in `full.ts`.
 */
import type { Client } from "./client.ts";
import type { ClientConfig } from "./config/options.ts";
import type { Sdk } from "./dual.ts";
import type { ConcurrentOptions, ConcurrentResult } from "./flow/concurrent.ts";
import type { Flow } from "./flow/flow.ts";
import { pageUrl } from "./runtime/runtime.ts";
import type { Awaiting, Blocking } from "./stream/members.ts";
import { partOr } from "./stream/later.ts";
import { type MakeDual, type Surface, surfaceOf } from "./surface.ts";
import { PagePort } from "./sync/page_port.ts";
import { fetchPort } from "./transport/fetch.ts";
import { page } from "./transport/page.ts";
import type { SyncSupport } from "./transport/port.ts";
import type {
  RequestVerb,
  StreamVerb,
  SyncRequestVerb,
  SyncStreamVerb,
  SyncVerb,
  Verb,
} from "./verbs.ts";

const surface: Surface = /* @__PURE__ */ surfaceOf(() => ({
  port: fetchPort(page),
  blocking: new PagePort(),
  streams: () => partOr(() => import("./stream/part.ts")),
  page: pageUrl,
}));

/** Makes a client. */
export function create(config?: ClientConfig): Client {
  return surface.create(config);
}

/** Runs a flow without blocking. */
export function run<T>(flow: Flow<T>): Promise<Awaiting<T>> {
  return surface.run(flow);
}

/** Runs a flow and blocks this thread until it has ended. */
export function runSync<T>(flow: Flow<T>): Blocking<T> {
  return surface.runSync(flow);
}

/** Makes an operation callable both ways from one generator function. */
export const dual: MakeDual = surface.dual;

/** Makes an SDK of generator methods: each endpoint is one definition, callable both ways. */
export function sdk<D extends object>(definition: D & ThisType<D>): Sdk<D> {
  return surface.sdk(definition);
}

/** Runs flows at once while this thread is blocked; by XMLHttpRequest one after the other. */
export function allSync<
  const T extends readonly (Flow<unknown> | (() => Flow<unknown>))[],
  const O extends ConcurrentOptions = { settled: false },
>(flows: T, options?: O): ConcurrentResult<T, O> {
  return surface.allSync(flows, options);
}

/** Whether sync calls work on this thread, and how. */
export function syncSupport(): SyncSupport {
  return surface.syncSupport();
}

/**
 * Brings what synchronous XMLHttpRequest cannot do, in a dedicated worker of a cross-origin
 * isolated page. Elsewhere there is nothing to wait for.
 */
export function warmSync(): Promise<void> {
  return surface.warmSync();
}

/** Sends a GET request on a client with the default options. */
export const get: Verb = surface.verbs.get;
/** Sends a GET request and blocks this thread. */
export const getSync: SyncVerb = surface.verbs.getSync;
/** Sends a HEAD request on a client with the default options. */
export const head: Verb = surface.verbs.head;
/** Sends a HEAD request and blocks this thread. */
export const headSync: SyncVerb = surface.verbs.headSync;
/** Sends a OPTIONS request on a client with the default options. */
export const options: Verb = surface.verbs.options;
/** Sends a OPTIONS request and blocks this thread. */
export const optionsSync: SyncVerb = surface.verbs.optionsSync;
/** Sends a DELETE request on a client with the default options; exported as `delete`. */
export const del: Verb = surface.verbs.delete;
/** Sends a DELETE request and blocks this thread. */
export const deleteSync: SyncVerb = surface.verbs.deleteSync;
/** Sends a POST request on a client with the default options. */
export const post: Verb = surface.verbs.post;
/** Sends a POST request and blocks this thread. */
export const postSync: SyncVerb = surface.verbs.postSync;
/** Sends a PUT request on a client with the default options. */
export const put: Verb = surface.verbs.put;
/** Sends a PUT request and blocks this thread. */
export const putSync: SyncVerb = surface.verbs.putSync;
/** Sends a PATCH request on a client with the default options. */
export const patch: Verb = surface.verbs.patch;
/** Sends a PATCH request and blocks this thread. */
export const patchSync: SyncVerb = surface.verbs.patchSync;
/** Sends a request of any method on a client with the default options. */
export const request: RequestVerb = surface.verbs.request;
/** Sends a request of any method and blocks this thread. */
export const requestSync: SyncRequestVerb = surface.verbs.requestSync;
/** Sends a request and ends with the headers; the body is read by `for await`. */
export const stream: StreamVerb = surface.verbs.stream;
/** Sends a request and blocks until the headers are there; the body is read by a plain loop. */
export const streamSync: SyncStreamVerb = surface.verbs.streamSync;
