import { checkOption, count, fn } from "../config/table.ts";
import type { CallConfig } from "../config/merge.ts";
import type { Answer, RequestConfig } from "../config/options.ts";
import { describe, type RawRequest } from "../mask.ts";
import { TimeoutError } from "../errors.ts";
import type { Flow } from "../flow/flow.ts";
import { Limit } from "../flow/limit.ts";
import { headerEntries, type HeadersInput } from "../http/headers.ts";
import { entriesOf } from "../http/pairs.ts";
import { mergeParams } from "../http/params.ts";
import type { AxResponse } from "../http/response.ts";
import type { ResolvedUrl } from "../http/url.ts";
import type { CallStyle, Styled } from "./items.ts";

/** The most pages of an iteration that does not say so itself. */
export const MAX_PAGES = 10_000;

/** Finds the page after a response: its URL, what to change in the config, or nothing. */
export type NextPage = (
  response: AxResponse,
) => Answer<string | URL | RequestConfig | null | undefined>;

/**
 * The options of `paginate`: those of a call, and how to get from page to page. `totalTimeout`
 * counts for the whole iteration, from the first page on.
 *
 * @typeParam T The type of an item.
 */
export interface PaginateConfig<T = unknown> extends RequestConfig {
  /**
   * Finds the next page: a URL, relative to that of the page, or options over those of the last
   * request, such as `{ params: { cursor } }`; `null`, `undefined` or `""` where it was the last
   * one. A function of any colour.
   *
   * @default the `Link` header's `rel="next"` (RFC 8288)
   */
  next?: NextPage | undefined;
  /**
   * Gives the items of a page. A function of any colour.
   *
   * @default `data`, which must be an array then
   */
  items?: ((response: AxResponse) => Answer<Iterable<T>>) | undefined;
  /**
   * The most pages that are requested; then the items end. Where it is not given, more than the
   * default are an error: they are hardly meant. `Infinity` for no bound.
   *
   * @default {10_000}
   */
  maxPages?: number | undefined;
  /**
   * The most items that are given.
   *
   * @default {Infinity}
   */
  maxItems?: number | undefined;
}

/**
 * Iterates over items that a server gives in pages. A page is requested when its first item is
 * asked for; leaving the loop early requests no other. `paginate` gives an async iterator,
 * `paginateSync` one that blocks this thread while a page is on its way, `flow.paginate` items for
 * `yield*`.
 *
 * @typeParam S The call style.
 *
 * @example Usage
 * ```ts
 * import { create } from "jsr:@ax/client";
 * import { MockTransport } from "jsr:@ax/client/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const transport = new MockTransport();
 * const link = '</users?page=2>; rel="next"';
 * transport.on("GET", "https://api.example.com/users").reply(200, ["Ada"], { link });
 * transport.on("GET", "https://api.example.com/users?page=2").reply(200, ["Grace"]);
 * const api = create({ baseURL: "https://api.example.com", transport });
 *
 * const names: string[] = [];
 * for await (const name of api.paginate<string>("/users")) names.push(name);
 * assertEquals(names, ["Ada", "Grace"]);
 * assertEquals([...api.paginateSync<string>("/users")], names);
 * ```
 *
 * @example A cursor in the body
 * ```ts
 * import { create } from "jsr:@ax/client";
 * import { MockTransport } from "jsr:@ax/client/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const transport = new MockTransport();
 * const url = "https://api.example.com/users";
 * transport.on("GET", url).reply(200, { results: ["Ada"], cursor: "b" });
 * transport.on("GET", `${url}?cursor=b`).reply(200, { results: ["Grace"], cursor: null });
 * const api = create({ transport });
 *
 * interface Page {
 *   results: string[];
 *   cursor: string | null;
 * }
 * const names = api.paginateSync<string>(url, {
 *   items: (response) => (response.data as Page).results,
 *   next: ({ data }) => {
 *     const { cursor } = data as Page;
 *     return cursor && { params: { cursor } };
 *   },
 * });
 * assertEquals([...names], ["Ada", "Grace"]);
 * ```
 */
export interface Paginate<S extends CallStyle> {
  /**
   * Makes the items; nothing is sent before the first one is asked for.
   *
   * @typeParam T The type of an item; in a flow, `undefined` would be the end.
   * @param url The URL of the first page.
   * @param config The options of every page's call, and how to get from page to page.
   * @returns The items of all pages.
   */
  <T = unknown>(url: string | URL, config?: PaginateConfig<T>): Styled<T>[S]["items"];
}

/** What pages need of their client. */
export interface PageSource {
  /** Makes the flow of a page's request. */
  request(config: RequestConfig): Flow<AxResponse>;
  /** The options of a call with that config, the client's below them. */
  resolve(config: RequestConfig): CallConfig;
  /** The URL that a call of these options is for. */
  locate(options: CallConfig): ResolvedUrl;
}

/** What ends an iteration: `totalTimeout`, from its first page on. */
export class PagesLimit extends Limit {
  readonly #first: RawRequest;
  readonly #options: CallConfig;

  constructor(first: RawRequest, options: CallConfig) {
    super(options.clock);
    this.#first = first;
    this.#options = options;
  }

  override enter(parent: Limit | undefined): void {
    super.enter(parent);
    const { totalTimeout } = this.#options;
    if (totalTimeout === false || this.deadline !== Infinity) return;
    this.deadline = this.now + totalTimeout;
  }

  override get functionTimeoutMs(): number | false {
    return this.#options.timeout;
  }

  protected override overdue(): TimeoutError {
    const request = this.#first;
    return new TimeoutError(
      `The pages from ${describe(request)} on timed out: not all of them within ` +
        `${this.#options.totalTimeout} ms ("totalTimeout")`,
      { phase: "total", request },
    );
  }
}

/** Refuses options of `paginate` that cannot be meant; those of a call are checked by the call. */
export function checkPages(options: object): void {
  const given = options as Readonly<Record<string, unknown>>;
  for (const name of ["maxPages", "maxItems"]) checkOption(name, count, given[name]);
  for (const name of ["next", "items"]) checkOption(name, fn, given[name]);
}

const BODIES = ["json", "form", "files", "data"] as const;

/** The config of the next page: what changes, over that of the last one. */
export function layerConfig(last: RequestConfig, change: RequestConfig): RequestConfig {
  const layered: Record<string, unknown> = { ...last };
  if (BODIES.some((name) => change[name] !== undefined)) {
    for (const name of BODIES) delete layered[name];
  }
  for (const [name, value] of entriesOf(change, "config", "an object")) {
    if (value !== undefined) layered[name] = value;
  }
  return {
    ...layered,
    params: change.params === undefined ? last.params : mergeParams(last.params, change.params),
    headers: layerHeaders(last.headers, change.headers),
  };
}

/** Headers over others. An `undefined` stays: it removes what the client's config has. */
export function layerHeaders(
  below: HeadersInput | undefined,
  above: HeadersInput | undefined,
): HeadersInput | undefined {
  if (below === undefined || above === undefined) return above ?? below;
  const added = headerEntries(above);
  const names = new Set(added.map(([name]) => name.toLowerCase()));
  return [...headerEntries(below).filter(([name]) => !names.has(name.toLowerCase())), ...added];
}

/** Removes what the client's config has of these names. */
export function without(names: Iterable<string>): [string, undefined][] {
  return Array.from(names, (name) => [name, undefined]);
}
