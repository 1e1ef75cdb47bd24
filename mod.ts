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
export {
  allSync,
  create,
  del as delete,
  deleteSync,
  dual,
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
  run,
  runSync,
  sdk,
  stream,
  streamSync,
  syncSupport,
  warmSync,
} from "./src/full.ts";
export type { Client, Plugin } from "./src/client.ts";
export type { PluginOf } from "./src/plugin.ts";
export type { InterceptorRegistry, Interceptors } from "./src/call/interceptors.ts";
export type {
  Level,
  Middleware,
  MiddlewareOptions,
  Next,
  NextFlow,
  NextResult,
} from "./src/call/middleware.ts";
export type {
  ClientVerbs,
  DataOf,
  FlowRequestVerb,
  FlowStreamVerb,
  FlowVerb,
  FlowVerbs,
  RequestOptions,
  RequestVerb,
  StreamConfig,
  StreamVerb,
  SyncRequestVerb,
  SyncStreamVerb,
  SyncVerb,
  Verb,
  VerbConfig,
} from "./src/verbs.ts";
export { all, spread } from "./src/promises.ts";
export { portable } from "./src/async_functions/portable.ts";
export { CancelToken, type CancelTokenHandle } from "./src/cancel_token.ts";
export type {
  Answer,
  ClientConfig,
  OnRetry,
  ParamsSerializer,
  RequestConfig,
  RequestTransform,
  ResponseTransform,
  RetryOn,
} from "./src/config/options.ts";
export type { ResolvedConfig, SettledOptions } from "./src/config/options.ts";
export type {
  ConfigChange,
  HandlerState,
  RequestErrorHandler,
  RequestInterceptor,
  ResponseErrorHandler,
  ResponseInterceptor,
} from "./src/config/handlers.ts";
export { AxError, type AxErrorOptions, type ErrorRequest, isAxError } from "./src/ax_error.ts";
export { type RawRequest } from "./src/mask.ts";
export {
  BodySizeError,
  CancelError,
  DecodeError,
  HTTPStatusError,
  InterceptorError,
  NetworkError,
  RedirectError,
  RetryableError,
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
} from "./src/call/backoff.ts";
export type { SchemaOutput, StandardResult, StandardSchema } from "./src/http/schema.ts";
export { type Flow, type FlowValue, now, type Operation, random, sleep } from "./src/flow/flow.ts";
export {
  concurrent,
  type ConcurrentOptions,
  type ConcurrentResult,
} from "./src/flow/concurrent.ts";
export { share } from "./src/flow/share.ts";
export type { Dual, DualOf, Sdk } from "./src/dual.ts";
export { call, type CallResult } from "./src/flow/user_function.ts";
export type {
  AnyStream,
  Awaiting,
  Blocking,
  FlowStream,
  StreamMembers,
  StreamResponse,
  SyncStreamResponse,
} from "./src/stream/members.ts";
export type { CallStyle, FlowItems, Styled } from "./src/stream/items.ts";
export type { EventOptions } from "./src/stream/reconnect.ts";
export type { NextPage, Paginate, PaginateConfig } from "./src/stream/page_config.ts";
export type { ServerSentEvent } from "./src/http/events.ts";
export type {
  AxResponse,
  ParseJSON,
  Redirected,
  SentRequest,
  Timings,
} from "./src/http/response.ts";
export type { HeaderPairs } from "./src/http/message.ts";
export { createResponse, type CreateResponseInit } from "./src/http/create_response.ts";
export type {
  FetchFunction,
  NetworkOptions,
  Progress,
  Transport,
  TransportBody,
  TransportRequest,
  TransportResponse,
} from "./src/http/transport.ts";
export type { BodyData } from "./src/http/body.ts";
export type { ByteSource } from "./src/http/message.ts";
export type { SyncReader } from "./src/http/reader.ts";
export type { ResponseType } from "./src/http/decode.ts";
export type { FileContent, FileInput, Files } from "./src/http/multipart.ts";
export type { HeadersInput } from "./src/http/headers.ts";
export type { NestedParams, Params, ParamsFormat, ParamValue } from "./src/http/params.ts";
export type { PathValues } from "./src/http/path.ts";
export type { Clock } from "./src/runtime/clock.ts";
export type { SyncSupport } from "./src/transport/port.ts";
