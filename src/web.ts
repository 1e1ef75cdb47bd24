/*
 * The functions of entry "./web": awaited calls by fetch, sync calls by XMLHttpRequest until the
 * bridge is loaded. Those of entry "." are documented with examples in `full.ts`.
 */
import type { Client } from "./client.ts";
import type { ClientConfig } from "./config/options.ts";
import { makeSdk, type Sdk } from "./dual.ts";
import type { ConcurrentOptions, ConcurrentResult } from "./flow/concurrent.ts";
import type { Flow } from "./flow/flow.ts";
import { pageUrl } from "./runtime/runtime.ts";
import type { Awaiting, Blocking } from "./stream/members.ts";
import { partOr } from "./stream/later.ts";
import {
  createOn,
  dualOn,
  type MakeDual,
  runnerOf,
  runOn,
  runSyncOn,
  type Surface,
  surfaceOf,
  verbOn,
} from "./surface.ts";
import { PagePort } from "./sync/page_port.ts";
import { fetchPort } from "./transport/fetch.ts";
import { page } from "./transport/page.ts";
import type { SyncSupport } from "./transport/port.ts";
import { watchedUpload } from "./transport/xhr.ts";
import type {
  RequestVerb,
  StreamVerb,
  SyncRequestVerb,
  SyncStreamVerb,
  SyncVerb,
  Verb,
} from "./verbs.ts";

const surface: Surface = /* @__PURE__ */ surfaceOf(() => ({
  port: fetchPort({ ...page, below: watchedUpload }),
  blocking: new PagePort(),
  streams: () => partOr(() => import("./stream/open_streams.ts")),
  page: pageUrl,
}));

/** Makes a client. */
export function create(config: ClientConfig = {}): Client {
  return createOn(surface, config);
}

/** Runs a flow without blocking. */
export function run<T>(flow: Flow<T>): Promise<Awaiting<T>> {
  return runOn(surface, flow);
}

/** Runs a flow and blocks this thread until it has ended. */
export function runSync<T>(flow: Flow<T>): Blocking<T> {
  return runSyncOn(surface, flow);
}

/** Makes an operation callable both ways from one generator function. */
export const dual: MakeDual = /* @__PURE__ */ dualOn(surface);

/** Makes an SDK of generator methods: each endpoint is one definition, callable both ways. */
export function sdk<D extends object>(definition: D & ThisType<D>): Sdk<D> {
  return makeSdk<D>(runnerOf(surface), definition);
}

/** Runs flows at once while this thread is blocked; by XMLHttpRequest one after the other. */
export function allSync<
  const T extends readonly (Flow<unknown> | (() => Flow<unknown>))[],
  const O extends ConcurrentOptions = { settled: false },
>(flows: T, options?: O): ConcurrentResult<T, O> {
  return surface.client().allSync(flows, options);
}

/** Whether sync calls work on this thread, and how. */
export function syncSupport(): SyncSupport {
  return surface.engine().platform.blocking.support();
}

/**
 * Brings what synchronous XMLHttpRequest cannot do, in a dedicated worker of a cross-origin
 * isolated page. Elsewhere there is nothing to wait for.
 */
export async function warmSync(): Promise<void> {
  await surface.client().warmSync();
}

/** Sends a GET request on a client with the default options. */
export const get: Verb = /* @__PURE__ */ verbOn(surface, "get");
/** Sends a GET request and blocks this thread. */
export const getSync: SyncVerb = /* @__PURE__ */ verbOn(surface, "getSync");
/** Sends a HEAD request on a client with the default options. */
export const head: Verb = /* @__PURE__ */ verbOn(surface, "head");
/** Sends a HEAD request and blocks this thread. */
export const headSync: SyncVerb = /* @__PURE__ */ verbOn(surface, "headSync");
/** Sends an OPTIONS request on a client with the default options. */
export const options: Verb = /* @__PURE__ */ verbOn(surface, "options");
/** Sends an OPTIONS request and blocks this thread. */
export const optionsSync: SyncVerb = /* @__PURE__ */ verbOn(surface, "optionsSync");
/** Sends a DELETE request on a client with the default options; exported as `delete`. */
export const del: Verb = /* @__PURE__ */ verbOn(surface, "delete");
/** Sends a DELETE request and blocks this thread. */
export const deleteSync: SyncVerb = /* @__PURE__ */ verbOn(surface, "deleteSync");
/** Sends a POST request on a client with the default options. */
export const post: Verb = /* @__PURE__ */ verbOn(surface, "post");
/** Sends a POST request and blocks this thread. */
export const postSync: SyncVerb = /* @__PURE__ */ verbOn(surface, "postSync");
/** Sends a PUT request on a client with the default options. */
export const put: Verb = /* @__PURE__ */ verbOn(surface, "put");
/** Sends a PUT request and blocks this thread. */
export const putSync: SyncVerb = /* @__PURE__ */ verbOn(surface, "putSync");
/** Sends a PATCH request on a client with the default options. */
export const patch: Verb = /* @__PURE__ */ verbOn(surface, "patch");
/** Sends a PATCH request and blocks this thread. */
export const patchSync: SyncVerb = /* @__PURE__ */ verbOn(surface, "patchSync");
/** Sends a request of any method on a client with the default options. */
export const request: RequestVerb = /* @__PURE__ */ verbOn(surface, "request");
/** Sends a request of any method and blocks this thread. */
export const requestSync: SyncRequestVerb = /* @__PURE__ */ verbOn(surface, "requestSync");
/** Sends a request and ends with the headers; the body is read by `for await`. */
export const stream: StreamVerb = /* @__PURE__ */ verbOn(surface, "stream");
/** Sends a request and blocks until the headers are there; the body is read by a plain loop. */
export const streamSync: SyncStreamVerb = /* @__PURE__ */ verbOn(surface, "streamSync");
