/**
 * Cookies, kept in a jar as a browser keeps them, for both call styles.
 *
 * ```ts
 * import { create } from "jsr:@ax/client";
 * import { MockTransport } from "jsr:@ax/client/testing";
 * import { cookies } from "jsr:@ax/client/plugins/cookies";
 * import { assertEquals } from "@std/assert";
 *
 * const transport = new MockTransport();
 * transport.on("POST", "https://api.example.com/login").reply(204, null, {
 *   "set-cookie": "session=abc; Path=/; Secure; HttpOnly",
 * });
 * transport.on("GET", "https://api.example.com/me").reply(200, { name: "Ada" });
 *
 * const api = create({ baseURL: "https://api.example.com", transport }).plugin(cookies());
 * await api.post("/login");
 * api.getSync("/me");
 * assertEquals(transport.requests[1]?.headers.get("cookie"), "session=abc");
 * ```
 *
 * @module
 */
import { CookieJar } from "tough-cookie";
import {
  type AxResponse,
  type Client,
  type Next,
  now,
  type Operation,
  type Plugin,
  type ResolvedConfig,
} from "../public.ts";
import type { Jar, JarCookie } from "./cookie_jar.ts";
import { cookieField, type SiteContext, siteContext, siteOf, withExpiry } from "./cookie_rules.ts";
import { checkNames } from "./option_names.ts";

export type { Jar, JarCookie, SiteContext };
export { type FileJar, fileJar, type FileJarOptions } from "./stores/file_jar.ts";

/** Options of {@linkcode cookies}. */
export interface CookiesOptions {
  /**
   * Where the cookies are kept: {@linkcode fileJar}, or a `CookieJar` of the npm package
   * `tough-cookie` with a synchronous store, as those are that it makes by itself.
   *
   * @default {new CookieJar()}
   */
  jar?: Jar | undefined;
}

type Steps<T> = Generator<Operation, T, unknown>;

/** Where the hops of an attempt find its number, in `context`. */
const ATTEMPT = "cookies.attempt";

/**
 * Keeps the cookies that servers set and sends them where they belong, on every hop of a redirect:
 * domains and paths, public suffixes, `Secure`, `SameSite`, and the prefixes `__Host-` and
 * `__Secure-` as RFC 6265bis says. One jar serves both call styles, streams, and all clients that it
 * is given to. Cookies of a call's own `cookie` field are sent too, and win over the jar's.
 *
 * To keep a session over runs, take {@linkcode fileJar}, or a `CookieJar`, `JSON.stringify(jar)`
 * and `CookieJar.fromJSON(text)`, which throws a `SyntaxError` if the text was cut. In browsers,
 * which keep their own cookies, the plugin can do nothing.
 *
 * @param options The jar.
 * @returns The plugin, named `"cookies"`.
 * @throws {TypeError} If the jar is none, or its store is asynchronous.
 */
export function cookies(options: CookiesOptions = {}): Plugin {
  checkNames(options, OPTIONS, '"cookies"');
  return new CookiesPlugin(options.jar ?? new CookieJar());
}

class CookiesPlugin implements Plugin {
  readonly name = "cookies";
  readonly #jar: Jar;
  /** The sites of each attempt so far, that of its first hop included. */
  readonly #chains = new Map<number, string[]>();
  #last = 0;

  constructor(jar: Jar) {
    if (typeof jar.getCookiesSync !== "function" || typeof jar.setCookieSync !== "function") {
      throw new TypeError('Cannot use "jar": give a CookieJar of the npm package "tough-cookie"');
    }
    if (!jar.store.synchronous) {
      throw new TypeError(
        'Cannot use "jar": its store is asynchronous, which a sync call cannot wait for; ' +
          "give one with a synchronous store",
      );
    }
    this.#jar = jar;
  }

  attach(client: Client): void {
    client.use((request: ResolvedConfig, next: Next) => this.#attempt(request, next), {
      per: "attempt",
    });
    client.use((request: ResolvedConfig, next: Next) => this.#hop(request, next), { per: "hop" });
  }

  *#attempt(request: ResolvedConfig, next: Next): Steps<AxResponse> {
    const id = ++this.#last;
    this.#chains.set(id, []);
    request.context = { ...request.context, [ATTEMPT]: id };
    try {
      return yield* next(request);
    } finally {
      this.#chains.delete(id);
    }
  }

  *#hop(request: ResolvedConfig, next: Next): Steps<AxResponse> {
    const url = String(request.url);
    const sites = this.#chains.get(Number(request.context[ATTEMPT])) ?? [];
    sites.push(siteOf(url));
    const sameSiteContext = siteContext(sites, request.method);
    const found = this.#cookiesFor(url, sameSiteContext, yield* now());
    const ofJar = found.map((cookie) => ({ name: cookie.key, text: cookie.cookieString() }));
    const field = cookieField(ofJar, request.headers.get("cookie"));
    if (field !== undefined) request.headers.set("cookie", field);
    const response = yield* next(request);
    this.#keep(response.headers.getSetCookie(), url, sameSiteContext, yield* now());
    return response;
  }

  /** Cookies that have ended are dropped here: the jar goes by the computer's clock. */
  #cookiesFor(url: string, sameSiteContext: SiteContext, nowMs: number): JarCookie[] {
    // The library throws on these names where they are the whole host, as in a local network.
    if (/^(local|example|test|invalid)\.?$/.test(new URL(url).hostname)) return [];
    const options = { http: true, expire: false, sort: true, sameSiteContext };
    return this.#jar.getCookiesSync(url, options).filter((cookie) => {
      if ((cookie.expiryTime() ?? Infinity) > nowMs) return true;
      this.#jar.store.removeCookie(cookie.domain, cookie.path, cookie.key, () => {});
      return false;
    });
  }

  #keep(fields: string[], url: string, sameSiteContext: SiteContext, nowMs: number): void {
    const options = { http: true, now: new Date(nowMs), ignoreError: true, sameSiteContext };
    for (const field of fields) this.#jar.setCookieSync(withExpiry(field, nowMs), url, options);
    if (fields.length > 0) this.#jar.save?.();
  }
}

const OPTIONS: readonly string[] = ["jar"];
