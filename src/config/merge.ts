import { BODY_OPTIONS } from "../http/body.ts";
import {
  checkHeaders,
  headerEntries,
  type HeadersInput,
  mergeHeaders,
  normalizeMethod,
} from "../http/headers.ts";
import { type HeaderPairs, headersFrom } from "../http/message.ts";
import { kindOf, ownMembers, PROTO_KEYS, tagOf } from "../http/pairs.ts";
import type { Params } from "../http/params.ts";
import { parseBase } from "../http/url.ts";
import { maskEntries, maskUrl, printersOf, writeAs } from "../mask.ts";
import { checkConfig, checkOptions } from "./check.ts";
import type { ClientConfig, RequestConfig, ResolvedConfig } from "./options.ts";
import { isRecord, OPTIONS } from "./table.ts";

/** A changed request: the members it has replace the current ones. */
export type ConfigChange =
  & {
    [
      K in keyof Omit<ResolvedConfig, "headers" | "transformRequest" | "transformResponse">
    ]?: ResolvedConfig[K] | undefined;
  }
  & Pick<RequestConfig, "headers" | "transformRequest" | "transformResponse">;

/** What the call gave itself; printing it shows nothing. */
class Own {
  readonly #headers: ReturnType<typeof headerEntries>;
  readonly #params: Params | undefined;

  constructor(headers?: HeadersInput, params?: Params) {
    this.#headers = headers === undefined ? [] : headerEntries(headers);
    this.#params = params;
  }

  /** The value of a header, `""` for one that was removed by `undefined`. */
  static headerOf(own: Own, name: string): string | null {
    const given = own.#headers.filter(([other]) => other.toLowerCase() === name);
    return given.length === 0 ? null : given.map(([, value]) => value ?? "").join(", ");
  }

  static paramsOf(own: Own): Params | undefined {
    return own.#params;
  }
}

const NOTHING_OWN = new Own();

/** Credentials that the call set itself, and its parameters, alone go to another origin. */
const OWN: unique symbol = Symbol("own");
/** Whether the client or the call set `maxResponseSize`: streams have no limit by default. */
const SIZE_GIVEN: unique symbol = Symbol("size given");

/**
 * The config of a call inside of the pipeline: its headers become a `Headers` object, its own, when
 * a user function is about to see them.
 */
export type CallConfig = Omit<ResolvedConfig, "headers"> & {
  headers: HeaderPairs | Headers;
  [OWN]?: Own;
  [SIZE_GIVEN]?: boolean;
};

type Layer = Readonly<Record<string, unknown>>;

/** Every option, so that what somebody has put into `Object.prototype` is none. */
const DEFAULTS: Layer = Object.fromEntries(
  Array.from(OPTIONS, ([name, { initial }]) => [name, initial]),
);

/** A client's config with the defaults below it: the start of every call. */
export function clientDefaults(config: ClientConfig, inherited?: CallConfig): CallConfig {
  checkConfig(config, "client");
  checkOptions(config, "client");
  const headers: HeaderPairs = [["accept", "application/json, text/plain, */*"]];
  const below = inherited ?? { ...DEFAULTS, headers, context: {}, attempt: 0 };
  const defaults = merge(below as CallConfig, config as Layer);
  // Every call shares them, and what its functions see of them.
  for (const [name, { initial }] of OPTIONS) {
    if (initial !== undefined) Object.freeze((defaults as unknown as Layer)[name]);
  }
  if (defaults.baseURL !== undefined) parseBase(defaults.baseURL, defaults);
  return defaults;
}

/** The config of one call, its own: what the verb says itself, over the call's options, over the client's. */
export function resolveConfig(
  defaults: CallConfig,
  config: RequestConfig | undefined,
  { method, url }: Pick<RequestConfig, "method" | "url">,
): CallConfig {
  let resolved: CallConfig;
  if (config === undefined) {
    resolved = { ...defaults };
  } else {
    checkConfig(config, "call");
    checkOptions(config, "call");
    if (OWN in config) return resolveAgain(defaults, config as CallConfig, { method, url });
    resolved = merge(defaults, config as Layer);
    const { headers, params } = ownMembers(config);
    if (headers !== undefined || params !== undefined) resolved[OWN] = new Own(headers, params);
  }
  if (method !== undefined) resolved.method = method;
  if (url !== undefined) resolved.url = url;
  return resolved;
}

/** A resolved config, as handlers get it, has the client's part in it already; it may be changed. */
function resolveAgain(
  defaults: CallConfig,
  config: CallConfig,
  { method = config.method, url = config.url }: Pick<RequestConfig, "method" | "url">,
): CallConfig {
  const given = config.headers as HeadersInput | undefined;
  const headers = isHeadersObject(given) ? given : mergeHeaders(defaults.headers, given);
  const copy = copyConfig({ ...config, headers: headers as HeaderPairs, method, url, attempt: 0 });
  return adoptConfig(copy, undefined, copy.headers, "call");
}

function isHeadersObject(value: unknown): value is Headers {
  return tagOf(value) === "Headers";
}

/**
 * A copy that user functions may change: its own headers, params and context. Printing it shows no
 * secret.
 */
export function copyConfig(config: CallConfig): ResolvedConfig {
  const { params } = config;
  const copy = {
    ...config,
    headers: headersFrom(config.headers, config.redact),
    ...params !== undefined && { params: copyParams(params) },
    context: { ...config.context },
    [OWN]: config[OWN] ?? NOTHING_OWN,
    ...PRINTERS,
  };
  writeAs(copy, printedConfig);
  return copy;
}

const PRINTERS = printersOf("", printedConfig);

function copyParams(params: Params): Params {
  if (isRecord(params)) return { ...params } as Params;
  return tagOf(params) === "URLSearchParams"
    ? new URLSearchParams(params as URLSearchParams)
    : [...params as Iterable<[string, string]>];
}

/** A copy to look at: what would change it is an error. */
export function readOnly(config: CallConfig): ResolvedConfig {
  const copy = copyConfig(config);
  const refuse = (): never => {
    throw new TypeError(
      "Cannot change the defaults of a client: give the options to create(), or make a child by " +
        '"extend"',
    );
  };
  for (const name of ["set", "append", "delete"]) {
    Object.defineProperty(copy.headers, name, { value: refuse });
  }
  // As users of axios would write it.
  Object.defineProperty(copy.headers, "common", { get: refuse });
  for (const part of [copy.context, copy.params]) if (isRecord(part)) Object.freeze(part);
  return Object.freeze(copy);
}

/** What a config is printed as: without bodies, and without what is not its own. */
function printedConfig(config: CallConfig | ResolvedConfig): Record<string, unknown> {
  const { redact, url, baseURL, params, network, context: _context, ...rest } = config;
  const { json: _json, form: _form, files: _files, data: _data, ...bodiless } = rest;
  const shown = Object.entries(bodiless).filter(([, value]) => value !== undefined);
  const pairs = params && (isRecord(params) ? Object.entries(params) : params);
  return {
    ...maskEntries(shown, redact),
    url: maskUrl(String(url), redact),
    ...baseURL !== undefined && { baseURL: maskUrl(String(baseURL), redact) },
    ...pairs && { params: maskEntries(pairs as Iterable<[string, unknown]>, redact) },
    ...network && { network: Object.keys(network) },
    redact,
  };
}

function merge(below: CallConfig, above: Layer): CallConfig {
  const merged: Record<PropertyKey, unknown> = { ...below };
  replaceBody(merged, above);
  for (const name of Object.keys(above)) {
    const value = above[name];
    const option = OPTIONS.get(name);
    if (value === undefined || !option || name === "attempt" || name === "module") continue;
    if (name === "maxResponseSize") merged[SIZE_GIVEN] = true;
    merged[name] = option.join((below as unknown as Layer)[name], option.settle(value));
  }
  return merged as unknown as CallConfig;
}

/** A body takes the place of any other. */
function replaceBody(config: Record<PropertyKey, unknown>, above: Layer): void {
  if (!BODY_OPTIONS.some((name) => Object.hasOwn(above, name) && above[name] !== undefined)) return;
  for (const name of BODY_OPTIONS) config[name] = undefined;
}

/**
 * The config after a user function had it: changed in place, or what it returned merged over it.
 *
 * @param headers The headers that it was given.
 */
export function adoptConfig(
  current: ResolvedConfig,
  returned: ConfigChange | undefined | void,
  headers: Headers,
  role: string,
): ResolvedConfig {
  if (returned !== undefined && !isRecord(returned)) {
    const what = returned === null ? "null" : kindOf(returned);
    throw new TypeError(
      `Cannot go on after ${role}: it returned ${what}, return the request or nothing`,
    );
  }
  checkHeaders(headers);
  const inPlace = returned === undefined || returned === current;
  const changed = (returned ?? current) as unknown as Record<PropertyKey, unknown>;
  const adopted: Record<PropertyKey, unknown> = inPlace ? changed : { ...current };
  if (!inPlace) {
    replaceBody(adopted, changed);
    // Those that print it are none of it.
    for (const name of Reflect.ownKeys(changed)) {
      const isOwn = Object.prototype.propertyIsEnumerable.call(changed, name);
      if (isOwn && name !== "headers" && !PROTO_KEYS.has(String(name))) {
        adopted[name] = changed[name];
      }
    }
  }
  checkOptions(adopted, "change");
  const given = Object.hasOwn(changed, "headers") ? changed.headers : undefined;
  adopted.headers = adoptHeaders(headers, given, current.redact);
  adopted.method = normalizeMethod(adopted.method as string);
  for (const [name, { initial, settle }] of OPTIONS) {
    const value = adopted[name];
    // An option that was set to `undefined` is not given, so its default stands.
    const settled = value === undefined ? initial : settle(value);
    if (settled !== value) adopted[name] = settled;
  }
  return adopted as unknown as ResolvedConfig;
}

function adoptHeaders(current: Headers, returned: unknown, redact: readonly string[]): Headers {
  if (returned === undefined || returned === current) return current;
  if (!isHeadersObject(returned)) {
    return headersFrom(mergeHeaders(current, returned as HeadersInput), redact);
  }
  checkHeaders(returned);
  return headersFrom(returned, redact);
}

/** The most bytes that may arrive in a stream: `maxResponseSize` where it was set. */
export function streamLimit(config: CallConfig): number | false {
  const { maxResponseSize } = config;
  const isGiven = config[SIZE_GIVEN] || maxResponseSize !== DEFAULTS.maxResponseSize;
  return isGiven && maxResponseSize;
}

/** Whether the call itself set a header, to that value: `""` stands for its removal. */
export function isOwnHeader(config: CallConfig, name: string, value: string | null): boolean {
  const own = Own.headerOf(config[OWN] ?? NOTHING_OWN, name);
  return own !== null && own === (value ?? "");
}

/** The parameters that the call gave itself. */
export function ownParams(config: CallConfig): Params | undefined {
  return Own.paramsOf(config[OWN] ?? NOTHING_OWN);
}
