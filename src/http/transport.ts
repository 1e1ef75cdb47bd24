/** A request body as a transport gets it. */
export type TransportBody =
  | Uint8Array<ArrayBuffer>
  | Blob
  | ReadableStream<Uint8Array>
  | Iterable<Uint8Array>
  | AsyncIterable<Uint8Array>
  | null;

/** One attempt (one hop of it, where redirects are followed) as a transport sees it. */
export interface TransportRequest {
  /** The HTTP method, upper case. */
  readonly method: string;
  /** The absolute URL, with its query, without fragment. */
  readonly url: string;
  /** The headers to send, `content-type` included. */
  readonly headers: Headers;
  /** The encoded body. */
  readonly body: TransportBody;
  /** Fires when the call is cancelled or its time is over. Not given to `sendSync`. */
  readonly signal?: AbortSignal | undefined;
  /** The milliseconds that this attempt may take, `false` for no limit. */
  readonly timeout: number | false;
  /** The `network` option, as the user gave it. */
  readonly network?: NetworkOptions | undefined;
}

/** What a transport answers. */
export interface TransportResponse {
  /** The HTTP status. */
  readonly status: number;
  /**
   * The reason phrase.
   *
   * @default {""}
   */
  readonly statusText?: string | undefined;
  /** The response headers. */
  readonly headers: Headers | Record<string, string> | [string, string][];
  /** The final URL, where the transport followed redirects itself. */
  readonly url?: string | undefined;
  /** The body: bytes, none, or chunks (an `AsyncIterable` from `send`, an `Iterable` from `sendSync`). */
  readonly body: Uint8Array | null | AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

/** Carries requests to somewhere and answers. Give one as the `transport` option. */
export interface Transport {
  /**
   * Sends one request.
   *
   * @param request What to send.
   * @returns The response; rejects where there is none.
   */
  send(request: TransportRequest): Promise<TransportResponse>;
  /**
   * Sends one request and blocks this thread until the response is there. Without it, a sync call
   * throws `SyncUnavailableError`.
   *
   * @param request What to send.
   * @returns The response; throws where there is none.
   */
  sendSync?(request: TransportRequest): TransportResponse;
  /** Called once, when the client that it was given to is closed. */
  close?(): void;
}

/** How to reach the network. Plain data; what the runtime cannot do is an error, never ignored. */
export interface NetworkOptions {
  /** The URL of an HTTP proxy, with its credentials; `"env"` reads HTTP_PROXY and the like. */
  readonly proxy?: string | undefined;
  /** More certificate authorities to trust, PEM. */
  readonly caCerts?: readonly string[] | undefined;
  /** A client certificate, PEM. */
  readonly cert?: string | undefined;
  /** The key of the client certificate, PEM. */
  readonly key?: string | undefined;
  /** The path of a unix socket to connect to. */
  readonly unixSocket?: string | undefined;
  /** Whether to speak HTTP/2 where the server can. */
  readonly http2?: boolean | undefined;
}

/** One attempt for the built-in transport: what {@linkcode TransportRequest} says, and the limits. */
export interface WireRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: readonly (readonly [string, string])[];
  /** Bytes, parts to be joined, or a stream (never across threads). */
  readonly body:
    | Uint8Array<ArrayBuffer>
    | readonly (Uint8Array<ArrayBuffer> | Blob)[]
    | ReadableStream<Uint8Array>
    | AsyncIterable<Uint8Array>
    | Iterable<Uint8Array>
    | null;
  /** Milliseconds for headers and body; streamed: until headers, then for each chunk. */
  readonly timeout: number | false;
  /** Bytes after decompression, `false` for no limit. */
  readonly maxResponseSize: number | false;
  /** Whether the body is handed on in chunks instead of whole. */
  readonly stream: boolean;
  /** Never followed here, except that a browser, which hides redirects, follows with `follow`. */
  readonly redirect: "manual" | "follow";
  readonly network?: NetworkOptions | undefined;
  /** More members of fetch's `RequestInit`, the user's `fetchOptions`. */
  readonly fetchOptions?: Readonly<Record<string, unknown>> | undefined;
  /** Parameter names that error messages mask. */
  readonly redact?: readonly string[] | undefined;
  /** Which progress events are wanted. */
  readonly progress?: { readonly upload: boolean; readonly download: boolean } | undefined;
}

/** The answer of the built-in transport. `body` is whole unless the request said `stream`. */
export interface WireResponse<Body> {
  readonly status: number;
  readonly statusText: string;
  readonly url: string;
  readonly redirected: boolean;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Body;
}

/** How far a body has come. */
export interface WireProgress {
  readonly direction: "upload" | "download";
  readonly loaded: number;
  readonly total?: number | undefined;
}

/** How an operation ended, as data. */
export type Outcome<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: unknown };
