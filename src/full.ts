/*
 * The functions of entry ".": awaited calls by fetch, sync calls by the bridge to a worker thread,
 * async user functions of sync calls by a thread of their own.
 */
import { FunctionCaller } from "./async_functions/caller.ts";
import { WORKER_SOURCE } from "./async_functions/worker_source.ts";
import type { Client } from "./client.ts";
import type { ClientConfig } from "./config/options.ts";
import type { ConcurrentOptions, ConcurrentResult } from "./flow/concurrent.ts";
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
import { bridgePort } from "./sync/native_bridge.ts";
import { fetchPort } from "./transport/fetch.ts";
import { native } from "./transport/native.ts";
import type { SyncSupport } from "./transport/port.ts";
import type {
  RequestVerb,
  StreamVerb,
  SyncRequestVerb,
  SyncStreamVerb,
  SyncVerb,
  Verb,
} from "./verbs.ts";

const surface = /* @__PURE__ */ new Surface(() => ({
  port: fetchPort(native),
  blocking: bridgePort(WORKER_SOURCE),
  asyncFunctions: new FunctionCaller(),
  streams: () => streams,
  page: pageUrl,
}));

/**
 * Makes a client.
 *
 * @param config The defaults of every call.
 * @returns A client.
 * @throws {TypeError} If an option is unknown or of the wrong type.
 * @throws {RangeError} If a number is out of range.
 *
 * @example Usage
 * ```ts
 * import { create } from "jsr:@ax/client";
 * import { MockTransport } from "jsr:@ax/client/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const transport = new MockTransport();
 * transport.on("GET", "https://api.example.com/users/1").reply(200, { name: "Ada" });
 *
 * const api = create({ baseURL: "https://api.example.com", transport });
 *
 * const awaited = (await api.get<{ name: string }>("/users/1")).data;
 * const blocking = api.getSync<{ name: string }>("/users/1").data;
 * assertEquals(awaited, blocking);
 * ```
 */
export function create(config: ClientConfig = {}): Client {
  return surface.create(config);
}

/**
 * Runs a flow without blocking. A stream or a paged list that it returns comes out for `for await`.
 *
 * @typeParam T What the flow returns.
 * @param flow A flow, such as the generator of an operation of yours.
 * @returns What the flow returns; rejects with what it throws.
 *
 * @example Usage
 * ```ts
 * import { run, sleep } from "jsr:@ax/client";
 * import { assertEquals } from "@std/assert";
 *
 * function* answer() {
 *   yield* sleep(1);
 *   return 42;
 * }
 * assertEquals(await run(answer()), 42);
 * ```
 */
export function run<T>(flow: Flow<T>): Promise<Awaiting<T>> {
  return runOn(surface, flow);
}

/**
 * Runs a flow and blocks this thread until it has ended. A stream or a paged list that it returns
 * comes out for a plain loop.
 *
 * @typeParam T What the flow returns.
 * @param flow A flow, such as the generator of an operation of yours.
 * @returns What the flow returns.
 * @throws What the flow throws.
 *
 * @example Usage
 * ```ts
 * import { runSync, sleep } from "jsr:@ax/client";
 * import { assertEquals } from "@std/assert";
 *
 * function* answer() {
 *   yield* sleep(1);
 *   return 42;
 * }
 * assertEquals(runSync(answer()), 42);
 * ```
 */
export function runSync<T>(flow: Flow<T>): Blocking<T> {
  return runSyncOn(surface, flow, runSync);
}

/**
 * Makes an operation callable both ways from one generator function: call it and await, or call its
 * `sync`, or `yield*` its `flow`. In a class the first argument is `this`.
 *
 * @typeParam F The generator function.
 * @param operation The generator function; parameters with defaults keep their types.
 * @returns The operation.
 * @throws {TypeError} If it is no generator function.
 *
 * @example Usage
 * ```ts
 * import { create, dual } from "jsr:@ax/client";
 * import { MockTransport } from "jsr:@ax/client/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const transport = new MockTransport();
 * transport.on("GET", "https://api.example.com/users/ada").reply(200, { name: "Ada" });
 * const api = create({ baseURL: "https://api.example.com", transport });
 *
 * const getName = dual(function* (user: string) {
 *   return (yield* api.flow.get<{ name: string }>(`/users/${user}`)).data.name;
 * });
 * assertEquals(await getName("ada"), "Ada");
 * assertEquals(getName.sync("ada"), "Ada");
 * ```
 *
 * @example In a class
 * ```ts
 * import { dual } from "jsr:@ax/client";
 * import { assertEquals } from "@std/assert";
 *
 * class Greeter {
 *   greeting = "Hello";
 *   greet = dual(this, function* (name: string, mark = "!") {
 *     return `${this.greeting}, ${name}${mark}`;
 *   });
 * }
 * assertEquals(new Greeter().greet.sync("Ada"), "Hello, Ada!");
 * ```
 */
export const dual: MakeDual = /* @__PURE__ */ dualOn(surface);

/**
 * Makes an SDK of generator methods: each endpoint is one definition, callable both ways. `this`
 * in a method is the definition, so methods call each other with `yield* this.other()`. An instance
 * of a class works as well: its generator methods count.
 *
 * @typeParam D The definition's type.
 * @param definition Generator methods by name.
 * @returns The methods, their `Sync` twins, and `flow`.
 * @throws {TypeError} If a name ends in `Sync`, is `flow`, or stands for no function.
 *
 * @example Usage
 * ```ts
 * import { create, sdk } from "jsr:@ax/client";
 * import { MockTransport } from "jsr:@ax/client/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const transport = new MockTransport();
 * transport.on("GET", "https://api.example.com/users/ada").reply(200, { name: "Ada" });
 * const api = create({ baseURL: "https://api.example.com", transport });
 *
 * const users = sdk({
 *   *get(id: string) {
 *     return (yield* api.flow.get<{ name: string }>(`/users/${id}`)).data;
 *   },
 *   *nameOf(id: string) {
 *     return (yield* this.get(id)).name;
 *   },
 * });
 * assertEquals(await users.nameOf("ada"), "Ada");
 * assertEquals(users.nameOfSync("ada"), "Ada");
 * ```
 */
export function sdk<D extends object>(definition: D & ThisType<D>): Sdk<D> {
  return makeSdk<D>(surface, definition);
}

/**
 * Runs flows at once while this thread is blocked; promises of async calls have `all`, and inside a
 * flow there is `concurrent`.
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
  return surface.client().allSync(flows, options);
}

/**
 * Whether sync calls work on this thread, and how.
 *
 * @returns `supported`, and `via`, or the reason why not.
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
  return surface.client().syncSupport();
}

/**
 * Starts the worker of sync calls early, so that the first one does not wait for it.
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
