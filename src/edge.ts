/**
 * The client for edge isolates and service workers: the same names, types and behaviour as
 * `@ax/client/web`, with everything in it from the start, since nothing can be loaded later there,
 * and without sync calls, since no thread may block. The npm copy leads isolates here by itself.
 *
 * ```ts
 * import { create } from "jsr:@ax/client/edge";
 *
 * const api = create({ baseURL: "https://api.example.com" });
 *
 * async function fetch(): Promise<Response> {
 *   return Response.json((await api.get("/users/1")).data);
 * }
 * // An isolate's main module: `export default { fetch };`
 * console.log(typeof fetch);
 * ```
 *
 * @module
 */
import { noBlocking } from "./apart.ts";
import type { Client } from "./client.ts";
import type { ClientConfig } from "./config/options.ts";
import { makeSdk, type Sdk } from "./dual.ts";
import type { ConcurrentOptions, ConcurrentResult } from "./flow/concurrent.ts";
import type { Flow } from "./flow/flow.ts";
import { pageUrl } from "./runtime/runtime.ts";
import type { Awaiting, Blocking } from "./stream/members.ts";
import * as streams from "./stream/open_streams.ts";
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

export * from "./public.ts";

const surface: Surface = /* @__PURE__ */ surfaceOf(() => ({
  port: fetchPort(page),
  blocking: noBlocking("this thread may not block, await instead"),
  streams: () => streams,
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

/** Runs flows at once, where none of them has to wait. */
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

/** Rejects: no thread may block here. */
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
/** Sends a DELETE request on a client with the default options. */
const del: Verb = /* @__PURE__ */ verbOn(surface, "delete");
export { del as delete };
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
