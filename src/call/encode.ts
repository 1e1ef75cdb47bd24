import { type Operation, random, type UserFunction } from "../flow/flow.ts";
import { type BodyOptions, encodeBody, type EncodedBody, hasBody } from "../http/body.ts";
import { SENSITIVE_HEADERS } from "../http/headers.ts";
import { newBoundary } from "../http/multipart.ts";
import { applyParams, applyQuery, type Params, type ParamsFormat } from "../http/params.ts";
import type { FetchFunction, NormalizedRequest, Progress } from "../http/request.ts";
import { mayHaveBody } from "../http/semantics.ts";
import type { ResolvedUrl } from "../http/url.ts";
import type { NetworkOptions, Transport } from "../transport/transport.ts";
import { invoke } from "../user_function.ts";
import { type BodyFields, transformRequest } from "./transform.ts";

/** The options that make a request of a config. */
export interface EncodeRules extends BodyFields {
  readonly method: string;
  readonly url: string | URL;
  readonly headers: Headers;
  readonly baseURL?: string | URL | undefined;
  readonly allowAbsoluteUrls?: boolean | undefined;
  readonly protocols: readonly string[];
  readonly params?: Params | undefined;
  readonly paramsSerializer?: UserFunction | ParamsFormat | undefined;
  readonly transformRequest: readonly UserFunction[];
  readonly sensitiveHeaders: readonly string[];
  readonly followRedirects?: boolean | undefined;
  readonly timeout: number | false;
  readonly stream: boolean;
  readonly network?: NetworkOptions | undefined;
  readonly fetchOptions?: Readonly<Record<string, unknown>> | undefined;
  readonly transport?: Transport | undefined;
  readonly fetch?: FetchFunction | undefined;
  readonly onUploadProgress?: ((progress: Progress) => void) | undefined;
  readonly onDownloadProgress?: ((progress: Progress) => void) | undefined;
  readonly redact: readonly string[];
}

/** What the client knows beside the config. */
export interface EncodeState {
  /** The headers of the client's config, which stay on the origin of `baseURL`. */
  readonly clientHeaders: Headers;
  /** The names of the headers that the call set itself. */
  readonly ownHeaders: ReadonlySet<string>;
  /** The most bytes that may arrive. */
  readonly maxResponseSize: number | false;
}

/** What of a request user functions may have a part in. */
export interface EncodedParts {
  /** With its parameters. */
  readonly url: string;
  readonly headers: Headers;
  readonly body: EncodedBody | null;
}

/** Whether a request has parts to encode: a body, or parameters. */
export function hasParts(rules: EncodeRules): boolean {
  return rules.params !== undefined || rules.transformRequest.length > 0 ||
    hasBody(rules as BodyOptions);
}

/** Encodes the body and the parameters of a request. */
export function* encodeParts(
  url: string,
  rules: EncodeRules,
): Generator<Operation, EncodedParts, unknown> {
  const headers = new Headers(rules.headers);
  const fields = yield* transformRequest(rules.transformRequest, rules, headers);
  const body = yield* encode(rules, fields, headers);
  return { url: yield* addParams(url, rules), headers, body };
}

/** The immutable request of one attempt. */
export function makeRequest(
  { url, crossOrigin, credentials }: ResolvedUrl,
  parts: EncodedParts | undefined,
  rules: EncodeRules,
  state: EncodeState,
): NormalizedRequest {
  const changes = crossOrigin || credentials !== undefined;
  const headers = parts?.headers ?? (changes ? new Headers(rules.headers) : rules.headers);
  if (crossOrigin) keepHome(headers, rules, state);
  if (credentials && !headers.has("authorization")) headers.set("authorization", credentials);
  return {
    method: rules.method,
    url: parts?.url ?? url,
    headers,
    body: parts?.body ?? null,
    timeout: rules.timeout,
    maxResponseSize: state.maxResponseSize,
    stream: rules.stream,
    redirect: rules.followRedirects === false ? "manual" : "follow",
    network: rules.network,
    fetchOptions: rules.fetchOptions,
    transport: rules.transport,
    fetch: rules.fetch,
    onUploadProgress: rules.onUploadProgress,
    onDownloadProgress: rules.onDownloadProgress,
    redact: rules.redact,
  };
}

function* encode(
  rules: EncodeRules,
  fields: BodyFields,
  headers: Headers,
): Generator<Operation, EncodedBody | null, unknown> {
  const multipart = fields.files !== undefined ||
    Object.prototype.toString.call(fields.data) === "[object FormData]";
  const boundary = multipart ? newBoundary(yield* random(), yield* random()) : "";
  const body = encodeBody(fields as Parameters<typeof encodeBody>[0], boundary);
  if (!body) return null;
  if (!mayHaveBody(rules.method)) {
    throw new TypeError(
      `Cannot send a body with ${rules.method}: fetch refuses it; use "params", or another method`,
    );
  }
  if (body.contentType !== undefined) setContentType(headers, body.contentType, multipart);
  return body;
}

function setContentType(headers: Headers, contentType: string, multipart: boolean): void {
  const given = headers.get("content-type");
  // A multipart type that the user wrote by hand has no boundary, and nobody could read it.
  const useless = multipart && given !== null && !/boundary=/i.test(given);
  if (given === null || useless) headers.set("content-type", contentType);
}

function* addParams(
  url: string,
  { params, paramsSerializer }: EncodeRules,
): Generator<Operation, string, unknown> {
  if (params === undefined) return url;
  if (typeof paramsSerializer !== "function") return applyParams(url, params, paramsSerializer);
  const query = yield* invoke<string>(paramsSerializer, [params], {
    role: '"paramsSerializer"',
  });
  if (typeof query === "string") return applyQuery(url, query);
  throw new TypeError(`Cannot build URL: "paramsSerializer" returned a ${typeof query}, not text`);
}

/** Removes sensitive headers that come from the client's config and go to another origin. */
function keepHome(headers: Headers, rules: EncodeRules, state: EncodeState): void {
  for (const name of [...SENSITIVE_HEADERS, ...rules.sensitiveHeaders]) {
    const lower = name.toLowerCase();
    if (state.ownHeaders.has(lower)) continue;
    if (headers.get(lower) === state.clientHeaders.get(lower)) headers.delete(lower);
  }
}
