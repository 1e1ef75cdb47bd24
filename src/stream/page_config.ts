import type { CallConfig } from "../config/merge.ts";
import type { Answer, RequestConfig } from "../config/options.ts";
import type { Flow } from "../flow/flow.ts";
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
