/**
 * An HTTP client that is called both ways: `await api.get(url)` does not block, `api.getSync(url)`
 * does. One instance holds base URL, headers, timeouts, retries, interceptors and middleware, and
 * all of it works in both call styles.
 *
 * ```ts
 * import { create } from "jsr:@ax/client";
 * import { MockTransport } from "jsr:@ax/client/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const transport = new MockTransport();
 * transport.on("GET", "https://api.example.com/users/1").reply(200, { name: "Ada" });
 *
 * const api = create({ baseURL: "https://api.example.com", timeout: 10_000, transport });
 *
 * const user = (await api.get<{ name: string }>("/users/1")).data;
 * const same = api.getSync<{ name: string }>("/users/1").data;
 * assertEquals(user, same);
 * ```
 *
 * @module
 */
export { type Client, create, type Interceptors } from "./src/client.ts";
export type { Middleware, Next, NextResult } from "./src/client/middleware.ts";
export type {
  FlowRequestVerb,
  FlowVerb,
  FlowVerbs,
  RequestVerb,
  SchemaConfig,
  SyncRequestVerb,
  SyncVerb,
  Verb,
} from "./src/client/verbs.ts";
export type { Paginate, PaginateFlow, PaginateSync } from "./src/client/pages.ts";
export type { NextPage, PaginateConfig } from "./src/paginate.ts";
export { run, runSync } from "./src/client/run.ts";
export {
  allSync,
  del as delete,
  deleteSync,
  get,
  getSync,
  head,
  headSync,
  options,
  optionsSync,
  patch,
  patchSync,
  post,
  postSync,
  put,
  putSync,
  request,
  requestSync,
  syncSupport,
  warmSync,
} from "./src/client/defaults.ts";
export {
  all,
  call,
  type CallResult,
  type MethodArguments,
  type MethodResult,
  spread,
} from "./src/call.ts";
export { portable } from "./src/portable.ts";
export { type Dual, dual, type Sdk, sdk } from "./src/sdk.ts";
export { CancelToken, type CancelTokenHandle } from "./src/cancel_token.ts";
export type {
  Answer,
  ClientConfig,
  ConfigChange,
  HandlerState,
  OnRetry,
  ParamsSerializer,
  RequestConfig,
  RequestErrorHandler,
  RequestInterceptor,
  RequestTransform,
  ResolvedConfig,
  ResponseErrorHandler,
  ResponseInterceptor,
  ResponseTransform,
  RetryOn,
  StreamConfig,
} from "./src/options.ts";
export type { InterceptorRegistry } from "./src/interceptors.ts";
export type { Plugin } from "./src/plugin.ts";
export {
  AxError,
  type AxErrorOptions,
  BodySizeError,
  CancelError,
  DecodeError,
  type ErrorRequest,
  HTTPStatusError,
  InterceptorError,
  isAxError,
  NetworkError,
  RedirectError,
  RetryError,
  SchemaError,
  type SchemaIssue,
  SyncBridgeError,
  SyncUnavailableError,
  TimeoutError,
  type TimeoutPhase,
} from "./src/errors.ts";
export { mask } from "./src/mask.ts";
export {
  type BackoffOptions,
  ExponentialBackoff,
  type ExponentialBackoffOptions,
  FixedDelay,
  type FixedDelayOptions,
  type Jitter,
  LinearBackoff,
  type LinearBackoffOptions,
  type RetryContext,
  type RetryStrategy,
} from "./src/stages/backoff.ts";
export type { SchemaOutput, StandardResult, StandardSchema } from "./src/stages/schema.ts";
export {
  concurrent,
  type ConcurrentOptions,
  type ConcurrentResult,
  type Flow,
  type FlowValue,
  now,
  type Operation,
  random,
  share,
  sleep,
} from "./src/flow/flow.ts";
export type { StreamResponse } from "./src/client/stream_response.ts";
export type { SyncStreamResponse } from "./src/client/sync_stream_response.ts";
export type { FlowStream } from "./src/flow/flow_stream.ts";
export type { FlowItems } from "./src/flow/items.ts";
export type { StreamFacts } from "./src/flow/stream_facts.ts";
export type { EventOptions } from "./src/flow/event_items.ts";
export type { ServerSentEvent } from "./src/http/events.ts";
export { type AxResponse, type Timings } from "./src/http/response.ts";
export { createResponse, type CreateResponseInit } from "./src/http/create_response.ts";
export type { FetchFunction, Progress, SentRequest } from "./src/http/request.ts";
export type { BodyData, ByteSource } from "./src/http/body.ts";
export type { SyncReader } from "./src/http/reader.ts";
export type { ResponseType } from "./src/http/decode.ts";
export type { FileContent, FileInput, Files } from "./src/http/multipart.ts";
export type { HeadersInput } from "./src/http/headers.ts";
export type { Params, ParamsFormat, ParamValue } from "./src/http/params.ts";
export type { Clock } from "./src/runtime/clock.ts";
export type { SyncSupport } from "./src/runtime/capabilities.ts";
export type {
  NetworkOptions,
  Transport,
  TransportBody,
  TransportRequest,
  TransportResponse,
} from "./src/transport/transport.ts";
