import { AxError, describe, errorRequest } from "./errors.ts";
import type { CallSite, Operation } from "./flow/flow.ts";
import type { HeadersInput } from "./http/headers.ts";
import { targetOf } from "./http/link.ts";
import { type AxResponse, isResponse } from "./http/response.ts";
import { resolveUrl } from "./http/url.ts";
import { maskUrl } from "./mask.ts";
import type { Answer, RequestConfig, ResolvedConfig } from "./options.ts";
import {
  checkPages,
  layerConfig,
  layerHeaders,
  type PageSource,
  withoutCredentials,
} from "./page_config.ts";
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

/** Where the call begins: what its credentials are for. */
interface Home {
  readonly origin: string;
  readonly credentials: string | undefined;
  readonly options: ResolvedConfig;
}

const NEXT: CallSite = { role: '"next"' };
const ITEMS: CallSite = { role: '"items"' };

/** The items of all pages as flows: a page is requested when its first item is asked for. */
export class Pages<T> {
  readonly #source: PageSource;
  readonly #options: PaginateConfig<T>;
  #config: RequestConfig;
  #home: Home | undefined;
  #response: AxResponse | undefined;
  #items: Iterator<T> | undefined;
  #item: { readonly value: T } | undefined;
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

  /** Whether {@linkcode take} has an item, without a request. */
  ready(): boolean {
    const { maxItems = Infinity } = this.#options;
    if (this.#item) return true;
    if (this.#over || !this.#items || this.#itemCount >= maxItems) return false;
    const step = this.#items.next();
    if (step.done) this.#items = undefined;
    else this.#item = step;
    return this.#item !== undefined;
  }

  /** The item at hand. */
  take(): T {
    const { value } = this.#item as { value: T };
    this.#item = undefined;
    this.#itemCount++;
    return value;
  }

  /** Gets an item to hand; `false` at the end. An error ends it. */
  *advance(): Generator<Operation, boolean, unknown> {
    try {
      while (!this.ready()) {
        if (this.#over || !(yield* this.#turn())) {
          this.close();
          return false;
        }
      }
      return true;
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** For flows: the next item, `undefined` at the end. */
  *next(): Generator<Operation, T | undefined, unknown> {
    return (yield* this.advance()) ? this.take() : undefined;
  }

  /** Requests nothing any more. */
  close(): void {
    this.#over = true;
    this.#items = this.#item = this.#response = undefined;
  }

  /** Requests the next page, if there is one and it may be asked for. */
  *#turn(): Generator<Operation, boolean, unknown> {
    const { maxPages = Infinity, maxItems = Infinity } = this.#options;
    const home = this.#home ??= this.#begin();
    if (this.#pageCount >= maxPages || this.#itemCount >= maxItems) return false;
    if (this.#response) {
      const config = yield* this.#following(this.#response, home);
      if (!config) return false;
      this.#config = config;
    }
    const sent = this.#away ? this.#stripped(home) : this.#config;
    this.#pageCount++;
    const response = yield* this.#source.request(sent);
    this.#response = response;
    this.#visited.add(response.request.url);
    this.#items = yield* this.#itemsOf(response);
    return true;
  }

  #begin(): Home {
    checkPages(this.#options);
    const options = this.#source.resolve(this.#config);
    const first = resolveUrl(options.url, options);
    return { origin: new URL(first.url).origin, credentials: first.credentials, options };
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
    home: Home,
  ): Generator<Operation, RequestConfig | undefined, unknown> {
    const { next } = this.#options;
    const found: unknown = next
      ? yield* invoke(next, [response], NEXT)
      : targetOf("next", response.headers);
    if (found === undefined || found === null || found === "") return undefined;
    this.#pageHeaders = undefined;
    if (typeof found === "string" || found instanceof URL) {
      return this.#follow(String(found), response, home, { ...this.#config, params: undefined });
    }
    if (typeof found !== "object" || isResponse(found)) {
      throw new TypeError(
        `Cannot go on after ${this.#name(response)}: "next" returned ` +
          `${isResponse(found) ? "a response" : `a ${typeof found}`}, ` +
          `return a URL, options, or nothing`,
      );
    }
    const change: RequestConfig = found;
    this.#pageHeaders = change.headers;
    const config = layerConfig(this.#config, change);
    if (change.url === undefined) return config;
    return this.#follow(String(change.url), response, home, config, change);
  }

  /** A page's link is of the server's making: it gets no further than a relative URL would. */
  #follow(
    target: string,
    response: AxResponse,
    home: Home,
    config: RequestConfig,
    change?: RequestConfig,
  ): RequestConfig {
    const { options, origin, credentials } = home;
    const quoted = JSON.stringify(maskUrl(target, options.redact));
    const why = `Cannot follow the next link of ${this.#name(response)}, ${quoted}`;
    const about = { request: errorRequest(response.request, options.redact), response };
    let url: URL;
    try {
      url = new URL(target, response.url || response.request.url);
    } catch (cause) {
      throw new AxError(`${why}: it is no valid URL`, { ...about, cause });
    }
    url.username = url.password = url.hash = "";
    const away = url.origin !== origin;
    if (away && !options.allowAbsoluteUrls) {
      throw new TypeError(
        `${why}: it is on another origin than "${origin}", set allowAbsoluteUrls to allow it`,
      );
    }
    if (change === undefined && this.#visited.has(url.href)) {
      throw new AxError(`${why}: that page was read before, the links go round`, about);
    }
    this.#visited.add(url.href);
    this.#away = away;
    const next = { ...config, url, params: change?.params };
    if (!credentials || options.headers.has("authorization")) return next;
    return { ...next, headers: layerHeaders({ authorization: credentials }, config.headers) };
  }

  /** The config for a page on another origin: no credentials but those that `next` gave for it. */
  #stripped({ options }: Home): RequestConfig {
    const headers = withoutCredentials(this.#config.headers, options);
    return { ...this.#config, headers: layerHeaders(headers, this.#pageHeaders) };
  }

  #name({ request }: AxResponse): string {
    return describe(request, this.#home?.options.redact);
  }
}
