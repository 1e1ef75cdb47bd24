import { type Client, create } from "../client.ts";
import type { ConcurrentOptions, ConcurrentResult, Flow } from "../flow/flow.ts";
import { type SyncSupport, syncSupport as probe } from "../runtime/capabilities.ts";
import type { RequestVerb, SyncRequestVerb, SyncVerb, Verb } from "./verbs.ts";

const client: Client = create();

/** Sends a GET request on a client with the default options. */
export const get: Verb = client.get;
/** Sends a GET request and blocks this thread. */
export const getSync: SyncVerb = client.getSync;
/** Sends a HEAD request on a client with the default options. */
export const head: Verb = client.head;
/** Sends a HEAD request and blocks this thread. */
export const headSync: SyncVerb = client.headSync;
/** Sends an OPTIONS request on a client with the default options. */
export const options: Verb = client.options;
/** Sends an OPTIONS request and blocks this thread. */
export const optionsSync: SyncVerb = client.optionsSync;
/** Sends a DELETE request on a client with the default options; exported as `delete`. */
export const del: Verb = client.delete;
/** Sends a DELETE request and blocks this thread. */
export const deleteSync: SyncVerb = client.deleteSync;
/** Sends a POST request on a client with the default options. */
export const post: Verb = client.post;
/** Sends a POST request and blocks this thread. */
export const postSync: SyncVerb = client.postSync;
/** Sends a PUT request on a client with the default options. */
export const put: Verb = client.put;
/** Sends a PUT request and blocks this thread. */
export const putSync: SyncVerb = client.putSync;
/** Sends a PATCH request on a client with the default options. */
export const patch: Verb = client.patch;
/** Sends a PATCH request and blocks this thread. */
export const patchSync: SyncVerb = client.patchSync;
/** Sends a request of any method on a client with the default options. */
export const request: RequestVerb = client.request;
/** Sends a request of any method and blocks this thread. */
export const requestSync: SyncRequestVerb = client.requestSync;

/**
 * Runs flows at once while this thread is blocked; the async style has `Promise.all`.
 *
 * @param flows Flows, or functions that make one.
 * @param options How many at once, and what happens on an error.
 * @returns The results, in the order of the flows.
 *
 * @example Usage
 * ```ts
 * import { allSync, create } from "jsr:@ax/client";
 * import { MockTransport } from "jsr:@ax/client/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const transport = new MockTransport();
 * transport.on("GET", "https://example.com/a").reply(200, "A");
 * transport.on("GET", "https://example.com/b").reply(200, "B");
 * const api = create({ baseURL: "https://example.com", transport });
 *
 * const [a, b] = allSync([api.flow.get("/a"), api.flow.get("/b")]);
 * assertEquals([a.data, b.data], ["A", "B"]);
 * ```
 */
export function allSync<
  const T extends readonly (Flow<unknown> | (() => Flow<unknown>))[],
  const O extends ConcurrentOptions = { settled: false },
>(flows: T, options?: O): ConcurrentResult<T, O> {
  return client.allSync(flows, options);
}

/**
 * Whether sync calls work on this thread: not on the main thread of a browser, nor on edge
 * runtimes without threads.
 *
 * @returns `supported`, and where it is false the reason.
 *
 * @example Usage
 * ```ts
 * import { syncSupport } from "jsr:@ax/client";
 *
 * const { supported, reason } = syncSupport();
 * console.log(supported ? "getSync works here" : reason);
 * ```
 */
export function syncSupport(): SyncSupport {
  return probe();
}

/**
 * Starts the worker of sync calls early, so that the first one does not wait for it. In browsers
 * it must be awaited before the first one.
 *
 * @returns Resolves when the worker is ready.
 *
 * @example Usage
 * ```ts
 * import { warmSync } from "jsr:@ax/client";
 *
 * await warmSync();
 * ```
 */
export function warmSync(): Promise<void> {
  return client.warmSync();
}
