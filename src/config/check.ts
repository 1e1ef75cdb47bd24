import { kindOf, PROTO_KEYS, tagOf } from "../http/pairs.ts";
import { isUrl } from "../http/url.ts";
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
const urlLike: Rule = ["a string or a URL", (value) => isString(value) || isUrl(value)];
const strings: Rule = ["an array of strings", (value) => isArrayOf(value, isString)];
const functions: Rule = [
  "a function or an array of functions",
  (value) => [value].flat().every(isFunction),
];

/** A function. */
export const fn: Rule = ["a function", isFunction];

const plain: Rule = [
  "a plain function, not an async or generator one",
  (value) => isFunction(value) && !/^(?:Async|Generator)/.test(tagOf(value)),
];

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
  dispatch: boolean,
};

/** Whether each member fits its rule; a typing error here may send a request past its proxy. */
function hasMembers(option: string, rules: Readonly<Record<string, Rule>>) {
  return (value: unknown): boolean => {
    if (!isObject(value)) return false;
    for (const [name, member] of Object.entries(value)) {
      const rule = Object.hasOwn(rules, name) && rules[name];
      if (rule) checkOption(`${option}.${name}`, rule, member);
      else {
        const names = Object.keys(rules).join(", ");
        throw new TypeError(`Unknown option "${option}.${name}"; there are ${names}`);
      }
    }
    return true;
  };
}

const isFormat = hasMembers("paramsSerializer", { arrayFormat: text, nested: text });

const CHECKS: Readonly<Record<keyof (ResolvedConfig & ClientConfig), Rule>> = {
  method: text,
  url: urlLike,
  baseURL: urlLike,
  allowAbsoluteUrls: boolean,
  protocols: strings,
  path: object,
  params: object,
  paramsSerializer: [
    "a function or { arrayFormat, nested }",
    (value) => isFunction(value) || isFormat(value),
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
  parseJSON: plain,
  stringifyJSON: plain,
  responseType: [
    '"json", "text", "bytes" or "blob"',
    (value) => ["json", "text", "bytes", "blob"].includes(value as string),
  ],
  maxResponseSize: limit("bytes"),
  maxRequestSize: limit("bytes"),
  signal: [
    "an AbortSignal, such as controller.signal",
    (value) => isObject(value) && "aborted" in value,
  ],
  cancelToken: [
    'a CancelToken; an AbortSignal goes into "signal"',
    methods("cancel", "onCancel")[1],
  ],
  onUploadProgress: fn,
  onDownloadProgress: fn,
  network: ["an object", hasMembers("network", NETWORK)],
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

/** What users of other clients call our options, and what is written here instead. */
const FOREIGN: Readonly<Record<string, string>> = {
  abortsignal: 'use "signal"',
  adapter: 'use "transport"',
  agent: 'use "network"',
  auth: 'set the header "authorization", or use the plugin "basicAuth"',
  beforerequest: 'use "interceptors.request.use(…)" of the client',
  body: 'use "json", "form", "files" or "data"',
  hooks: 'use the interceptors and "use(middleware)" of the client',
  httpagent: 'use "network"',
  httpsagent: 'use "network"',
  maxbodylength: 'use "maxRequestSize"',
  maxcontentlength: 'use "maxResponseSize"',
  prefix: 'use "baseURL"',
  prefixurl: 'use "baseURL"',
  proxy: 'use "network: { proxy }"',
  query: 'use "params"',
  redirect: 'use "followRedirects"',
  retries: 'use "maxRetries"',
  retry: 'use "maxRetries"',
  searchparams: 'use "params"',
  socketpath: 'use "network: { unixSocket }"',
  stream: 'use the verbs "stream" and "streamSync"',
  throwhttperrors: 'use "validateStatus"',
  validate: 'use "validateStatus", or "schema"',
  verify: 'use "network: { caCerts }"; certificates are always verified',
  withcredentials: 'use "fetchOptions: { credentials: "include" }"',
  xsrfcookiename: "set the header in a request interceptor",
};

/** What users of other clients give an option, and what is given here instead. */
const FOREIGN_VALUES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  responseType: {
    arraybuffer: 'use "bytes"',
    stream: 'use the verbs "stream" and "streamSync"',
    document: 'use "text"',
  },
};

/** Where options come from: a client, a call, or a user function that changed them. */
export type Place = "client" | "call" | "change";

/** Refuses unknown options and values that cannot be meant, before anything is sent. */
export function checkOptions(options: object, place: Place): void {
  for (const name of Object.keys(options)) {
    if (PROTO_KEYS.has(name)) continue;
    const value = (options as Readonly<Record<string, unknown>>)[name];
    if (!Object.hasOwn(CHECKS, name)) throw unknownOption(name, place);
    if (value === undefined) continue;
    if (name === "module" && place !== "client") {
      throw new TypeError('Cannot use option "module" here: give it to create()');
    }
    const advice = typeof value === "string" ? FOREIGN_VALUES[name]?.[value] : undefined;
    if (advice) throw new TypeError(`Cannot use option "${name}": "${value}": ${advice}`);
    checkOption(name, CHECKS[name as keyof typeof CHECKS], value);
  }
}

/** Refuses what is no plain object as config: a body, most of all, which would be lost. */
export function checkConfig(config: unknown): void {
  if (typeof config === "object" && config !== null) {
    const prototype: unknown = Object.getPrototypeOf(config);
    if (prototype === null || Object.getPrototypeOf(prototype) === null) return;
  }
  throw new TypeError(`Cannot use ${whatIs(config)} as config: ${adviceFor(config)}`);
}

function whatIs(config: unknown): string {
  if (typeof config !== "object" || config === null) return kindOf(config);
  if (Array.isArray(config)) return "an array";
  const tag = tagOf(config);
  return tag === "Object" ? `an instance of ${config.constructor?.name || "a class"}` : `a ${tag}`;
}

function adviceFor(config: unknown): string {
  const tag = tagOf(config);
  if (tag === "URLSearchParams") {
    return 'send it as "{ form: Object.fromEntries(…) }" or "{ data: … }"';
  }
  if (tag === "Array") return 'send it as "{ json: … }"';
  if (tag === "Map") return 'send it as "{ json: Object.fromEntries(…) }"';
  if (tag === "Set") return 'send it as "{ json: [...…] }"';
  if (isBody(config)) return 'send it as "{ data: … }"; JSON goes into "{ json: … }"';
  return 'give a plain object, with a body as "json", "form" or "data"';
}

/** Whether something could be sent as it is. */
function isBody(value: unknown): boolean {
  if (typeof value === "string" || ArrayBuffer.isView(value)) return true;
  if (typeof value !== "object" || value === null) return false;
  return Symbol.iterator in value || Symbol.asyncIterator in value || "getReader" in value ||
    /^(?:(?:Shared)?ArrayBuffer|Blob|File|FormData)$/.test(tagOf(value));
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

function unknownOption(name: string, place: Place): TypeError {
  const start = `Unknown option "${name.slice(0, 60)}${name.length > 60 ? "…" : ""}"`;
  const advice = Object.hasOwn(FOREIGN, name.toLowerCase()) && FOREIGN[name.toLowerCase()];
  if (advice) return new TypeError(`${start}: ${advice}`);
  const near = nearest(name);
  const body = 'a body goes into "json", "form", "files" or "data"';
  if (near) {
    return new TypeError(
      `${start}; did you mean "${near}"? If not: ${body}, your own keys into "context"`,
    );
  }
  return new TypeError(
    place === "call"
      ? `${start}; ${body}, your own keys into "context"`
      : `${start}; your own keys belong in "context"`,
  );
}

/** Longer names are compared with nothing: that would take its time. */
const MAX_NAME = 40;

function nearest(name: string): string | undefined {
  if (name.length > MAX_NAME) return undefined;
  const lower = name.toLowerCase();
  let best: string | undefined;
  let least = Math.min(3, Math.floor((name.length + 1) / 3)) + 1;
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
