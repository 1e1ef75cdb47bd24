/*
 * The functions of entry "./web": awaited calls by fetch, sync calls by XMLHttpRequest until the
 * bridge is loaded. Those of entry "." are documented with examples in `full.ts`.
 */
import type { Client } from "./client.ts";
import type { ClientConfig } from "./config/options.ts";
import type { Flow } from "./flow/flow.ts";
import { pageUrl } from "./runtime/runtime.ts";
import type { Awaiting, Blocking } from "./stream/members.ts";
import { partOr } from "./stream/later.ts";
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
import { PagePort } from "./sync/page_port.ts";
import { fetchPort } from "./transport/fetch.ts";
import { page, watchedUpload } from "./transport/page.ts";

const surface = /* @__PURE__ */ new Surface(() => ({
  port: fetchPort({ ...page, below: watchedUpload }),
  blocking: new PagePort(),
  streams: () => partOr(() => import("./stream/open_streams.ts")),
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

/** Runs flows at once while this thread is blocked; by XMLHttpRequest one after the other. */
export const allSync: Client["allSync"] = /* @__PURE__ */ verbOn(surface, "allSync");

/** Whether sync calls work on this thread, and how. */
export const syncSupport: Client["syncSupport"] = /* @__PURE__ */ verbOn(surface, "syncSupport");

/**
 * Brings what synchronous XMLHttpRequest cannot do, in a dedicated worker of a cross-origin
 * isolated page. Elsewhere there is nothing to wait for.
 */
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
