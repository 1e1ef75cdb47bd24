import { BODY_OPTIONS } from "../http/body.ts";
import { checkHeaders, headerEntries, type HeadersInput, mergeHeaders } from "../http/headers.ts";
import { headerOf, type HeaderPairs, headersFrom } from "../http/message.ts";
import { kindOf, ownMembers, PROTO_KEYS, tagOf } from "../http/pairs.ts";
import { mergeParams, type Params } from "../http/params.ts";
import { normalizeMethod } from "../http/semantics.ts";
import { isUrl, parseBase } from "../http/url.ts";
import { maskEntries, maskUrl, printersOf, writeAs } from "../mask.ts";
import { checkConfig, checkOptions, OPTION_NAMES } from "./check.ts";
import { DEFAULT_ACCEPT, DEFAULTS } from "./defaults.ts";
import type { ClientConfig, RequestConfig, ResolvedConfig } from "./options.ts";
import type { ConfigChange } from "./handlers.ts";

/** What the call gave itself; printing it shows nothing. */
class Own {
  readonly #headers: HeaderPairs;
  readonly #params: Params | undefined;

  constructor({ headers, params }: Pick<RequestConfig, "headers" | "params">) {
    // A header that was removed by `undefined` counts as the call's own.
    this.#headers = headerEntries(headers ?? []).map(([name, value]) => {
      return [name.toLowerCase(), value ?? ""];
    });
    this.#params = params;
  }

  /** The value of a header. */
  static headerOf(own: Own | undefined, name: string): string | null {
    return own ? headerOf(own.#headers, name) : null;
  }

  /** The parameters. */
  static paramsOf(own: Own | undefined): Params | undefined {
    return own && own.#params;
  }
}

const NOTHING_OWN = new Own({});

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

/** What the verb says itself; its method is valid. */
export interface Fixed {
  readonly method?: string | undefined;
  readonly url?: string | URL | undefined;
}

/** Limits of which `Infinity` says that there is none. */
const LIMITS: ReadonlySet<string> = new Set([
  "timeout",
  "totalTimeout",
  "maxResponseSize",
  "maxRequestSize",
]);

/** Every option, so that what somebody has put into `Object.prototype` is none. */
const NOT_GIVEN: Layer = Object.fromEntries(OPTION_NAMES.map((name) => [name, undefined]));

/** A client's config with the defaults below it: the start of every call. */
export function clientDefaults(config: ClientConfig, inherited?: CallConfig): CallConfig {
  checkConfig(config);
  checkOptions(config, "client");
  const below = inherited ?? {
    ...NOT_GIVEN,
    ...DEFAULTS,
    headers: [["accept", DEFAULT_ACCEPT]],
    context: {},
    attempt: 0,
  } as CallConfig;
  const defaults = merge(below, config as Layer);
  // Every call shares them, and what its functions see of them.
  for (const name of Object.keys(DEFAULTS)) Object.freeze((defaults as unknown as Layer)[name]);
  if (defaults.baseURL !== undefined) parseBase(defaults.baseURL, defaults);
  return defaults;
}

/** The config of one call, its own: the call's options over the client's. */
export function resolveConfig(
  defaults: CallConfig,
  config: RequestConfig | undefined,
  { method, url }: Fixed,
): CallConfig {
  let resolved: CallConfig;
  if (config === undefined) {
    resolved = { ...defaults };
  } else {
    checkConfig(config);
    checkOptions(config, "call");
    if (OWN in config) return resolveAgain(defaults, config as CallConfig, { method, url });
    resolved = merge(defaults, config as Layer);
    resolved[OWN] = new Own(ownMembers(config));
  }
  if (method !== undefined) resolved.method = method;
  if (url !== undefined) resolved.url = url;
  return resolved;
}

/** A resolved config, as handlers get it, has the client's part in it already; it may be changed. */
function resolveAgain(
  defaults: CallConfig,
  config: CallConfig,
  { method = config.method, url = config.url }: Fixed,
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
  const shown = Object.entries(rest).filter(([name, value]) =>
    value !== undefined && !isBodyOption(name)
  );
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
  const names = Object.keys(above).filter((name) =>
    above[name] !== undefined && !PROTO_KEYS.has(name) && name !== "attempt" && name !== "module"
  );
  if (names.includes("maxResponseSize")) merged[SIZE_GIVEN] = true;
  if (names.some(isBodyOption)) { for (const name of BODY_OPTIONS) merged[name] = undefined; }
  for (const name of names) merged[name] = mergeOption(name, below, above[name]);
  return merged as unknown as CallConfig;
}

function isBodyOption(name: string): boolean {
  return (BODY_OPTIONS as readonly string[]).includes(name);
}

function mergeOption(name: string, below: CallConfig, value: unknown): unknown {
  switch (name) {
    case "method":
      return normalizeMethod(value as string);
    case "headers":
      return mergeHeaders(below.headers, value as HeadersInput);
    case "params":
      return mergeQuery(below.params, value as Params);
    case "context":
      return mergeRecords(below.context, value as Record<string, unknown>);
  }
  if (value === Infinity && LIMITS.has(name)) return false;
  const lower = (below as unknown as Layer)[name];
  const list = name.startsWith("transform") && typeof value === "function" ? [value] : value;
  // A default list is replaced, a client's is added to.
  if (!Array.isArray(list) || !Array.isArray(lower)) return list;
  return lower === (DEFAULTS as Layer)[name] ? [...list] : [...lower, ...list];
}

/** Stays a plain object where both layers are one, so that interceptors can spread it. */
function mergeQuery(below: Params | undefined, above: Params): Params {
  if (isRecord(above) && (below === undefined || isRecord(below))) {
    return mergeRecords(below ?? {}, above) as Params;
  }
  return mergeParams(below, above);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !(Symbol.iterator in value);
}

function mergeRecords(
  below: Readonly<Record<string, unknown>>,
  above: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const merged = { ...below };
  for (const [name, value] of Object.entries(above)) {
    if (PROTO_KEYS.has(name)) continue;
    if (value === undefined) delete merged[name];
    else merged[name] = value;
  }
  return merged;
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
    // Those that print it are none of it.
    const keys = Reflect.ownKeys(changed).filter((key) =>
      Object.prototype.propertyIsEnumerable.call(changed, key)
    );
    if (BODY_OPTIONS.some((name) => Object.hasOwn(changed, name) && changed[name] !== undefined)) {
      for (const name of BODY_OPTIONS) adopted[name] = undefined;
    }
    for (const name of keys) {
      if (name !== "headers" && !PROTO_KEYS.has(String(name))) adopted[name] = changed[name];
    }
  }
  checkOptions(adopted, "change");
  const given = Object.hasOwn(changed, "headers") ? changed.headers : undefined;
  adopted.headers = adoptHeaders(headers, given, current.redact);
  adopted.method = normalizeMethod(adopted.method as string);
  for (const name of OPTION_NAMES) {
    const value = adopted[name];
    // An option that was set to `undefined` is not given, so its default stands.
    if (value === undefined && Object.hasOwn(DEFAULTS, name)) {
      adopted[name] = (DEFAULTS as Layer)[name];
    } else if (value === Infinity && LIMITS.has(name)) adopted[name] = false;
    else if (typeof value === "function" && name.startsWith("transform")) adopted[name] = [value];
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

/** The most bytes of a stream: `maxResponseSize` bounds one only where it was set. */
export function streamSizeLimit(config: CallConfig): number | false {
  const { maxResponseSize } = config;
  return config[SIZE_GIVEN] || maxResponseSize !== DEFAULTS.maxResponseSize
    ? maxResponseSize
    : false;
}

/** Whether the call itself set a header, to that value: `""` stands for its removal. */
export function isOwnHeader(config: CallConfig, name: string, value: string | null): boolean {
  const own = Own.headerOf(config[OWN], name);
  return own !== null && own === (value ?? "");
}

/** The parameters that the call gave itself. */
export function ownParams(config: CallConfig): Params | undefined {
  return Own.paramsOf(config[OWN]);
}

/** Whether a value may be a URL in a config. */
export function isAddress(value: unknown): value is string | URL {
  return typeof value === "string" || isUrl(value);
}
