/*
 * The names of both entries, "." and "./web", that do not depend on how a platform carries calls.
 */
import { isFlow } from "./flow/flow.ts";
import { isPromiseLike } from "./http/pairs.ts";

export type { Client, Plugin } from "./client.ts";
export type { PluginOf } from "./config/check.ts";
export type {
  HandlerState,
  InterceptorRegistry,
  Interceptors,
  RequestErrorHandler,
  RequestInterceptor,
  ResponseErrorHandler,
  ResponseInterceptor,
} from "./call/interceptors.ts";
export type {
  Level,
  Middleware,
  MiddlewareOptions,
  Next,
  NextFlow,
  NextResult,
} from "./call/middleware.ts";
export type { Dual, DualOf, MakeDual, Sdk } from "./surface.ts";
export type {
  ClientVerbs,
  DataOf,
  FlowRequestVerb,
  FlowStreamVerb,
  FlowVerb,
  FlowVerbs,
  RequestOptions,
  RequestVerb,
  RequestVerbIn,
  StreamConfig,
  StreamVerb,
  SyncRequestVerb,
  SyncStreamVerb,
  SyncVerb,
  Verb,
  VerbConfig,
  VerbIn,
} from "./verbs.ts";
export { CancelToken, type CancelTokenHandle } from "./cancel_token.ts";
export type {
  Answer,
  ClientConfig,
  OnRetry,
  ParamsSerializer,
  RequestConfig,
  RequestTransform,
  ResolvedConfig,
  ResponseTransform,
  RetryOn,
  SettledOptions,
} from "./config/options.ts";
export type { ConfigChange } from "./config/merge.ts";
export { AxError, type AxErrorOptions, type ErrorRequest, isAxError } from "./ax_error.ts";
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
  SyncBridgeError,
  SyncUnavailableError,
  TimeoutError,
  type TimeoutPhase,
} from "./errors.ts";
export { mask, type RawRequest } from "./mask.ts";
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
export type { SchemaIssue, SchemaOutput, StandardResult, StandardSchema } from "./http/decode.ts";
export { type Flow, type FlowValue, now, type Operation, random, sleep } from "./flow/flow.ts";
export { concurrent, type ConcurrentOptions, type ConcurrentResult } from "./flow/concurrent.ts";
export { share } from "./flow/concurrent.ts";
export { call, type CallResult, portable } from "./flow/user_function.ts";
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
export type { ServerSentEvent } from "./http/lines.ts";
export type { AxResponse, ParseJSON, Redirected, SentRequest, Timings } from "./http/response.ts";
export { createResponse, type CreateResponseInit } from "./http/answer.ts";
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
export type { ByteSource, HeaderPairs } from "./http/message.ts";
export type { SyncReader } from "./http/chunks.ts";
export type { ResponseType } from "./http/decode.ts";
export type { FileContent, FileInput, Files } from "./http/multipart.ts";
export type { HeadersInput } from "./http/headers.ts";
export type { NestedParams, Params, ParamsFormat, ParamValue } from "./http/params.ts";
export type { PathValues } from "./http/url.ts";
export type { Clock } from "./runtime/clock.ts";
export type { SyncSupport } from "./transport/port.ts";

/**
 * `Promise.all` under the name that axios has for it; `allSync` is its twin for flows.
 *
 * @typeParam T The promises.
 * @param values Promises, such as those of async calls.
 * @returns Their values, in order; rejects with the first error, and with a `TypeError` for a flow,
 * which would not be sent.
 *
 * @example Usage
 * ```ts
 * import { all, spread } from "jsr:@ax/client";
 * import { assertEquals } from "@std/assert";
 *
 * const sum = await all([1, Promise.resolve(2)]).then(spread((a, b) => a + b));
 * assertEquals(sum, 3);
 * ```
 */
export async function all<const T extends readonly unknown[]>(
  values: T,
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  const awaited = [...values].map((value, item) => {
    return isFlow(value) && !isPromiseLike(value) ? Promise.reject(refuseFlow(item)) : value;
  });
  return await Promise.all(awaited) as never;
}

function refuseFlow(item: number): TypeError {
  return new TypeError(
    `Cannot wait for item ${item}: it is a flow, which nobody runs; give "run(flow)" or ` +
      '"api.get(…)", or run flows at once by "allSync" and "concurrent"',
  );
}

/**
 * Hands an array to a function as its arguments; for `all(…).then(spread((a, b) => …))`.
 *
 * @typeParam A The arguments.
 * @typeParam R What the function returns.
 * @param fn Gets one argument for each item.
 * @returns A function that takes the array.
 *
 * @example Usage
 * ```ts
 * import { spread } from "jsr:@ax/client";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(spread((a: number, b: number) => a - b)([3, 1]), 2);
 * ```
 */
export function spread<A extends readonly unknown[], R>(
  fn: (...args: A) => R,
): (values: A) => R {
  return (values) => fn(...values);
}
