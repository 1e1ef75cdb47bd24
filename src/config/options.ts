import type { CancelToken } from "../cancel_token.ts";
import type { Flow } from "../flow/flow.ts";
import type { RetryStrategy } from "../call/backoff.ts";
import type { BodyData } from "../http/body.ts";
import type { ResponseType, StandardSchema } from "../http/decode.ts";
import type { HeadersInput } from "../http/headers.ts";
import type { Files } from "../http/multipart.ts";
import type { Params, ParamsFormat } from "../http/params.ts";
import type { PathValues } from "../http/url.ts";
import type { AxResponse, ParseJSON } from "../http/response.ts";
import type { FetchFunction, NetworkOptions, Progress, Transport } from "../http/transport.ts";
import type { Clock } from "../runtime/clock.ts";

/** What a user function may return: a value, a promise of it, or a flow that makes it. */
export type Answer<T> = T | PromiseLike<T> | Flow<T>;

/** Changes the request data before it is encoded; `headers` may be changed in place. */
export type RequestTransform = (data: unknown, headers: Headers) => Answer<unknown>;

/** Changes the data of an accepted response. */
export type ResponseTransform = (data: unknown, response: AxResponse) => Answer<unknown>;

/** Makes the query of a URL from the parameters, without the `?`. */
export type ParamsSerializer = (params: Params) => Answer<string>;

/** Decides whether a failed attempt is made again; asked only while a retry is left. */
export type RetryOn = (
  error: unknown,
  state: {
    /** Which attempt failed, from 1. */
    readonly attempt: number;
    /** The request that was sent. */
    readonly request: ResolvedConfig;
    /** The response of the failed attempt, where one was received. */
    readonly response?: AxResponse | undefined;
  },
) => Answer<boolean>;

/** Observes a retry, before its wait. */
export type OnRetry = (
  error: unknown,
  state: { readonly retry: number; readonly delay: number; readonly request: ResolvedConfig },
) => Answer<void>;

/** The options of a call. A call's options outrank the client's, those the defaults. */
export interface RequestConfig {
  /**
   * The HTTP method; the verbs set it.
   *
   * @default {"GET"}
   */
  method?: string | undefined;
  /** The URL, relative to `baseURL` where there is one. */
  url?: string | URL | undefined;
  /**
   * What relative URLs are joined to, with one slash. A path is kept, and dot segments that climb
   * above it are a `TypeError`. It may not have a query or fragment. In a page or its workers a
   * relative URL without it is resolved against the page, as fetch does.
   */
  baseURL?: string | URL | undefined;
  /**
   * Whether a URL may lead to another origin than that of `baseURL`. Credentials that the call did
   * not set itself (the client's, its interceptors') are not sent there, nor are the client's
   * `params`.
   *
   * @default {false} with `baseURL`
   */
  allowAbsoluteUrls?: boolean | undefined;
  /**
   * The protocols that are allowed, with their colon.
   *
   * @default {["http:", "https:"]}
   */
  protocols?: readonly string[] | undefined;
  /**
   * Values for the names in braces of the URL: `{id}` becomes the value, encoded as one segment. A
   * name without a value, or a value without a name, is a `TypeError`. Without `path`, braces stay
   * in a query and in a `URL`.
   */
  path?: PathValues | undefined;
  /**
   * Query parameters: an object, pairs or `URLSearchParams`. They replace same-named ones in the
   * URL. `null` is an empty value, a `Date` is written as ISO 8601, `undefined` removes an
   * inherited one.
   */
  params?: Params | undefined;
  /**
   * How parameters become a query: a function (it gets a copy), or how arrays and objects are written.
   *
   * @default {{ arrayFormat: "repeat" }} with no objects in it
   */
  paramsSerializer?: ParamsSerializer | ParamsFormat | undefined;
  /**
   * Headers: an object, pairs or `Headers`. They merge with the client's without regard to case;
   * `undefined` removes an inherited one.
   *
   * @default {{ accept: "application/json, text/plain, *\/*" }}
   */
  headers?: HeadersInput | undefined;
  /** A value to send as JSON. */
  json?: unknown;
  /** Fields to send urlencoded, or as multipart together with `files`. `null` is an empty value. */
  form?: Params | undefined;
  /** Files to send as multipart: `File`, `Blob`, bytes, or `{ name, content, type }`. */
  files?: Files | undefined;
  /**
   * A body to send as it is. A stream is sent once: never again on a retry or redirect. In a sync
   * call it is an `Iterable<Uint8Array>`, such as a generator, or a reader with `readSync`, such
   * as a `Deno.FsFile`; it is read as fast as the socket takes it. A `content-length` header that
   * you set is kept, which a stream has not by itself.
   */
  data?: BodyData | null | undefined;
  /**
   * Milliseconds for the network part of one attempt, from sending until the body is read;
   * streamed: until the headers, then for each chunk. `false` for none.
   *
   * @default {30_000}
   */
  timeout?: number | false | undefined;
  /**
   * Milliseconds for the whole call: attempts, waits, redirects and user code. `false` for none.
   *
   * @default {false}
   */
  totalTimeout?: number | false | undefined;
  /**
   * How many times a failed attempt is made again.
   *
   * @default {0}
   */
  maxRetries?: number | undefined;
  /**
   * How long to wait before a retry, unless the server says so by `Retry-After`.
   *
   * @default {new ExponentialBackoff()}
   */
  retryStrategy?: RetryStrategy | undefined;
  /**
   * The statuses that are retried.
   *
   * @default {[408, 425, 429, 500, 502, 503, 504]}
   */
  retryOnStatus?: readonly number[] | undefined;
  /**
   * The methods that are retried; besides them any request with an `idempotency-key` header.
   *
   * @default {["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "QUERY"]}
   */
  retryMethods?: readonly string[] | undefined;
  /**
   * Decides what is retried, in place of method, status and kind of error; asked only while a retry
   * is left.
   *
   * @default by `retryMethods` and `retryOnStatus`; failures of the network and timeouts of attempts
   */
  retryOn?: RetryOn | undefined;
  /**
   * The longest `Retry-After` (or `RateLimit-Reset` and the like) in milliseconds that is waited
   * for; a longer one ends the call.
   *
   * @default {60_000}
   */
  maxRetryAfter?: number | undefined;
  /** Observes each retry, before its wait. */
  onRetry?: OnRetry | undefined;
  /**
   * Which statuses are accepted; `false` accepts all of them. A refused one is an
   * `HTTPStatusError`, whatever happens to its body.
   *
   * @default 200 to 299, and 300 to 399 with `followRedirects: false`
   */
  validateStatus?: ((status: number) => boolean) | false | undefined;
  /**
   * Whether redirects are followed.
   *
   * @default {true}
   */
  followRedirects?: boolean | undefined;
  /**
   * How many redirects are followed in one attempt.
   *
   * @default {20}
   */
  maxRedirects?: number | undefined;
  /**
   * More headers that are dropped where credentials, and what `redact` names, are: on another origin.
   *
   * @default {[]}
   */
  sensitiveHeaders?: readonly string[] | undefined;
  /**
   * Functions that change the value of the body option, in order, on each attempt.
   *
   * @default {[]}
   */
  transformRequest?: RequestTransform | readonly RequestTransform[] | undefined;
  /**
   * Functions that change the data of an accepted response, in order.
   *
   * @default {[]}
   */
  transformResponse?: ResponseTransform | readonly ResponseTransform[] | undefined;
  /**
   * A Standard Schema validator; its output becomes `data`. One that answers with a promise works in
   * async calls only.
   */
  schema?: StandardSchema | undefined;
  /**
   * Reads every JSON text of the client, those of error bodies and NDJSON too. A plain function.
   *
   * @default {JSON.parse}
   */
  parseJSON?: ParseJSON | undefined;
  /**
   * Writes the value of `json`. A plain function.
   *
   * @default {JSON.stringify}
   */
  stringifyJSON?: ((value: unknown) => string) | undefined;
  /**
   * How the body is decoded: `json`, `text`, `bytes` or `blob`.
   *
   * @default by content type: JSON, text, or bytes
   */
  responseType?: ResponseType | undefined;
  /**
   * The most bytes of a response body, counted after decompression; streams have no limit unless
   * it is set. `false` for no limit.
   *
   * @default {1_073_741_824}
   */
  maxResponseSize?: number | false | undefined;
  /**
   * The most bytes of the encoded request body. A larger one is a `BodySizeError` before anything is
   * sent, a one-shot one as soon as it is passed.
   *
   * @default {false}
   */
  maxRequestSize?: number | false | undefined;
  /** Cancels the call. It cannot fire while its own thread is blocked by a sync call. */
  signal?: AbortSignal | undefined;
  /** Cancels the call; a shared token also from another thread while this one is blocked. */
  cancelToken?: CancelToken | undefined;
  /**
   * Observes how far the request body has come: at most about ten times a second, and at its end.
   * It runs on the calling thread, also while that is blocked, and starts from 0 for each attempt
   * and redirect. What it throws ends the call as it is. A plain function.
   */
  onUploadProgress?: ((progress: Progress) => void) | undefined;
  /**
   * Observes how far the response body has come, after decompression; the rest as with
   * `onUploadProgress`. `total` is known where there is a `content-length` and no compression.
   */
  onDownloadProgress?: ((progress: Progress) => void) | undefined;
  /**
   * How to reach the network: proxy, certificates, unix socket, HTTP/2.
   *
   * @default as the runtime does by itself
   */
  network?: NetworkOptions | undefined;
  /**
   * What carries the requests, in place of the network.
   *
   * @default the runtime's fetch, in sync calls in a worker thread
   */
  transport?: Transport | undefined;
  /**
   * A fetch to use in place of the runtime's.
   *
   * @default {globalThis.fetch}
   */
  fetch?: FetchFunction | undefined;
  /** More members of fetch's `RequestInit`, such as `credentials`, handed to fetch as they are. */
  fetchOptions?: Readonly<Record<string, unknown>> | undefined;
  /**
   * Time and chance; `jsr:@ax/client/testing` has a virtual one.
   *
   * @default the system's
   */
  clock?: Clock | undefined;
  /**
   * More header and parameter names to mask in errors, logs and whatever is printed, compared without
   * regard to case; such headers stay on their origin.
   *
   * @default {[]}
   */
  redact?: readonly string[] | undefined;
  /**
   * Free for your own interceptors, middleware and plugins; never sent.
   *
   * @default {{}}
   */
  context?: Record<string, unknown> | undefined;
}

/** The options of a client, the defaults of its calls. */
export interface ClientConfig extends RequestConfig {
  /**
   * `import.meta.url` of the module that builds this client: its async user functions then work in
   * sync calls as well.
   */
  module?: string | undefined;
}

/** Options as calls have them in the end: with the defaults, lists as lists. */
export type SettledOptions =
  // Over a picked type, so that editors show what is written there.
  & {
    [
      K in keyof Pick<
        RequestConfig,
        | "protocols"
        | "timeout"
        | "totalTimeout"
        | "maxRetries"
        | "retryOnStatus"
        | "retryMethods"
        | "maxRetryAfter"
        | "followRedirects"
        | "maxRedirects"
        | "sensitiveHeaders"
        | "maxResponseSize"
        | "maxRequestSize"
        | "redact"
      >
    ]-?: Exclude<RequestConfig[K], undefined>;
  }
  & {
    /** Functions that change the value of the body option, in order, on each attempt. */
    transformRequest: readonly RequestTransform[];
    /** Functions that change the data of an accepted response, in order. */
    transformResponse: readonly ResponseTransform[];
  };

/** The resolved options of a call: what middleware and request interceptors get, and may change. */
export interface ResolvedConfig
  extends
    Omit<RequestConfig, keyof SettledOptions | "method" | "url" | "headers" | "context">,
    SettledOptions {
  /** The HTTP method, upper case. */
  method: string;
  /** The URL, as the call gave it; in middleware per hop the final one. */
  url: string | URL;
  /** The headers, client's and call's; change them by `set`, `append` and `delete`. */
  headers: Headers;
  /** Free for your own use; never sent. */
  context: Record<string, unknown>;
  /** Which attempt this is, from 1. */
  attempt: number;
}
