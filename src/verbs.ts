import type { Flow } from "../flow/flow.ts";
import type { FlowStream } from "../flow/flow_stream.ts";
import type { AxResponse } from "../http/response.ts";
import type { ConfigChange, RequestConfig, ResolvedConfig, StreamConfig } from "../options.ts";
import type { SchemaOutput, StandardSchema } from "../stages/schema.ts";
import type { PaginateFlow } from "./pages.ts";
import type { StreamResponse } from "./stream_response.ts";
import type { SyncStreamResponse } from "./sync_stream_response.ts";

/** The options of a call with a schema; its output becomes the type of `data`. */
export interface SchemaConfig<S extends StandardSchema> extends RequestConfig {
  /** A Standard Schema validator. */
  schema: S;
}

/** A verb that does not block. */
export interface Verb {
  /** Sends a request whose response body is read as it arrives. */
  (url: string | URL, config: StreamConfig): Promise<StreamResponse>;
  /** Sends a request; the data is what the schema makes of it. */
  <S extends StandardSchema>(
    url: string | URL,
    config: SchemaConfig<S>,
  ): Promise<AxResponse<SchemaOutput<S>>>;
  /** Sends a request. */
  <T = unknown>(url: string | URL, config?: RequestConfig): Promise<AxResponse<T>>;
}

/** A verb that blocks this thread until the response is there. */
export interface SyncVerb {
  /** Sends a request whose response body is read as it arrives. */
  (url: string | URL, config: StreamConfig): SyncStreamResponse;
  /** Sends a request; the data is what the schema makes of it. */
  <S extends StandardSchema>(
    url: string | URL,
    config: SchemaConfig<S>,
  ): AxResponse<SchemaOutput<S>>;
  /** Sends a request. */
  <T = unknown>(url: string | URL, config?: RequestConfig): AxResponse<T>;
}

/** A verb that makes a flow, for `yield*`. */
export interface FlowVerb {
  /** Makes the flow of a request whose response body is read as it arrives. */
  (url: string | URL, config: StreamConfig): Flow<FlowStream>;
  /** Makes a request's flow; the data is what the schema makes of it. */
  <S extends StandardSchema>(
    url: string | URL,
    config: SchemaConfig<S>,
  ): Flow<AxResponse<SchemaOutput<S>>>;
  /** Makes a request's flow. */
  <T = unknown>(url: string | URL, config?: RequestConfig): Flow<AxResponse<T>>;
}

/** `request`: any method, also with the URL in the config. */
export interface RequestVerb extends Verb {
  /** Sends the request that the config describes; its response body is read as it arrives. */
  (config: StreamConfig): Promise<StreamResponse>;
  /** Sends the request of a call again, as its interceptors and middleware have it. */
  <T = unknown>(config: ResolvedConfig): Promise<AxResponse<T>>;
  /** Sends the request that the config describes. */
  <S extends StandardSchema>(config: SchemaConfig<S>): Promise<AxResponse<SchemaOutput<S>>>;
  /** Sends the request that the config describes. */
  <T = unknown>(config: RequestConfig | ConfigChange): Promise<AxResponse<T>>;
}

/** `requestSync`: any method, also with the URL in the config. */
export interface SyncRequestVerb extends SyncVerb {
  /** Sends the request that the config describes; its response body is read as it arrives. */
  (config: StreamConfig): SyncStreamResponse;
  /** Sends the request of a call again, as its interceptors and middleware have it. */
  <T = unknown>(config: ResolvedConfig): AxResponse<T>;
  /** Sends the request that the config describes. */
  <S extends StandardSchema>(config: SchemaConfig<S>): AxResponse<SchemaOutput<S>>;
  /** Sends the request that the config describes. */
  <T = unknown>(config: RequestConfig | ConfigChange): AxResponse<T>;
}

/** `flow.request`: any method, also with the URL in the config. */
export interface FlowRequestVerb extends FlowVerb {
  /** Makes the flow of the request that the config describes; its response body is read as it arrives. */
  (config: StreamConfig): Flow<FlowStream>;
  /** Makes the flow of the request of a call again, as its interceptors and middleware have it. */
  <T = unknown>(config: ResolvedConfig): Flow<AxResponse<T>>;
  /** Makes the flow of the request that the config describes. */
  <S extends StandardSchema>(config: SchemaConfig<S>): Flow<AxResponse<SchemaOutput<S>>>;
  /** Makes the flow of the request that the config describes. */
  <T = unknown>(config: RequestConfig | ConfigChange): Flow<AxResponse<T>>;
}

/** The verbs as flows: for `yield*` inside generator interceptors, middleware, `dual` and `sdk`. */
export interface FlowVerbs {
  /** GET. */
  readonly get: FlowVerb;
  /** HEAD. */
  readonly head: FlowVerb;
  /** OPTIONS. */
  readonly options: FlowVerb;
  /** DELETE. */
  readonly delete: FlowVerb;
  /** POST. */
  readonly post: FlowVerb;
  /** PUT. */
  readonly put: FlowVerb;
  /** PATCH. */
  readonly patch: FlowVerb;
  /** Any method. */
  readonly request: FlowRequestVerb;
  /** Items that come in pages. */
  readonly paginate: PaginateFlow;
}

/** How a verb names its call: the method, or none for `request`. */
export type Call<Result> = (
  method: string | undefined,
  url: unknown,
  config?: unknown,
) => Result;

const METHODS = ["get", "head", "options", "delete", "post", "put", "patch"];

/** The verbs over one function, by their names with that ending. */
export function verbsOf(call: Call<unknown>, ending = ""): object {
  const verbs: Record<string, unknown> = {
    // The URL comes before the config or in it.
    [`request${ending}`]: (url: unknown, config?: unknown) => {
      const inConfig = typeof url === "object" && url !== null && !(url instanceof URL);
      return inConfig ? call(undefined, undefined, url) : call(undefined, url, config);
    },
  };
  for (const name of METHODS) {
    const method = name.toUpperCase();
    verbs[name + ending] = (url: unknown, config?: unknown) => call(method, url, config);
  }
  return verbs;
}
