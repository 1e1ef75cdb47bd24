import { checkOption, count, fn } from "../config/table.ts";
import type { CallConfig } from "../config/merge.ts";
import type { RequestConfig } from "../config/options.ts";
import { AxError } from "../ax_error.ts";
import { TimeoutError } from "../errors.ts";
import { credentialNames, describe, maskUrl, type RawRequest, shorten } from "../mask.ts";
import { type CallSite, type Operation, within } from "../flow/flow.ts";
import { invoke } from "../flow/user_function.ts";
import { headerEntries, type HeadersInput, targetOf } from "../http/headers.ts";
import { headerOf } from "../http/message.ts";
import { entriesOf, kindOf, ownMembers } from "../http/pairs.ts";
import { mergeParams } from "../http/params.ts";
import { type AxResponse, isResponse } from "../http/response.ts";
import { isUrl, parseUrl } from "../http/url.ts";
import { TimeLimit } from "./body.ts";
import { end, type Items } from "./items.ts";
import { MAX_PAGES, type PageSource, type PaginateConfig } from "./page_config.ts";

const NEXT: CallSite = { role: '"next"' };
const ITEMS: CallSite = { role: '"items"' };
const BODIES = ["json", "form", "files", "data"] as const;

/** The items of all pages as flows: a page is requested when its first item is asked for. */
export class Pages<T> implements Items<T> {
  readonly #source: PageSource;
  readonly #given: () => PaginateConfig<T>;
  #options: PaginateConfig<T> = {};
  /** The config of the page. */
  #config: RequestConfig = {};
  /** The options of the first page's call, and what ends them all. */
  #begun: { readonly options: CallConfig; readonly limit: TimeLimit } | undefined;
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

  /** @param given The options, the URL in them; throws where they cannot be meant. */
  constructor(given: () => PaginateConfig<T>, source: PageSource) {
    this.#source = source;
    this.#given = given;
  }

  ready(): IteratorYieldResult<T> | undefined {
    if (this.#over || !this.#items || this.#enough) return undefined;
    try {
      const step = this.#items.next();
      if (step.done) this.#items = undefined;
      else this.#itemCount++;
      return step.done ? undefined : step;
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
    const { options, limit } = this.#begun ??= this.#begin();
    return !this.#enough && (yield* within(limit, this.#page(options)));
  }

  *#page(options: CallConfig): Generator<Operation, boolean, unknown> {
    if (this.#response) {
      const config = yield* this.#following(this.#response, options);
      if (!config) return false;
      if (this.#options.maxPages === undefined && this.#pageCount === MAX_PAGES) {
        throw new AxError(
          `Cannot go on after ${this.#name(this.#response)}: it names another page after ` +
            `${MAX_PAGES}, set "maxPages" to read more`,
          this.#facts(this.#response),
        );
      }
      this.#config = ownMembers(config);
    }
    this.#pageCount++;
    const config = this.#away ? this.#stripped(options) : this.#config;
    const response = this.#response = yield* this.#source.request(config);
    this.#visited.add(response.request.url);
    this.#items = yield* this.#itemsOf(response);
    return true;
  }

  #begin(): { options: CallConfig; limit: TimeLimit } {
    const given = this.#options = ownMembers(this.#given());
    const { next, items, maxPages, maxItems, ...rest } = given;
    checkOption("maxPages", count, maxPages);
    checkOption("maxItems", count, maxItems);
    checkOption("next", fn, next);
    checkOption("items", fn, items);
    const config = this.#config = ownMembers(rest);
    const options = this.#source.resolve(config);
    const { url, credentials } = this.#source.locate(options);
    this.#home = new URL(url).origin;
    // The links of later pages do not repeat the userinfo of the first URL.
    if (credentials && headerOf(options.headers, "authorization") === null) {
      const headers = layerHeaders({ authorization: credentials }, config.headers);
      this.#config = ownMembers({ ...config, headers });
    }
    const { method, redact, totalTimeout } = options;
    const request = { method, url, redact };
    const limit = new TimeLimit(totalTimeout, options, () => {
      const message = `The pages from ${describe(request)} on timed out: not all of them within ` +
        `${totalTimeout} ms ("totalTimeout")`;
      return new TimeoutError(message, { phase: "total", request });
    });
    return { options, limit };
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
    options: CallConfig,
  ): Generator<Operation, RequestConfig | undefined, unknown> {
    const { next } = this.#options;
    const found: unknown = next
      ? yield* invoke(next, [response], NEXT)
      : targetOf("next", response.headers.get("link"));
    if (found === undefined || found === null || found === "") return undefined;
    const isLink = typeof found === "string" || isUrl(found);
    if (!isLink && (typeof found !== "object" || isResponse(found))) {
      throw new TypeError(
        `Cannot go on after ${this.#name(response)}: "next" returned ` +
          `${isResponse(found) ? "a response" : kindOf(found)}, return a URL, options, or nothing`,
      );
    }
    const change: RequestConfig = ownMembers(isLink ? { url: found } : found);
    this.#pageHeaders = change.headers;
    const config = layerConfig(this.#config, change);
    if (change.url === undefined) return config;
    const url = this.#follow(String(change.url), response, options, isLink);
    // The link has the values of parameters and path in it.
    return { ...config, url, params: change.params, path: change.path };
  }

  /** A page's link is of the server's making: it gets no further than a relative URL would. */
  #follow(
    target: string,
    response: AxResponse,
    { redact, allowAbsoluteUrls }: CallConfig,
    isLink: boolean,
  ): URL {
    const quoted = JSON.stringify(shorten(maskUrl(target, redact)));
    const why = `Cannot follow the next link of ${this.#name(response)}, ${quoted}`;
    // The error of the platform would quote it, with its secrets.
    const url = parseUrl(target, response.url || response.request.url);
    if (!url) throw new AxError(`${why}: it is no valid URL`, this.#facts(response));
    url.username = url.password = url.hash = "";
    this.#away = url.origin !== this.#home;
    if (this.#away && !allowAbsoluteUrls) {
      throw new TypeError(
        `${why}: it is on another origin than "${this.#home}", set allowAbsoluteUrls to allow it`,
      );
    }
    if (isLink && this.#visited.has(url.href)) {
      const message = `${why}: that page was read before, the links go round`;
      throw new AxError(message, this.#facts(response));
    }
    this.#visited.add(url.href);
    return url;
  }

  /** The config for a page on another origin: no credentials but those that `next` gave for it. */
  #stripped({ params, ...options }: CallConfig): RequestConfig {
    const headers = layerHeaders(this.#config.headers, without(credentialNames(options)));
    const gone = without(mergeParams(params).map(([name]) => name));
    return {
      ...this.#config,
      headers: layerHeaders(headers, this.#pageHeaders),
      params: [...gone, ...mergeParams(this.#config.params)],
    };
  }

  #facts(response: AxResponse): { request: RawRequest; response: AxResponse } {
    const { method, url } = response.request;
    return { request: { method, url, redact: this.#begun?.options.redact }, response };
  }

  #name(response: AxResponse): string {
    return describe(this.#facts(response).request);
  }
}

/** The config of the next page: what changes, over that of the last one. */
function layerConfig(last: RequestConfig, change: RequestConfig): RequestConfig {
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
function layerHeaders(
  below: HeadersInput | undefined,
  above: HeadersInput | undefined,
): HeadersInput | undefined {
  if (below === undefined || above === undefined) return above ?? below;
  const added = headerEntries(above);
  const names = new Set(added.map(([name]) => name.toLowerCase()));
  return [...headerEntries(below).filter(([name]) => !names.has(name.toLowerCase())), ...added];
}

/** Removes what the client's config has of these names. */
function without(names: Iterable<string>): [string, undefined][] {
  return Array.from(names, (name) => [name, undefined]);
}
