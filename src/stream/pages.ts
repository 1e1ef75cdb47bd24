import { AxError, describe, errorRequest } from "./errors.ts";
import type { CallSite, Operation } from "./flow/flow.ts";
import { end, type Items } from "./flow/items.ts";
import { type HeadersInput, SENSITIVE_HEADERS } from "./http/headers.ts";
import { targetOf } from "./http/link.ts";
import { kindOf } from "./http/pairs.ts";
import { type AxResponse, isResponse } from "./http/response.ts";
import { resolveUrl } from "./http/url.ts";
import { maskUrl } from "./mask.ts";
import type { Answer, RequestConfig, ResolvedConfig } from "./options.ts";
import { checkPages, layerConfig, layerHeaders, type PageSource } from "./page_config.ts";
import { invoke } from "./user_function.ts";

/** Finds the page after a response: its URL, what to change in the config, or nothing. */
export type NextPage = (
  response: AxResponse,
) => Answer<string | URL | RequestConfig | null | undefined>;

/**
 * The options of `paginate`: those of a call, and how to get from page to page.
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
   * The most pages that are requested.
   *
   * @default {Infinity}
   */
  maxPages?: number | undefined;
  /**
   * The most items that are given.
   *
   * @default {Infinity}
   */
  maxItems?: number | undefined;
}

const NEXT: CallSite = { role: '"next"' };
const ITEMS: CallSite = { role: '"items"' };

/** The items of all pages as flows: a page is requested when its first item is asked for. */
export class Pages<T> implements Items<T> {
  readonly #source: PageSource;
  readonly #options: PaginateConfig<T>;
  #config: RequestConfig;
  /** The options of the first page's call. */
  #resolved: ResolvedConfig | undefined;
  /** Where the call begins: what its credentials are for. */
  #home = "";
  #response: AxResponse | undefined;
  #items: Iterator<T> | undefined;
  /** The URLs of the pages so far. */
  readonly #visited = new Set<string>();
  /** Whether the page is on another origin than the first one. */
  #away = false;
  /** The headers that `next` gave for it. */
  #pageHeaders: HeadersInput | undefined;
  #pageCount = 0;
  #itemCount = 0;
  #over = false;

  constructor(url: string | URL, options: PaginateConfig<T>, source: PageSource) {
    const { next: _next, items: _items, maxPages: _pages, maxItems: _max, ...config } = options;
    this.#source = source;
    this.#options = options;
    this.#config = { ...config, url };
  }

  ready(): IteratorYieldResult<T> | undefined {
    if (this.#over || !this.#items || this.#enough) return undefined;
    try {
      const step = this.#items.next();
      if (!step.done) {
        this.#itemCount++;
        return step;
      }
      this.#items = undefined;
      return undefined;
    } catch (error) {
      this.close();
      throw error;
    }
  }

  *advance(): Generator<Operation, IteratorResult<T, undefined>, unknown> {
    let item: IteratorYieldResult<T> | undefined;
    try {
      do item = this.ready(); while (!item && (yield* this.#turn()));
    } finally {
      if (!item) this.close();
    }
    return item ?? end();
  }

  /** Requests nothing any more. */
  close(): void {
    this.#over = true;
    this.#items = this.#response = undefined;
  }

  get #enough(): boolean {
    const { maxPages = Infinity, maxItems = Infinity } = this.#options;
    return this.#itemCount >= maxItems || (!this.#items && this.#pageCount >= maxPages);
  }

  /** Requests the next page, if there is one and it may be asked for. */
  *#turn(): Generator<Operation, boolean, unknown> {
    if (this.#over) return false;
    const options = this.#resolved ??= this.#begin();
    if (this.#enough) return false;
    if (this.#response) {
      const config = yield* this.#following(this.#response, options);
      if (!config) return false;
      this.#config = config;
    }
    this.#pageCount++;
    const response = yield* this.#source.request(
      this.#away ? this.#stripped(options) : this.#config,
    );
    this.#response = response;
    this.#visited.add(response.request.url);
    this.#items = yield* this.#itemsOf(response);
    return true;
  }

  #begin(): ResolvedConfig {
    checkPages(this.#options);
    const config = this.#config;
    const options = this.#source.resolve(config);
    const { url, credentials } = resolveUrl(options.url, options);
    this.#home = new URL(url).origin;
    // The links of later pages do not repeat the userinfo of the first URL.
    if (credentials && !options.headers.has("authorization")) {
      const headers = layerHeaders({ authorization: credentials }, config.headers);
      this.#config = { ...config, headers };
    }
    return options;
  }

  *#itemsOf(response: AxResponse): Generator<Operation, Iterator<T>, unknown> {
    const { items } = this.#options;
    const found: unknown = items ? yield* invoke(items, [response], ITEMS) : response.data;
    const iterable = items && typeof found === "object" && found && Symbol.iterator in found;
    if (iterable || Array.isArray(found)) return (found as Iterable<T>)[Symbol.iterator]();
    throw new TypeError(
      `Cannot read the items of ${this.#name(response)}: ` +
        (items
          ? '"items" returned no array'
          : '"data" is no array; give "items", such as (response) => response.data.results'),
    );
  }

  /** The config of the page after this one. */
  *#following(
    response: AxResponse,
    options: ResolvedConfig,
  ): Generator<Operation, RequestConfig | undefined, unknown> {
    const { next } = this.#options;
    const found: unknown = next
      ? yield* invoke(next, [response], NEXT)
      : targetOf("next", response.headers);
    if (found === undefined || found === null || found === "") return undefined;
    const isLink = typeof found === "string" || found instanceof URL;
    if (!isLink && (typeof found !== "object" || isResponse(found))) {
      throw new TypeError(
        `Cannot go on after ${this.#name(response)}: "next" returned ` +
          `${isResponse(found) ? "a response" : kindOf(found)}, return a URL, options, or nothing`,
      );
    }
    const change: RequestConfig = isLink ? { url: found } : found;
    this.#pageHeaders = change.headers;
    const config = layerConfig(this.#config, change);
    if (change.url === undefined) return config;
    const url = this.#follow(String(change.url), response, options, isLink);
    return { ...config, url, params: change.params };
  }

  /** A page's link is of the server's making: it gets no further than a relative URL would. */
  #follow(
    target: string,
    response: AxResponse,
    { redact, allowAbsoluteUrls }: ResolvedConfig,
    isLink: boolean,
  ): URL {
    const quoted = JSON.stringify(maskUrl(target, redact));
    const why = `Cannot follow the next link of ${this.#name(response)}, ${quoted}`;
    const about = { request: errorRequest(response.request, redact), response };
    let url: URL;
    try {
      url = new URL(target, response.url || response.request.url);
    } catch (cause) {
      throw new AxError(`${why}: it is no valid URL`, { ...about, cause });
    }
    url.username = url.password = url.hash = "";
    this.#away = url.origin !== this.#home;
    if (this.#away && !allowAbsoluteUrls) {
      throw new TypeError(
        `${why}: it is on another origin than "${this.#home}", set allowAbsoluteUrls to allow it`,
      );
    }
    if (isLink && this.#visited.has(url.href)) {
      throw new AxError(`${why}: that page was read before, the links go round`, about);
    }
    this.#visited.add(url.href);
    return url;
  }

  /** The config for a page on another origin: no credentials but those that `next` gave for it. */
  #stripped({ sensitiveHeaders }: ResolvedConfig): RequestConfig {
    const removed = [...SENSITIVE_HEADERS, ...sensitiveHeaders].map((name) =>
      [name, undefined] as const
    );
    const headers = layerHeaders(this.#config.headers, removed);
    return { ...this.#config, headers: layerHeaders(headers, this.#pageHeaders) };
  }

  #name({ request }: AxResponse): string {
    return describe(request, this.#resolved?.redact);
  }
}
