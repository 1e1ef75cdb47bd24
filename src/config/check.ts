import { isPlain, kindOf, PROTO_KEYS, tagOf } from "../http/pairs.ts";
import { isAddress } from "../http/url.ts";
import { checkOption, isObject, OPTIONS } from "./table.ts";

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

/** Where options come from: a client, a call, or a user function that changed them. */
export type Place = "client" | "call" | "change";

/** Refuses unknown options and values that cannot be meant, before anything is sent. */
export function checkOptions(options: object, place: Place): void {
  for (const name of Object.keys(options)) {
    if (PROTO_KEYS.has(name)) continue;
    const value = (options as Readonly<Record<string, unknown>>)[name];
    const option = OPTIONS.get(name);
    if (!option) throw unknownOption(name, place);
    if (value !== undefined && name === "module" && place !== "client") {
      throw new TypeError('Cannot use option "module" here: give it to create()');
    }
    checkOption(name, option.rule, value);
  }
}

/** Refuses what is no plain object as config: a body, most of all, which would be lost. */
export function checkConfig(config: unknown, place: Place): void {
  if (isObject(config) && isPlain(config)) return;
  const advice = place === "call"
    ? adviceFor(config)
    : isAddress(config)
    ? 'give it as "{ baseURL: … }"'
    : "give a plain object of options";
  throw new TypeError(`Cannot use ${whatIs(config)} as config: ${advice}`);
}

function whatIs(config: unknown): string {
  if (!isObject(config) || Array.isArray(config)) return kindOf(config);
  const tag = tagOf(config);
  return tag === "Object" ? `an instance of ${config.constructor?.name || "a class"}` : `a ${tag}`;
}

function adviceFor(config: unknown): string {
  switch (tagOf(config)) {
    case "URLSearchParams":
      return 'send it as "{ form: Object.fromEntries(…) }" or "{ data: … }"';
    case "Array":
      return 'send it as "{ json: … }"';
    case "Map":
      return 'send it as "{ json: Object.fromEntries(…) }"';
    case "Set":
      return 'send it as "{ json: [...…] }"';
  }
  return isBody(config)
    ? 'send it as "{ data: … }"; JSON goes into "{ json: … }"'
    : 'give a plain object, with a body as "json", "form" or "data"';
}

/** Whether something could be sent as it is. */
function isBody(value: unknown): boolean {
  if (typeof value === "string" || ArrayBuffer.isView(value)) return true;
  if (!isObject(value)) return false;
  return Symbol.iterator in value || Symbol.asyncIterator in value || "getReader" in value ||
    /^(?:(?:Shared)?ArrayBuffer|Blob|File|FormData)$/.test(tagOf(value));
}

function unknownOption(name: string, place: Place): TypeError {
  const start = `Unknown option "${name.slice(0, 60)}${name.length > 60 ? "…" : ""}"`;
  const foreign = name.toLowerCase();
  if (Object.hasOwn(FOREIGN, foreign)) return new TypeError(`${start}: ${FOREIGN[foreign]}`);
  const near = nearest(name);
  const body = 'a body goes into "json", "form", "files" or "data"';
  const advice = near
    ? `did you mean "${near}"? If not: ${body}, your own keys into "context"`
    : place === "call"
    ? `${body}, your own keys into "context"`
    : 'your own keys belong in "context"';
  return new TypeError(`${start}; ${advice}`);
}

/** Longer names are compared with nothing: that would take its time. */
const MAX_NAME = 40;

function nearest(name: string): string | undefined {
  if (name.length > MAX_NAME) return undefined;
  const lower = name.toLowerCase();
  let best: string | undefined;
  let least = Math.min(3, Math.floor((name.length + 1) / 3)) + 1;
  for (const option of OPTIONS.keys()) {
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

/**
 * A set of interceptors and middleware that is added as one.
 *
 * @typeParam Client What it is attached to.
 *
 * @example Usage
 * ```ts
 * import { create, type Plugin } from "jsr:@ax/client";
 * import { MockTransport } from "jsr:@ax/client/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const stamp: Plugin = {
 *   name: "stamp",
 *   attach(client) {
 *     client.interceptors.request.use((request) => request.headers.set("x-stamp", "1"));
 *   },
 * };
 * const transport = new MockTransport();
 * transport.on("GET", "https://example.com/").reply(200);
 * create({ transport }).plugin(stamp).getSync("https://example.com/");
 * assertEquals(transport.requests[0]?.headers.get("x-stamp"), "1");
 * ```
 */
export interface PluginOf<Client> {
  /** Unique within a client. Options of a call for the plugin are `context[name]`. */
  readonly name: string;
  /**
   * Registers what the plugin does.
   *
   * @param client The client that the plugin was given to.
   */
  attach(client: Client): void;
  /**
   * Lets go of what the plugin holds, when the client is closed.
   *
   * @param client The client that is closed.
   */
  detach?(client: Client): void;
}

/** Refuses what is no plugin, and a second one of the same name. */
export function checkPlugin(plugin: PluginOf<never>, names: ReadonlySet<string>): void {
  if (typeof plugin === "function") {
    throw new TypeError("Cannot attach a function as plugin: call it, and give what it returns");
  }
  if (typeof plugin?.attach !== "function" || typeof plugin.name !== "string" || !plugin.name) {
    throw new TypeError('Cannot attach a plugin: give an object with "name" and "attach"');
  }
  if (!names.has(plugin.name)) return;
  throw new TypeError(`Cannot attach plugin "${plugin.name}": this client has one of that name`);
}
