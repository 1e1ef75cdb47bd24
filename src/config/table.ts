import { mergeHeaders, normalizeMethod } from "../http/headers.ts";
import type { HeaderPairs } from "../http/message.ts";
import { checkNames, kindOf, PROTO_KEYS, tagOf } from "../http/pairs.ts";
import { mergeParams, type Params } from "../http/params.ts";
import { isAddress } from "../http/url.ts";
import type { ClientConfig, ResolvedConfig } from "./options.ts";

/**
 * What a value must be, whether one is, and for options that are numbers: one that is out of range
 * is a `RangeError`.
 */
type Rule = readonly [must: string, fits: (value: unknown) => boolean, numeric?: true];

/** Whether a value is an object, functions aside. */
export const isObject = (value: unknown): value is object =>
  typeof value === "object" && value !== null;
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
const urlLike: Rule = ["a string or a URL", isAddress];
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
    checkNames(value, Object.keys(rules), `"${option}"`);
    for (const [name, member] of Object.entries(value)) {
      checkOption(`${option}.${name}`, rules[name] as Rule, member);
    }
    return true;
  };
}

const isFormat = hasMembers("paramsSerializer", { arrayFormat: text, nested: text });

/** One option: what it may be, and how its value comes about. */
interface Option {
  readonly rule: Rule;
  /** Its value where nobody gives one. */
  readonly initial: unknown;
  /** The form that a given value has in calls. */
  readonly settle: (value: unknown) => unknown;
  /** What a value makes with that of the layer below; most replace it. */
  readonly join: (below: unknown, above: unknown) => unknown;
}

const asIs = (value: unknown): unknown => value;

function option(
  rule: Rule,
  initial?: unknown,
  settle: Option["settle"] = asIs,
  join: Option["join"] = (_, above) => above,
): Option {
  return { rule, initial, settle, join };
}

/** A number; `Infinity` is no limit as well. */
function limit(unit: string, initial?: number | false): Option {
  const fits = (value: unknown) => value === false || (typeof value === "number" && value > 0);
  const must = `a number of ${unit} above 0, or false for no limit`;
  return option([must, fits, true], initial, (value) => value !== Infinity && value);
}

/** A default list is replaced, a client's is added to. */
function list(rule: Rule, initial: readonly unknown[] = [], settle?: Option["settle"]): Option {
  return option(rule, initial, settle, (below, above) => [
    ...below === initial ? [] : below as unknown[],
    ...above as unknown[],
  ]);
}

function merged<T>(rule: Rule, join: (below: T, above: T) => unknown): Option {
  return option(rule, undefined, asIs, join as Option["join"]);
}

const functionList = (): Option =>
  list(functions, [], (value) => isFunction(value) ? [value] : value);

/** Stays a plain object where both layers are one, so that interceptors can spread it. */
function mergeQuery(below: Params | undefined, above: Params): unknown {
  const isPlain = isRecord(above) && (below === undefined || isRecord(below));
  return isPlain ? mergeRecords(below ?? {}, above) : mergeParams(below, above);
}

function mergeRecords(below: object, above: object): Record<string, unknown> {
  const merged: Record<string, unknown> = { ...below };
  for (const [name, value] of Object.entries(above)) {
    if (PROTO_KEYS.has(name)) continue;
    if (value === undefined) delete merged[name];
    else merged[name] = value;
  }
  return merged;
}

/** Whether a value has its members by name. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return isObject(value) && !(Symbol.iterator in value);
}

const TABLE: Readonly<Record<keyof (ResolvedConfig & ClientConfig), Option>> = {
  method: option(text, "GET", (value) => normalizeMethod(value as string)),
  url: option(urlLike, ""),
  baseURL: option(urlLike),
  allowAbsoluteUrls: option(boolean),
  protocols: list(strings, ["http:", "https:"]),
  path: option(object),
  params: merged<Params>(object, mergeQuery),
  paramsSerializer: option([
    "a function or { arrayFormat, nested }",
    (value) => isFunction(value) || isFormat(value),
  ]),
  headers: merged<HeaderPairs>(object, mergeHeaders),
  json: option(anything),
  form: option(object),
  files: option(object),
  data: option(anything),
  timeout: limit("milliseconds", 30_000),
  totalTimeout: limit("milliseconds", false),
  maxRetries: option(count, 0),
  retryStrategy: option(methods("getDelay")),
  retryOnStatus: list(
    ["an array of integers from 100 to 599", (value) => isArrayOf(value, isStatus), true],
    [408, 425, 429, 500, 502, 503, 504],
  ),
  retryMethods: list(strings, ["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "QUERY"]),
  retryOn: option(fn),
  maxRetryAfter: option([
    "a number of milliseconds, 0 or more",
    (value) => typeof value === "number" && value >= 0,
    true,
  ], 60_000),
  onRetry: option(fn),
  validateStatus: option([
    "a function, or false to accept all",
    (value) => value === false || isFunction(value),
  ]),
  followRedirects: option(boolean, true),
  maxRedirects: option(count, 20),
  sensitiveHeaders: list(strings),
  transformRequest: functionList(),
  transformResponse: functionList(),
  schema: option([
    "a Standard Schema validator",
    (value) => (isObject(value) || isFunction(value)) && "~standard" in value,
  ]),
  parseJSON: option(plain),
  stringifyJSON: option(plain),
  responseType: option(['"json", "text", "bytes" or "blob"', isResponseType]),
  maxResponseSize: limit("bytes", 1024 ** 3),
  maxRequestSize: limit("bytes", false),
  signal: option([
    "an AbortSignal, such as controller.signal",
    (value) => isObject(value) && "aborted" in value,
  ]),
  cancelToken: option([
    'a CancelToken; an AbortSignal goes into "signal"',
    methods("cancel", "onCancel")[1],
  ]),
  onUploadProgress: option(fn),
  onDownloadProgress: option(fn),
  network: option(["an object", hasMembers("network", NETWORK)]),
  transport: option(methods("send")),
  fetch: option(fn),
  fetchOptions: option(object),
  clock: option(methods("now", "random", "sleep", "sleepSync")),
  redact: list(strings),
  context: merged<object>(object, mergeRecords),
  attempt: option(anything),
  module: option(text),
};

/** Every option. */
export const OPTIONS: ReadonlyMap<string, Option> = new Map(Object.entries(TABLE));

/** What users of other clients give as `responseType`, and what is given here instead. */
const FOREIGN_TYPES: ReadonlyMap<unknown, string> = new Map([
  ["arraybuffer", 'use "bytes"'],
  ["stream", 'use the verbs "stream" and "streamSync"'],
  ["document", 'use "text"'],
]);

function isResponseType(value: unknown): boolean {
  const advice = FOREIGN_TYPES.get(value);
  if (advice) throw new TypeError(`Cannot use option "responseType": "${value}": ${advice}`);
  return ["json", "text", "bytes", "blob"].includes(value as string);
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
