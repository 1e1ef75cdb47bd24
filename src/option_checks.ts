import { kindOf, PROTO_KEYS } from "./http/pairs.ts";
import type { ClientConfig, ResolvedConfig } from "./options.ts";

/** Says what is wrong with a value, or nothing. */
export type Check = (value: unknown) => string | RangeError | undefined;

const object: Check = (value) =>
  typeof value === "object" && value !== null ? undefined : "an object";
const boolean: Check = (value) => typeof value === "boolean" ? undefined : "true or false";
/** A function. */
export function fn(value: unknown): string | undefined {
  return typeof value === "function" ? undefined : "a function";
}

const text: Check = (value) => typeof value === "string" ? undefined : "a string";
const anything: Check = () => undefined;
const urlLike: Check = (value) =>
  typeof value === "string" || value instanceof URL ? undefined : "a string or a URL";

const strings: Check = (value) =>
  Array.isArray(value) && value.every((item) => typeof item === "string")
    ? undefined
    : "an array of strings";

const functions: Check = (value) =>
  [value].flat().every((item) => typeof item === "function")
    ? undefined
    : "a function or an array of functions";

function limit(unit: string): Check {
  return (value) => {
    if (value === false) return undefined;
    if (typeof value !== "number") return `a number of ${unit}, or false for no limit`;
    if (value > 0) return undefined;
    return new RangeError(`must be more than 0 ${unit}, or false for no limit, got ${value}`);
  };
}

const duration: Check = (value) => {
  if (typeof value !== "number") return "a number of milliseconds";
  return value >= 0 ? undefined : new RangeError(`must be 0 or more milliseconds, got ${value}`);
};

/** How many of something there may be. */
export function count(value: unknown): string | RangeError | undefined {
  if (typeof value !== "number") return "a number";
  if ((Number.isInteger(value) || value === Infinity) && value >= 0) return undefined;
  return new RangeError(`must be an integer of 0 or more, got ${value}`);
}

const statuses: Check = (value) => {
  if (!Array.isArray(value)) return "an array of statuses";
  const odd = value.find((item) => !(Number.isInteger(item) && item >= 100 && item <= 599));
  if (odd === undefined) return undefined;
  return new RangeError(`must hold statuses from 100 to 599, got ${String(odd)}`);
};

function members(...names: string[]): Check {
  return (value) => {
    const missing = object(value) ? names : names.filter((name) => {
      return typeof (value as Record<string, unknown>)[name] !== "function";
    });
    return missing.length > 0 ? `an object with the method "${missing[0]}"` : undefined;
  };
}

const NETWORK: Readonly<Record<string, Check>> = {
  proxy: text,
  caCerts: strings,
  cert: text,
  key: text,
  unixSocket: text,
  http2: boolean,
};

/** Plain, since it crosses to the worker; a typing error here may send a request past its proxy. */
const network: Check = (value) => {
  if (object(value)) return object(value);
  for (const [name, member] of Object.entries(value as object)) {
    const check = Object.hasOwn(NETWORK, name) ? NETWORK[name] : undefined;
    if (!check) return `an object of ${Object.keys(NETWORK).join(", ")}; "${name}" is none of them`;
    const problem = member === undefined ? undefined : check(member);
    if (problem) return `an object whose "${name}" is ${String(problem)}`;
  }
  return undefined;
};

const CHECKS: Record<keyof (ResolvedConfig & ClientConfig), Check> = {
  method: text,
  url: urlLike,
  baseURL: urlLike,
  allowAbsoluteUrls: boolean,
  protocols: strings,
  params: object,
  paramsSerializer: (value) =>
    typeof value === "function" ? undefined : object(value) && "a function or { arrayFormat }",
  headers: object,
  json: anything,
  form: object,
  files: object,
  data: anything,
  timeout: limit("milliseconds"),
  totalTimeout: limit("milliseconds"),
  maxRetries: count,
  retryStrategy: members("getDelay"),
  retryOnStatus: statuses,
  retryMethods: strings,
  retryOn: fn,
  maxRetryAfter: duration,
  onRetry: fn,
  validateStatus: (value) =>
    value === false || typeof value === "function"
      ? undefined
      : "a function, or false to accept all",
  followRedirects: boolean,
  maxRedirects: count,
  sensitiveHeaders: strings,
  transformRequest: functions,
  transformResponse: functions,
  schema: (value) =>
    (typeof value === "object" || typeof value === "function") && value !== null &&
      "~standard" in value
      ? undefined
      : "a Standard Schema validator",
  responseType: (value) =>
    value === "json" || value === "text" || value === "bytes"
      ? undefined
      : '"json", "text" or "bytes"',
  stream: boolean,
  maxResponseSize: limit("bytes"),
  signal: (value) =>
    object(value) === undefined && "aborted" in (value as object) ? undefined : "an AbortSignal",
  cancelToken: members("cancel", "onCancel"),
  onUploadProgress: fn,
  onDownloadProgress: fn,
  network,
  transport: members("send"),
  fetch: fn,
  fetchOptions: object,
  clock: members("now", "random", "sleep", "sleepSync"),
  redact: strings,
  context: object,
  attempt: anything,
  module: text,
};

/** Every option. */
export const OPTION_NAMES: readonly string[] = Object.keys(CHECKS);

/** What users of other clients call our options. */
const FOREIGN: Readonly<Record<string, string>> = {
  body: 'json", "form", "files" or "data',
  query: "params",
  searchparams: "params",
  prefixurl: "baseURL",
  prefix: "baseURL",
  retry: "maxRetries",
  retries: "maxRetries",
  throwhttperrors: "validateStatus",
  timeouts: "timeout",
  maxcontentlength: "maxResponseSize",
  maxbodylength: "maxResponseSize",
  beforerequest: 'interceptors.request.use(…)" of the client, not "config',
  adapter: "transport",
  agent: "network",
  proxy: "network: { proxy }",
  followredirect: "followRedirects",
  redirect: "followRedirects",
  abortsignal: "signal",
};

/** Refuses unknown options and values that cannot be meant, before anything is sent. */
export function checkOptions(options: object, where: "client" | "call" | "change"): void {
  if (typeof options !== "object" || options === null) {
    throw new TypeError(`Cannot use ${kindOf(options)} as config: give an object`);
  }
  for (const name of Object.keys(options)) {
    const value = (options as Record<string, unknown>)[name];
    if (PROTO_KEYS.has(name)) continue;
    const check = Object.hasOwn(CHECKS, name) ? CHECKS[name as keyof typeof CHECKS] : undefined;
    if (!check) throw unknownOption(name, where);
    if (value === undefined) continue;
    if ((name === "module" && where !== "client") || (name === "stream" && where === "client")) {
      const place = name === "module" ? "create()" : "a call";
      throw new TypeError(`Cannot use option "${name}" here: give it to ${place}`);
    }
    checkOption(name, check, value);
  }
}

/** Refuses a value that an option cannot have; `undefined` is not given. */
export function checkOption(name: string, check: Check, value: unknown): void {
  const problem = value === undefined ? undefined : check(value);
  if (problem instanceof RangeError) {
    throw new RangeError(`Cannot use option "${name}": it ${problem.message}`);
  }
  if (problem) {
    // Text may be a secret, a number tells what is wrong with it.
    const got = typeof value === "number" ? value : kindOf(value);
    throw new TypeError(`Cannot use option "${name}": it must be ${problem}, got ${got}`);
  }
}

function unknownOption(name: string, where: "client" | "call" | "change"): TypeError {
  const near = suggest(name);
  const hint = near ? `; did you mean "${near}"?` : "";
  const advice = where === "change" || !near ? '; your own keys belong in "context"' : "";
  return new TypeError(`Unknown option "${name}"${hint}${advice}`);
}

function suggest(name: string): string | undefined {
  const lower = name.toLowerCase();
  const same = OPTION_NAMES.find((option) => option.toLowerCase() === lower);
  const foreign = Object.hasOwn(FOREIGN, lower) ? FOREIGN[lower] : undefined;
  if (same ?? foreign) return same ?? foreign;
  let best: string | undefined;
  let least = Math.max(2, Math.ceil(name.length / 3)) + 1;
  for (const option of OPTION_NAMES) {
    const steps = distance(lower, option.toLowerCase());
    if (steps < least) [best, least] = [option, steps];
  }
  return best;
}

/** The Levenshtein distance. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const swap = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(swap, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
