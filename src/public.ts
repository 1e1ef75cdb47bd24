/*
 * The names of both entries, "." and "./web", that do not depend on how a platform carries calls.
 */
export type { Client, Plugin } from "./client.ts";
export type { PluginOf } from "./plugin.ts";
export type { InterceptorRegistry, Interceptors } from "./call/interceptors.ts";
export type {
  Level,
  Middleware,
  MiddlewareOptions,
  Next,
  NextFlow,
  NextResult,
} from "./call/middleware.ts";
export type { MakeDual } from "./surface.ts";
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
} from "./verbs.ts";
export { all, spread } from "./promises.ts";
export { portable } from "./async_functions/portable.ts";
export { CancelToken, type CancelTokenHandle } from "./cancel_token.ts";
export type {
  Answer,
  ClientConfig,
  OnRetry,
  ParamsSerializer,
  RequestConfig,
  RequestTransform,
  ResponseTransform,
  RetryOn,
} from "./config/options.ts";
export type { ResolvedConfig, SettledOptions } from "./config/options.ts";
export type {
  ConfigChange,
  HandlerState,
  RequestErrorHandler,
  RequestInterceptor,
  ResponseErrorHandler,
  ResponseInterceptor,
} from "./config/handlers.ts";
export { AxError, type AxErrorOptions, type ErrorRequest, isAxError } from "./ax_error.ts";
export { type RawRequest } from "./mask.ts";
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
} from "./errors.ts";
export { mask } from "./mask.ts";
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
} from "./call/backoff.ts";
export type { SchemaOutput, StandardResult, StandardSchema } from "./http/schema.ts";
export { type Flow, type FlowValue, now, type Operation, random, sleep } from "./flow/flow.ts";
export { concurrent, type ConcurrentOptions, type ConcurrentResult } from "./flow/concurrent.ts";
export { share } from "./flow/share.ts";
export type { Dual, DualOf, Sdk } from "./dual.ts";
export { call, type CallResult } from "./flow/user_function.ts";
export type {
  AnyStream,
  Awaiting,
  Blocking,
  FlowStream,
  StreamMembers,
  StreamResponse,
  SyncStreamResponse,
} from "./stream/members.ts";
export type { CallStyle, FlowItems, Styled } from "./stream/items.ts";
export type { EventOptions } from "./stream/readers.ts";
export type { NextPage, Paginate, PaginateConfig } from "./stream/page_config.ts";
export type { ServerSentEvent } from "./http/events.ts";
export type { AxResponse, ParseJSON, Redirected, SentRequest, Timings } from "./http/response.ts";
export type { HeaderPairs } from "./http/message.ts";
export { createResponse, type CreateResponseInit } from "./http/create_response.ts";
export type {
  FetchFunction,
  NetworkOptions,
  Progress,
  Transport,
  TransportBody,
  TransportRequest,
  TransportResponse,
} from "./http/transport.ts";
export type { BodyData } from "./http/body.ts";
export type { ByteSource } from "./http/message.ts";
export type { SyncReader } from "./http/chunks.ts";
export type { ResponseType } from "./http/decode.ts";
export type { FileContent, FileInput, Files } from "./http/multipart.ts";
export type { HeadersInput } from "./http/headers.ts";
export type { NestedParams, Params, ParamsFormat, ParamValue } from "./http/params.ts";
export type { PathValues } from "./http/path.ts";
export type { Clock } from "./runtime/clock.ts";
export type { SyncSupport } from "./transport/port.ts";
