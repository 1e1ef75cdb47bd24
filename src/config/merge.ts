import { checkHeaders, type HeadersInput, mergeHeaders } from "./http/headers.ts";
import { PROTO_KEYS } from "./http/pairs.ts";
import { mergeParams, type Params } from "./http/params.ts";
import { keepPairs } from "./http/request.ts";
import { normalizeMethod } from "./http/semantics.ts";
import { checkBaseURL } from "./http/url.ts";
import { checkOptions, OPTION_NAMES } from "./option_checks.ts";
import {
  type ClientConfig,
  type ConfigChange,
  DEFAULT_ACCEPT,
  DEFAULTS,
  type RequestConfig,
  type ResolvedConfig,
} from "./options.ts";

/** The headers that the call set itself; they alone are sensitive ones for another origin. */
const OWN_HEADERS: unique symbol = Symbol("own headers");

/** Whether the client or the call set `maxResponseSize`: streams have no limit by default. */
const SIZE_GIVEN: unique symbol = Symbol("size given");

type Resolved = ResolvedConfig & {
  [OWN_HEADERS]?: ReadonlySet<string>;
  [SIZE_GIVEN]?: boolean;
};
type Layer = Readonly<Record<string, unknown>>;

/** What the verb says itself; its method is valid. */
interface Fixed {
  readonly method?: string | undefined;
  readonly url?: string | URL | undefined;
}

const NONE: ReadonlySet<string> = new Set();
const BODIES = ["json", "form", "files", "data"] as const;

/** A client's config with the defaults below it: the start of every call. */
export function clientDefaults(config: ClientConfig, inherited?: ResolvedConfig): ResolvedConfig {
  checkOptions(config, "client");
  const defaults = merge(inherited ?? { ...DEFAULTS, ...start() }, config as Layer);
  keepPairs(defaults.headers);
  if (defaults.baseURL !== undefined) checkBaseURL(defaults.baseURL, defaults);
  return defaults;
}

function start(): Pick<ResolvedConfig, "headers" | "context" | "attempt"> {
  return { headers: new Headers({ accept: DEFAULT_ACCEPT }), context: {}, attempt: 0 };
}

/** The config of one call, fresh and its own: the call's options over the client's. */
export function resolveConfig(
  defaults: ResolvedConfig,
  config: (Omit<RequestConfig, "stream"> & { stream?: boolean | undefined }) | undefined,
  fixed: Fixed,
): ResolvedConfig {
  let resolved: Resolved;
  if (config === undefined) {
    // Shares the client's headers: the pipeline copies before a user function sees them.
    resolved = { ...defaults };
  } else {
    checkOptions(config, "call");
    if ((config as Partial<Resolved>)[OWN_HEADERS]) {
      return resolveAgain(defaults, config as ResolvedConfig, fixed);
    }
    resolved = merge(defaults, config);
    resolved[OWN_HEADERS] = config.headers ? new Set(mergeHeaders(config.headers).keys()) : NONE;
  }
  const { method, url } = fixed;
  if (method !== undefined) resolved.method = method;
  if (url !== undefined) resolved.url = url;
  return resolved;
}

/** A resolved config, as handlers get it, has the client's part in it already; it may be changed. */
function resolveAgain(
  defaults: ResolvedConfig,
  config: ResolvedConfig,
  { method = config.method, url = config.url }: Fixed,
): ResolvedConfig {
  const given = config.headers as HeadersInput | undefined;
  const headers = given instanceof Headers
    ? mergeHeaders(given)
    : mergeHeaders(defaults.headers, given);
  const copy = copyConfig({ ...config, headers, method, url });
  return adoptConfig(copy, undefined, copy.headers, "call");
}

/** A copy that user functions may change: its own headers and context. */
export function copyConfig(config: ResolvedConfig): ResolvedConfig {
  const copy: Resolved = {
    ...config,
    headers: new Headers(config.headers),
    context: { ...config.context },
  };
  copy[OWN_HEADERS] ??= NONE;
  return copy;
}

function merge(below: ResolvedConfig, above: Layer): ResolvedConfig {
  const merged: Record<PropertyKey, unknown> = { ...below };
  if (above.maxResponseSize !== undefined) merged[SIZE_GIVEN] = true;
  if (BODIES.some((name) => above[name] !== undefined)) {
    for (const name of BODIES) delete merged[name];
  }
  for (const [name, value] of Object.entries(above)) {
    if (value === undefined || PROTO_KEYS.has(name) || name === "attempt" || name === "module") {
      continue;
    }
    merged[name] = mergeOption(name, below, value);
  }
  // Those of a client are shared until a user function may see them.
  if (above.headers !== undefined) {
    merged.headers = mergeHeaders(below.headers, above.headers as HeadersInput);
  }
  merged.context = mergeRecords(below.context, above.context as Record<string, unknown>);
  return merged as unknown as ResolvedConfig;
}

function mergeOption(name: string, below: ResolvedConfig, value: unknown): unknown {
  if (name === "method") return normalizeMethod(value as string);
  if (name === "params") return mergeQuery(below.params, value as Params);
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
  below: Record<string, unknown>,
  above: Record<string, unknown> | undefined,
): Record<string, unknown> {
  const merged = { ...below };
  for (const [name, value] of Object.entries(above ?? {})) {
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
    const what = returned === null ? "null" : `a ${typeof returned}`;
    throw new TypeError(
      `Cannot go on after ${role}: it returned ${what}, return the request or nothing`,
    );
  }
  checkHeaders(headers);
  const inPlace = returned === undefined || returned === current;
  const changed = (returned ?? current) as unknown as Record<PropertyKey, unknown>;
  const adopted: Record<PropertyKey, unknown> = inPlace ? changed : { ...current };
  if (!inPlace) {
    if (BODIES.some((name) => changed[name] !== undefined)) {
      for (const name of BODIES) delete adopted[name];
    }
    for (const name of Reflect.ownKeys(changed)) {
      const value = changed[name];
      if (name !== "headers" && !PROTO_KEYS.has(String(name))) adopted[name] = value;
    }
  }
  checkOptions(adopted, "change");
  adopted.headers = adoptHeaders(headers, changed.headers);
  adopted.method = normalizeMethod(adopted.method as string);
  for (const name of ["transformRequest", "transformResponse"]) {
    if (typeof adopted[name] === "function") adopted[name] = [adopted[name]];
  }
  for (const name of OPTION_NAMES) {
    // An option that was set to `undefined` is not given, so its default stands.
    if (adopted[name] === undefined && name in DEFAULTS) adopted[name] = (DEFAULTS as Layer)[name];
  }
  return adopted as unknown as ResolvedConfig;
}

function adoptHeaders(current: Headers, returned: unknown): Headers {
  if (returned === undefined || returned === current) return current;
  if (returned instanceof Headers) return mergeHeaders(returned);
  return mergeHeaders(current, returned as HeadersInput);
}

/** The most bytes that may arrive; `maxResponseSize` bounds a stream only where it was set. */
export function sizeLimit(config: ResolvedConfig): number | false {
  const { maxResponseSize, stream } = config;
  const given = (config as Resolved)[SIZE_GIVEN] || maxResponseSize !== DEFAULTS.maxResponseSize;
  return stream && !given ? false : maxResponseSize;
}

/** The headers of this config that the call set itself. */
export function ownHeaders(config: ResolvedConfig): ReadonlySet<string> {
  return (config as Resolved)[OWN_HEADERS] ?? NONE;
}
