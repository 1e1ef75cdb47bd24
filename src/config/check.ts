import { kindOf, PROTO_KEYS } from "./http/pairs.ts";
import type { ClientConfig, ResolvedConfig } from "./options.ts";

/**
 * What a value must be, whether one is, and for options that are numbers: one that is out of range
 * is a `RangeError`.
 */
export type Rule = readonly [must: string, fits: (value: unknown) => boolean, numeric?: true];

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;
const isString = (value: unknown): boolean => typeof value === "string";
// deno-lint-ignore ban-types -- whatever can be called
const isFunction = (value: unknown): value is Function => typeof value === "function";
const isStatus = (value: unknown): boolean =>
  Number.isInteger(value) && value as number >= 100 && value as number <= 599;
const isArrayOf = (value: unknown, fits: (item: unknown) => boolean): boolean =>
  Array.isArray(value) && value.every(fits);

const object: Rule = ["an object", isObject];
const boolean: Rule = ["true or false", (value) => typeof value === "boolean"];
const text: Rule = ["a string", isString];
const anything: Rule = ["anything", () => true];
const urlLike: Rule = ["a string or a URL", (value) => isString(value) || value instanceof URL];
const strings: Rule = ["an array of strings", (value) => isArrayOf(value, isString)];
const functions: Rule = [
  "a function or an array of functions",
  (value) => [value].flat().every(isFunction),
];

/** A function. */
export const fn: Rule = ["a function", isFunction];

/** How many of something there may be. */
export const count: Rule = [
  "an integer of 0 or more",
  (value) => value === Infinity || (Number.isInteger(value) && value as number >= 0),
  true,
];

function limit(unit: string): Rule {
  const fits = (value: unknown) => value === false || (typeof value === "number" && value > 0);
  return [`a number of ${unit} above 0, or false for no limit`, fits, true];
}

function methods(...names: string[]): Rule {
  return [
    `an object with the ${names.length > 1 ? "methods" : "method"} "${names.join('", "')}"`,
    (value) => isObject(value) && names.every((name) => isFunction(value[name as keyof object])),
  ];
}

const NETWORK: Readonly<Record<string, Rule>> = {
  proxy: text,
  caCerts: strings,
  cert: text,
  key: text,
  unixSocket: text,
  http2: boolean,
};

/** Plain, since it crosses to the worker; a typing error here may send a request past its proxy. */
function isNetwork(value: unknown): boolean {
  if (!isObject(value)) return false;
  for (const [name, member] of Object.entries(value)) {
    const rule = Object.hasOwn(NETWORK, name) && NETWORK[name];
    if (rule) checkOption(`network.${name}`, rule, member);
    else {
      const names = Object.keys(NETWORK).join(", ");
      throw new TypeError(`Unknown option "network.${name}"; there are ${names}`);
    }
  }
  return true;
}

const CHECKS: Readonly<Record<keyof (ResolvedConfig & ClientConfig), Rule>> = {
  method: text,
  url: urlLike,
  baseURL: urlLike,
  allowAbsoluteUrls: boolean,
  protocols: strings,
  params: object,
  paramsSerializer: [
    "a function or { arrayFormat }",
    (value) => isFunction(value) || isObject(value),
  ],
  headers: object,
  json: anything,
  form: object,
  files: object,
  data: anything,
  timeout: limit("milliseconds"),
  totalTimeout: limit("milliseconds"),
  maxRetries: count,
  retryStrategy: methods("getDelay"),
  retryOnStatus: [
    "an array of integers from 100 to 599",
    (value) => isArrayOf(value, isStatus),
    true,
  ],
  retryMethods: strings,
  retryOn: fn,
  maxRetryAfter: [
    "a number of milliseconds, 0 or more",
    (value) => typeof value === "number" && value >= 0,
    true,
  ],
  onRetry: fn,
  validateStatus: [
    "a function, or false to accept all",
    (value) => value === false || isFunction(value),
  ],
  followRedirects: boolean,
  maxRedirects: count,
  sensitiveHeaders: strings,
  transformRequest: functions,
  transformResponse: functions,
  schema: [
    "a Standard Schema validator",
    (value) => (isObject(value) || isFunction(value)) && "~standard" in value,
  ],
  responseType: [
    '"json", "text" or "bytes"',
    (value) => value === "json" || value === "text" || value === "bytes",
  ],
  stream: boolean,
  maxResponseSize: limit("bytes"),
  signal: ["an AbortSignal", (value) => isObject(value) && "aborted" in value],
  cancelToken: methods("cancel", "onCancel"),
  onUploadProgress: fn,
  onDownloadProgress: fn,
  network: ["an object", isNetwork],
  transport: methods("send"),
  fetch: fn,
  fetchOptions: object,
  clock: methods("now", "random", "sleep", "sleepSync"),
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
  maxcontentlength: "maxResponseSize",
  maxbodylength: "maxResponseSize",
  beforerequest: 'interceptors.request.use(…)" of the client, not "config',
  adapter: "transport",
  agent: "network",
  proxy: "network: { proxy }",
  redirect: "followRedirects",
  abortsignal: "signal",
};

/** Refuses unknown options and values that cannot be meant, before anything is sent. */
export function checkOptions(options: object, where: "client" | "call" | "change"): void {
  if (typeof options !== "object" || options === null) {
    throw new TypeError(`Cannot use ${kindOf(options)} as config: give an object`);
  }
  for (const name of Object.keys(options)) {
    if (PROTO_KEYS.has(name)) continue;
    if (!Object.hasOwn(CHECKS, name)) throw unknownOption(name, where);
    const value = options[name as keyof object];
    if (value === undefined) continue;
    if ((name === "module" && where !== "client") || (name === "stream" && where === "client")) {
      const place = name === "module" ? "create()" : "a call";
      throw new TypeError(`Cannot use option "${name}" here: give it to ${place}`);
    }
    checkOption(name, CHECKS[name as keyof typeof CHECKS], value);
  }
}

/** Refuses a value that does not fit its option; `undefined` is not given. */
export function checkOption(name: string, rule: Rule, value: unknown): void {
  if (value === undefined || rule[1](value)) return;
  const [must, , numeric] = rule;
  // Text may be a secret, a number tells what is wrong with it.
  const got = typeof value === "number" ? value : kindOf(value);
  const message = `Cannot use option "${name}": it must be ${must}, got ${got}`;
  const isRange = numeric && (typeof value === "number" || Array.isArray(value));
  throw isRange ? new RangeError(message) : new TypeError(message);
}

function unknownOption(name: string, where: "client" | "call" | "change"): TypeError {
  const near = suggest(name);
  const hint = near ? `; did you mean "${near}"?` : "";
  const advice = where === "change" || !near ? '; your own keys belong in "context"' : "";
  return new TypeError(`Unknown option "${name}"${hint}${advice}`);
}

function suggest(name: string): string | undefined {
  const lower = name.toLowerCase();
  if (Object.hasOwn(FOREIGN, lower)) return FOREIGN[lower];
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
  for (const [i, char] of [...a].entries()) {
    let last = i + 1;
    row = row.map((above, j) => {
      if (j === 0) return last;
      const swapped = (row[j - 1] as number) + (char === b[j - 1] ? 0 : 1);
      return last = Math.min(swapped, above + 1, last + 1);
    });
  }
  return row.at(-1) as number;
}
