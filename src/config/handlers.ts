import type { AxError } from "../ax_error.ts";
import type { AxResponse } from "../http/response.ts";
import type { AnyStream } from "../stream/members.ts";
import type { Answer, RequestConfig, ResolvedConfig } from "./options.ts";

/** What the handlers of interceptors get as second argument. */
export interface HandlerState {
  /** The call's resolved config; `api.request` and `flow.request` accept it. */
  readonly request: ResolvedConfig;
}

/** Changes a request before it is sent, on each attempt. */
export type RequestInterceptor = (
  request: ResolvedConfig,
  state: HandlerState,
) => Answer<ConfigChange | undefined | void>;

/** Handles the error of an earlier request interceptor. */
export type RequestErrorHandler = (
  error: AxError,
  state: HandlerState,
) => Answer<ConfigChange | undefined | void>;

/** Changes the final response of a call. */
export type ResponseInterceptor = (
  response: AxResponse,
  state: HandlerState,
) => Answer<AxResponse | AnyStream | undefined | void>;

/**
 * Handles the final error of a call: returns a response (or a stream, of a call that streams) to
 * recover, or throws.
 */
export type ResponseErrorHandler = (
  // deno-lint-ignore no-explicit-any -- what was thrown; `isAxError` narrows it
  error: any,
  state: HandlerState,
) => Answer<AxResponse | AnyStream | undefined | void>;

/** A changed request: the members it has replace the current ones. */
export type ConfigChange =
  & {
    [
      K in keyof Omit<ResolvedConfig, "headers" | "transformRequest" | "transformResponse">
    ]?: ResolvedConfig[K] | undefined;
  }
  & Pick<RequestConfig, "headers" | "transformRequest" | "transformResponse">;
