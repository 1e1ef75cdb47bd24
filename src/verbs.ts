import { checkConfig } from "./config/check.ts";
import type { RequestConfig } from "./config/options.ts";
import type { Flow } from "./flow/flow.ts";
import { kindOf } from "./http/pairs.ts";
import type { AxResponse } from "./http/response.ts";
import type { SchemaOutput, StandardSchema } from "./http/decode.ts";
import { isUrl } from "./http/url.ts";
import type { BelowFrame } from "./runtime/call_site.ts";
import type { CallStyle, Styled } from "./stream/items.ts";
import type { FlowStream, StreamResponse, SyncStreamResponse } from "./stream/members.ts";
import type { Paginate, PaginateConfig } from "./stream/page_config.ts";

/**
 * The options of a verb, which names method and URL itself.
 *
 * @typeParam S The schema, where one is given.
 */
export interface VerbConfig<S extends StandardSchema | undefined = StandardSchema | undefined>
  extends Omit<RequestConfig, "method" | "url" | "schema"> {
  /**
   * A Standard Schema validator; its output becomes `data`. One that answers with a promise works in
   * async calls only.
   */
  schema?: S;
}

/** The options of `stream`, whose body is read as it comes: no schema, no transforms of the data. */
export interface StreamConfig extends Omit<RequestConfig, "url" | "schema" | "transformResponse"> {}

/**
 * The type of a response's data: what the schema makes of it, or what the call names.
 *
 * @typeParam T What the call names.
 * @typeParam S The schema.
 */
export type DataOf<T, S> = [S] extends [StandardSchema] ? SchemaOutput<S> : T;

/**
 * A verb of one call style.
 *
 * @typeParam Style The call style.
 */
export interface VerbIn<Style extends CallStyle> {
  /**
   * Sends a request, or makes the flow of one: that sends when it runs.
   *
   * @typeParam T The type of the data.
   * @typeParam S The schema, where one is given: its output is the data.
   * @param url The URL, relative to `baseURL` where there is one.
   * @param config Options over the client's; a body is `json`, `form`, `files` or `data` in it.
   * @returns The response.
   */
  <T = unknown, S extends StandardSchema | undefined = StandardSchema | undefined>(
    url: string | URL,
    config?: VerbConfig<S>,
  ): Styled<AxResponse<DataOf<T, S>>>[Style]["value"];
}

/** A verb that does not block. */
export interface Verb extends VerbIn<"awaiting"> {}

/** A verb that blocks this thread until the response is there. */
export interface SyncVerb extends VerbIn<"blocking"> {}

/** A verb that makes a flow, for `yield*`. */
export interface FlowVerb extends VerbIn<"flow"> {}

/**
 * The options of `request`: any method, and the URL where it is no argument. Also what handlers were
 * given.
 *
 * @typeParam S The schema, where one is given.
 */
export interface RequestOptions<S extends StandardSchema | undefined = StandardSchema | undefined>
  extends Omit<RequestConfig, "schema"> {
  /** A Standard Schema validator; its output becomes `data`. */
  schema?: S;
}

/**
 * A verb of one call style for any method, also with the URL in the config.
 *
 * @typeParam Style The call style.
 */
export interface RequestVerbIn<Style extends CallStyle> {
  /** Sends the request that the config describes, also one that handlers were given. */
  <T = unknown, S extends StandardSchema | undefined = StandardSchema | undefined>(
    config: RequestOptions<S>,
  ): Styled<AxResponse<DataOf<T, S>>>[Style]["value"];
  /** Sends a request of any method. */
  <T = unknown, S extends StandardSchema | undefined = StandardSchema | undefined>(
    url: string | URL,
    config?: Omit<RequestOptions<S>, "url">,
  ): Styled<AxResponse<DataOf<T, S>>>[Style]["value"];
}

/** `request`: does not block. */
export interface RequestVerb extends RequestVerbIn<"awaiting"> {}

/** `requestSync`: blocks this thread until the response is there. */
export interface SyncRequestVerb extends RequestVerbIn<"blocking"> {}

/** `flow.request`: makes a flow, for `yield*`. */
export interface FlowRequestVerb extends RequestVerbIn<"flow"> {}

/** `stream`: ends with the headers, the body is read by `for await`. */
export type StreamVerb = (url: string | URL, config?: StreamConfig) => Promise<StreamResponse>;

/** `streamSync`: blocks until the headers are there, the body is read by a plain loop. */
export type SyncStreamVerb = (url: string | URL, config?: StreamConfig) => SyncStreamResponse;

/** `flow.stream`: for `yield*`, the body is read by `yield*`. */
export type FlowStreamVerb = (url: string | URL, config?: StreamConfig) => Flow<FlowStream>;

/** The verbs as flows: for `yield*` inside generator interceptors, middleware, `dual` and `sdk`. */
export interface FlowVerbs {
  /** Makes the flow of a GET request. */
  readonly get: FlowVerb;
  /** Makes the flow of a HEAD request. */
  readonly head: FlowVerb;
  /** Makes the flow of an OPTIONS request. */
  readonly options: FlowVerb;
  /** Makes the flow of a DELETE request. */
  readonly delete: FlowVerb;
  /** Makes the flow of a POST request. */
  readonly post: FlowVerb;
  /** Makes the flow of a PUT request. */
  readonly put: FlowVerb;
  /** Makes the flow of a PATCH request. */
  readonly patch: FlowVerb;
  /** Makes the flow of a request of any method. */
  readonly request: FlowRequestVerb;
  /** Makes the flow of a request whose body is read as it comes. */
  readonly stream: FlowStreamVerb;
  /** Makes the items of all pages. */
  readonly paginate: Paginate<"flow">;
}

/** The verbs of a client, in both styles. */
export interface ClientVerbs {
  /** Sends a GET request. */
  readonly get: Verb;
  /** Sends a GET request and blocks this thread. */
  readonly getSync: SyncVerb;
  /** Sends a HEAD request. */
  readonly head: Verb;
  /** Sends a HEAD request and blocks this thread. */
  readonly headSync: SyncVerb;
  /** Sends an OPTIONS request. */
  readonly options: Verb;
  /** Sends an OPTIONS request and blocks this thread. */
  readonly optionsSync: SyncVerb;
  /** Sends a DELETE request. */
  readonly delete: Verb;
  /** Sends a DELETE request and blocks this thread. */
  readonly deleteSync: SyncVerb;
  /** Sends a POST request. */
  readonly post: Verb;
  /** Sends a POST request and blocks this thread. */
  readonly postSync: SyncVerb;
  /** Sends a PUT request. */
  readonly put: Verb;
  /** Sends a PUT request and blocks this thread. */
  readonly putSync: SyncVerb;
  /** Sends a PATCH request. */
  readonly patch: Verb;
  /** Sends a PATCH request and blocks this thread. */
  readonly patchSync: SyncVerb;
  /** Sends a request of any method. */
  readonly request: RequestVerb;
  /** Sends a request of any method and blocks this thread. */
  readonly requestSync: SyncRequestVerb;
  /** Sends a request and ends with the headers; the body is read by `for await`. */
  readonly stream: StreamVerb;
  /** Sends a request and blocks until the headers are there; the body is read by a plain loop. */
  readonly streamSync: SyncStreamVerb;
}

/** A call as its verb names it. */
export interface Named {
  readonly method: string | undefined;
  readonly url: unknown;
  readonly config: unknown;
  readonly stream: boolean;
}

/** A verb, by its name without an ending; `request` and `stream` have no method of their own. */
export interface VerbName {
  readonly name: string;
  readonly method: string | undefined;
  /** The options that it says itself. */
  readonly fixed: readonly string[];
}

const VERBS: readonly VerbName[] = [
  ...["get", "head", "options", "delete", "post", "put", "patch"].map((name) => ({
    ...{ name, method: name.toUpperCase(), fixed: ["url", "method"] },
  })),
  { name: "request", method: undefined, fixed: ["url"] },
  { name: "stream", method: undefined, fixed: ["url"] },
];

/** The verbs over one function, which is told which one was called; by their names with that ending. */
export function verbsOf(
  call: (verb: VerbName, args: readonly unknown[], called: BelowFrame) => unknown,
  ending = "",
): object {
  const verbs = VERBS.map((verb) => {
    const name = verb.name + ending;
    const made = { [name]: (...args: unknown[]) => call(verb, args, made[name] as BelowFrame) };
    return made;
  });
  return Object.assign({}, ...verbs);
}

/**
 * What a verb was called with.
 *
 * @throws {TypeError} If the call is not made as it must be.
 */
export function namedBy({ name, method, fixed }: VerbName, args: readonly unknown[]): Named {
  const [url, config, ...more] = args;
  const stream = name === "stream";
  if (args.length === 1 && typeof url === "string") return { method, url, config, stream };
  // The URL of a request comes before the config or in it.
  const inConfig = name === "request" && config === undefined && typeof url === "object";
  if (inConfig && url !== null && !isUrl(url)) {
    return { method, url: undefined, config: url, stream };
  }
  checkCall(name, url, config, more, fixed);
  return { method, url, config, stream };
}

/** The options of `paginate`, the URL in them. */
export function pagesOf<T>([url, options, ...more]: readonly unknown[]): PaginateConfig<T> {
  checkCall("paginate", url, options, more, ["url"]);
  if (options !== undefined) checkConfig(options, "call");
  return { ...options as PaginateConfig<T>, url: url as string | URL };
}

/**
 * Refuses arguments that would be lost without a word, or are no URL.
 *
 * @param fixed The options that the verb itself says.
 */
function checkCall(
  name: string,
  url: unknown,
  config: unknown,
  more: readonly unknown[],
  fixed: readonly string[],
): void {
  if (typeof url !== "string" && !isUrl(url)) {
    const advice = name === "request" && config !== undefined && typeof url === "object"
      ? "give one config with the URL in it, or the URL and a config"
      : "give a string or a URL";
    throw new TypeError(`Cannot call "${name}": the URL is ${kindOf(url)}, ${advice}`);
  }
  if (more.length > 0) {
    throw new TypeError(
      `Cannot call "${name}" with ${
        2 + more.length
      } arguments: give the URL and one config, with ` +
        `a body as "json", "form" or "data" in it`,
    );
  }
  if (typeof config !== "object" || config === null) return;
  for (const option of fixed) {
    if (!Object.hasOwn(config, option)) continue;
    if ((config as Record<string, unknown>)[option] === undefined) continue;
    const way = option === "url" ? "it is the first argument" : 'use "request" for any method';
    throw new TypeError(
      `Cannot use option "${option}" of "${name}": ${way}; a field of the body goes into "json", ` +
        `"form" or "data"`,
    );
  }
}
