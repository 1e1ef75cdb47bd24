/** The `fetch` of the runtime, or one in its place. */
export type FetchFunction = typeof globalThis.fetch;

/** How far a body has come; see `onUploadProgress` and `onDownloadProgress`. */
export interface Progress {
  /** Bytes so far. */
  readonly loaded: number;
  /** Bytes in all, where known. */
  readonly total?: number;
  /** `loaded / total`, where known. */
  readonly fraction?: number;
  /** Bytes per second since the start. */
  readonly rate?: number;
}

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
  /** The `redact` option: more names to mask in messages and logs, as `mask(url, redact)` does. */
  readonly redact?: readonly string[] | undefined;
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
  /**
   * The URL of an HTTP proxy, with its credentials. Requests to `http:` go to it as they are, others
   * through a tunnel. `"env"` takes HTTP_PROXY, HTTPS_PROXY and NO_PROXY of the environment: Node as
   * they are when a call is made, in both styles; the fetch of other runtimes reads them by itself.
   */
  readonly proxy?: string | undefined;
  /**
   * Certificate authorities to trust beside those of the runtime, PEM.
   *
   * @default {[]}
   */
  readonly caCerts?: readonly string[] | undefined;
  /** A client certificate, PEM. */
  readonly cert?: string | undefined;
  /** The key of the client certificate, PEM. */
  readonly key?: string | undefined;
  /** The path of a unix socket to connect to. */
  readonly unixSocket?: string | undefined;
  /**
   * Whether to speak HTTP/2 where the server can.
   *
   * @default as the runtime does by itself: Deno does, Node does not
   */
  readonly http2?: boolean | undefined;
  /**
   * Whether Node's own HTTP dispatcher carries the calls, which is faster; `false` uses its fetch.
   *
   * @default {true}
   */
  readonly dispatch?: boolean | undefined;
}
