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
import type { Flow } from "./flow/flow.ts";
import { pageUrl } from "./runtime/runtime.ts";
import type { Awaiting, Blocking } from "./stream/members.ts";
import * as streams from "./stream/open_streams.ts";
import {
  dualOn,
  type MakeDual,
  makeSdk,
  runOn,
  runSyncOn,
  type Sdk,
  Surface,
  verbOn,
} from "./surface.ts";
import { fetchPort } from "./transport/fetch.ts";
import { page } from "./transport/page.ts";

export * from "./public.ts";

const surface = /* @__PURE__ */ new Surface(() => ({
  port: fetchPort(page),
  blocking: noBlocking("this thread may not block, await instead"),
  streams: () => streams,
  page: pageUrl,
}));

/** Makes a client. */
export function create(config: ClientConfig = {}): Client {
  return surface.create(config);
}

/** Runs a flow without blocking. */
export function run<T>(flow: Flow<T>): Promise<Awaiting<T>> {
  return runOn(surface, flow);
}

/** Runs a flow and blocks this thread until it has ended. */
export function runSync<T>(flow: Flow<T>): Blocking<T> {
  return runSyncOn(surface, flow, runSync);
}

/** Makes an operation callable both ways from one generator function. */
export const dual: MakeDual = /* @__PURE__ */ dualOn(surface);

/** Makes an SDK of generator methods: each endpoint is one definition, callable both ways. */
export function sdk<D extends object>(definition: D & ThisType<D>): Sdk<D> {
  return makeSdk<D>(surface, definition);
}

/** Runs flows at once, where none of them has to wait. */
export const allSync: Client["allSync"] = /* @__PURE__ */ verbOn(surface, "allSync");

/** Whether sync calls work on this thread, and how. */
export const syncSupport: Client["syncSupport"] = /* @__PURE__ */ verbOn(surface, "syncSupport");

/** Rejects: no thread may block here. */
export const warmSync: Client["warmSync"] = /* @__PURE__ */ verbOn(surface, "warmSync");

/** Sends a GET request on a client with the default options. */
export const get: Client["get"] = /* @__PURE__ */ verbOn(surface, "get");
/** Sends a GET request and blocks this thread. */
export const getSync: Client["getSync"] = /* @__PURE__ */ verbOn(surface, "getSync");
/** Sends a HEAD request on a client with the default options. */
export const head: Client["head"] = /* @__PURE__ */ verbOn(surface, "head");
/** Sends a HEAD request and blocks this thread. */
export const headSync: Client["headSync"] = /* @__PURE__ */ verbOn(surface, "headSync");
/** Sends an OPTIONS request on a client with the default options. */
export const options: Client["options"] = /* @__PURE__ */ verbOn(surface, "options");
/** Sends an OPTIONS request and blocks this thread. */
export const optionsSync: Client["optionsSync"] = /* @__PURE__ */ verbOn(surface, "optionsSync");
/** Sends a DELETE request on a client with the default options. */
const del: Client["delete"] = /* @__PURE__ */ verbOn(surface, "delete");
export { del as delete };
/** Sends a DELETE request and blocks this thread. */
export const deleteSync: Client["deleteSync"] = /* @__PURE__ */ verbOn(surface, "deleteSync");
/** Sends a POST request on a client with the default options. */
export const post: Client["post"] = /* @__PURE__ */ verbOn(surface, "post");
/** Sends a POST request and blocks this thread. */
export const postSync: Client["postSync"] = /* @__PURE__ */ verbOn(surface, "postSync");
/** Sends a PUT request on a client with the default options. */
export const put: Client["put"] = /* @__PURE__ */ verbOn(surface, "put");
/** Sends a PUT request and blocks this thread. */
export const putSync: Client["putSync"] = /* @__PURE__ */ verbOn(surface, "putSync");
/** Sends a PATCH request on a client with the default options. */
export const patch: Client["patch"] = /* @__PURE__ */ verbOn(surface, "patch");
/** Sends a PATCH request and blocks this thread. */
export const patchSync: Client["patchSync"] = /* @__PURE__ */ verbOn(surface, "patchSync");
/** Sends a request of any method on a client with the default options. */
export const request: Client["request"] = /* @__PURE__ */ verbOn(surface, "request");
/** Sends a request of any method and blocks this thread. */
export const requestSync: Client["requestSync"] = /* @__PURE__ */ verbOn(surface, "requestSync");
/** Sends a request and ends with the headers; the body is read by `for await`. */
export const stream: Client["stream"] = /* @__PURE__ */ verbOn(surface, "stream");
/** Sends a request and blocks until the headers are there; the body is read by a plain loop. */
export const streamSync: Client["streamSync"] = /* @__PURE__ */ verbOn(surface, "streamSync");
