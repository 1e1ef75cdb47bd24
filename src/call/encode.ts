import { type CallConfig, isOwnHeader, ownParams, streamLimit } from "../config/merge.ts";
import { type Operation, random, type UserFunction } from "../flow/flow.ts";
import { invoke, nameOf } from "../flow/user_function.ts";
import { credentialNames, describe } from "../mask.ts";
import { BodySizeError } from "../errors.ts";
import {
  BODY_OPTIONS,
  type BodyOptions,
  encodeBody,
  type EncodedBody,
  isMultipart,
} from "../http/body.ts";
import { headerParams, withHeader, withoutHeaders } from "../http/headers.ts";
import {
  checkSendable,
  headerOf,
  type HeaderPairs,
  type HttpRequest,
  mayHaveBody,
  pairsOf,
  sizeOf,
} from "../http/message.ts";
import { newBoundary } from "../http/multipart.ts";
import { applyParams, applyQuery, type Params, type ParamsFormat } from "../http/params.ts";
import { fillPath, type PathValues, type ResolvedUrl, resolveUrl } from "../http/url.ts";

/** What is known beside the config. */
export interface EncodeState {
  readonly setup: {
    /** The headers of the client's config. */
    readonly clientHeaders: HeaderPairs | Headers;
    /** What relative URLs are resolved against, in a page. */
    readonly page: string | undefined;
  };
  /** Whether the response body is streamed. */
  readonly stream: boolean;
}

/** What of a request user functions may have a part in. */
interface Parts {
  readonly url: string;
  readonly headers: HeaderPairs;
  readonly body: EncodedBody | null;
}

/** The request of one attempt, encoded. */
export function* encodeRequest(
  config: CallConfig,
  state: EncodeState,
): Generator<Operation, HttpRequest, unknown> {
  const { url, crossOrigin, credentials } = locate(config, state.setup.page);
  const headers = new Headers(pairsOf(config.headers) as [string, string][]);
  const fields = yield* transformRequest(config.transformRequest, config, headers);
  const own = crossOrigin ? ownParams(config) : config.params;
  const given = [...headers];
  const body = yield* encode(config, fields, given);
  return makeRequest(config, state, {
    url: yield* addParams(url, own, config),
    headers: given,
    body,
    crossOrigin,
    credentials,
  });
}

/** The same for a request with nothing to encode: no body, no parameters; of others, nothing. */
export function plainRequest(config: CallConfig, state: EncodeState): HttpRequest | undefined {
  const { params, transformRequest, json, form, files, data } = config;
  if (
    params !== undefined || transformRequest.length > 0 || json !== undefined ||
    form !== undefined || files !== undefined || data !== undefined
  ) {
    return undefined;
  }
  const { url, crossOrigin, credentials } = locate(config, state.setup.page);
  const headers = pairsOf(config.headers);
  return makeRequest(config, state, { url, crossOrigin, credentials, headers, body: null });
}

/**
 * The URL of a request, before its parameters are added.
 *
 * @param page What relative URLs are resolved against, in a page.
 */
export function locate(config: CallConfig, page: string | undefined): ResolvedUrl {
  const { path, url } = config;
  return resolveUrl(
    path === undefined ? url : fill(url, path),
    page ? { ...config, page } : config,
  );
}

/** A `URL` has encoded the braces. */
function fill(url: string | URL, path: PathValues): string {
  if (typeof url === "string") return fillPath(url, path);
  return fillPath(url.href.replaceAll("%7B", "{").replaceAll("%7D", "}"), path);
}

function makeRequest(
  config: CallConfig,
  state: EncodeState,
  { url, headers: given, body, crossOrigin, credentials }: Parts & {
    readonly crossOrigin: boolean;
    readonly credentials?: string | undefined;
  },
): HttpRequest {
  const typed = body !== null || headerOf(given, "content-type") !== null;
  let headers = typed ? withContentType(config, state, given, body) : given;
  if (crossOrigin) headers = keepHome(headers, config);
  if (credentials && headerOf(headers, "authorization") === null) {
    headers = withHeader(headers, "authorization", credentials);
  }
  const encoded = body?.body ?? null;
  const size = sizeOf(encoded);
  checkSendable(headers, size);
  const { onUploadProgress, onDownloadProgress, maxRequestSize } = config;
  const request: HttpRequest = {
    method: config.method,
    url,
    headers,
    body: encoded,
    timeoutMs: config.timeout,
    leftMs: undefined,
    maxResponseBytes: state.stream ? streamLimit(config) : config.maxResponseSize,
    maxRequestBytes: maxRequestSize,
    stream: state.stream,
    redirect: config.followRedirects ? "follow" : "manual",
    network: config.network,
    fetchOptions: config.fetchOptions,
    redact: config.redact.length > 0 ? config.redact : undefined,
    progress: onUploadProgress || onDownloadProgress
      ? { upload: onUploadProgress !== undefined, download: onDownloadProgress !== undefined }
      : undefined,
  };
  if (maxRequestSize === false || size === undefined || size <= maxRequestSize) return request;
  throw new BodySizeError(
    `Cannot send ${describe(request)}: its body has ${size} bytes, larger than ` +
      `${maxRequestSize} ("maxRequestSize")`,
    { request },
  );
}

/** Runs `transformRequest` over the value of the body option; the result takes its place. */
function* transformRequest(
  transforms: readonly UserFunction[],
  { json, form, files, data }: CallConfig,
  headers: Headers,
): Generator<Operation, BodyOptions, unknown> {
  const fields: BodyOptions = { json, form, files, data };
  if (transforms.length === 0) return fields;
  const name = BODY_OPTIONS.find((body) => fields[body] !== undefined) ?? "data";
  let value: unknown = fields[name];
  for (const [index, transform] of transforms.entries()) {
    const site = { role: '"transformRequest"', index };
    const result = yield* invoke(transform, [value, headers], site);
    if (result === undefined && value !== undefined) {
      throw new TypeError(
        `Cannot encode the body: ${nameOf(transform, site)} returned nothing, return the data`,
      );
    }
    value = result;
  }
  return { ...fields, [name]: value };
}

function* encode(
  { method, stringifyJSON }: CallConfig,
  fields: BodyOptions,
  headers: HeaderPairs,
): Generator<Operation, EncodedBody | null, unknown> {
  const boundary = isMultipart(fields)
    ? givenBoundary(headers) ?? newBoundary(yield* random(), yield* random())
    : "";
  const encoded = encodeBody(fields, { boundary, stringifyJSON });
  if (!encoded || mayHaveBody(method)) return encoded;
  throw new TypeError(
    `Cannot send a body with ${method}: fetch refuses it; use "params", or another method`,
  );
}

/** The boundary of a multipart type that the user wrote by hand. */
function givenBoundary(headers: HeaderPairs): string | undefined {
  const given = headerOf(headers, "content-type");
  if (given === null || !/^\s*multipart\//i.test(given)) return undefined;
  const boundary = headerParams(given.slice(given.indexOf(";"))).get("boundary");
  if (boundary === undefined) return undefined;
  // RFC 2046, 5.1.1.
  if (/^[\w'()+,./:=? -]{0,69}[\w'()+,./:=?-]$/.test(boundary)) return boundary;
  throw new TypeError(
    'Cannot send header "content-type": its boundary is none, leave it out and one is made',
  );
}

/** One inherited from the client yields to the body; without a body it is not sent. */
function withContentType(
  config: CallConfig,
  { setup: { clientHeaders } }: EncodeState,
  headers: HeaderPairs,
  body: EncodedBody | null,
): HeaderPairs {
  const given = headerOf(headers, "content-type");
  if (given === null && (!body?.contentType || isOwnHeader(config, "content-type", null))) {
    return headers;
  }
  const inherited = given !== null && given === headerOf(clientHeaders, "content-type") &&
    !isOwnHeader(config, "content-type", given);
  if (!body) return inherited ? withoutHeaders(headers, ["content-type"]) : headers;
  const { contentType } = body;
  if (contentType === undefined) return headers;
  // A multipart type without a boundary could not be read by anybody.
  const useless = given !== null && /^multipart\//i.test(contentType) &&
    /^\s*multipart\//i.test(given) && !/boundary=/i.test(given);
  if (given !== null && !inherited && !useless) return headers;
  return withHeader(headers, "content-type", contentType);
}

function* addParams(
  url: string,
  params: Params | undefined,
  { paramsSerializer }: CallConfig,
): Generator<Operation, string, unknown> {
  if (params === undefined) return url;
  if (typeof paramsSerializer !== "function") {
    return applyParams(url, params, paramsSerializer as ParamsFormat | undefined);
  }
  const copy = copyOf(params);
  const query = yield* invoke<string>(paramsSerializer, [copy], { role: '"paramsSerializer"' });
  if (typeof query === "string") return applyQuery(url, query);
  throw new TypeError(`Cannot build URL: "paramsSerializer" returned a ${typeof query}, not text`);
}

/** What a serializer may change without harm to the client's own. */
function copyOf(params: Params): Params {
  if (!(Symbol.iterator in params)) return structuredCopy(params) as Params;
  return "append" in params ? new URLSearchParams(params) : [...params];
}

function structuredCopy(value: unknown, depth = 0): unknown {
  if (typeof value !== "object" || value === null || depth > 32) return value;
  if (Array.isArray(value)) return value.map((item) => structuredCopy(item, depth + 1));
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, structuredCopy(item, depth + 1)]),
  );
}

/** Removes credentials that the call did not set itself, from a request to another origin. */
function keepHome(headers: HeaderPairs, config: CallConfig): HeaderPairs {
  const names = credentialNames(config).map((name) => name.toLowerCase());
  return withoutHeaders(
    headers,
    names.filter((name) => !isOwnHeader(config, name, headerOf(headers, name))),
  );
}
