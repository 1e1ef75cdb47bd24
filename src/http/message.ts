import type { NetworkOptions, Transport } from "../transport/transport.ts";
import type { EncodedBody } from "./body.ts";

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

/** What was sent, as a response shows it. */
export interface SentRequest {
  /** The HTTP method, upper case. */
  readonly method: string;
  /** The full URL, parameters included. */
  readonly url: string;
  /** The headers, a copy. */
  readonly headers: Headers;
}

/** One request below the pipeline: immutable, encoded once, with the limits of its attempt. */
export interface NormalizedRequest extends SentRequest {
  readonly body: EncodedBody | null;
  readonly timeout: number | false;
  readonly maxResponseSize: number | false;
  readonly stream: boolean;
  readonly redirect: "manual" | "follow";
  readonly network?: NetworkOptions | undefined;
  readonly fetchOptions?: Readonly<Record<string, unknown>> | undefined;
  readonly transport?: Transport | undefined;
  readonly fetch?: FetchFunction | undefined;
  readonly onUploadProgress?: ((progress: Progress) => void) | undefined;
  readonly onDownloadProgress?: ((progress: Progress) => void) | undefined;
  readonly redact: readonly string[];
}

/** A request as its response shows it: the headers are copied only when somebody looks. */
export class SentView implements SentRequest {
  readonly method: string;
  readonly url: string;
  readonly #sent: Headers;
  #headers: Headers | undefined;

  constructor(request: SentRequest) {
    this.method = request.method;
    this.url = request.url;
    this.#sent = request.headers;
  }

  get headers(): Headers {
    return this.#headers ??= new Headers(this.#sent);
  }
}

type Pairs = readonly (readonly [string, string])[];

/** The headers of clients: nobody changes them, so their pairs are made once. */
const constant = new WeakMap<Headers, Pairs>();

/** Keeps the pairs of headers that will not change any more. */
export function keepPairs(headers: Headers): Headers {
  constant.set(headers, [...headers]);
  return headers;
}

/** The names and values of headers. */
export function pairsOf(headers: Headers): Pairs {
  return constant.get(headers) ?? [...headers];
}
