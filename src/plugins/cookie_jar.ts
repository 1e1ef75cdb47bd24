import type { SiteContext } from "./cookie_rules.ts";

/** A cookie in a {@linkcode Jar}. */
export interface JarCookie {
  /** Its name. */
  readonly key: string;
  /** What it belongs to. */
  readonly domain: string | null;
  /** What it belongs to. */
  readonly path: string | null;
  /**
   * When it ends.
   *
   * @returns Milliseconds since the epoch; `Infinity` or `undefined` for never.
   */
  expiryTime(): number | undefined;
  /**
   * The cookie as it is sent.
   *
   * @returns Name and value.
   */
  cookieString(): string;
}

/** What the plugin uses of a jar: a `CookieJar` of any copy of `tough-cookie`. */
export interface Jar {
  /**
   * Finds the cookies for a request.
   *
   * @param url Its URL.
   * @param options Which ones.
   * @returns The cookies, in the order to send them.
   */
  getCookiesSync(
    url: string,
    options: { http: boolean; expire: boolean; sort: boolean; sameSiteContext: SiteContext },
  ): JarCookie[];
  /**
   * Stores a cookie, or refuses it.
   *
   * @param cookie The field of the response.
   * @param url The URL of the request.
   * @param options What it goes by.
   * @returns The cookie, if it was stored.
   */
  setCookieSync(
    cookie: string,
    url: string,
    options: { http: boolean; now: Date; ignoreError: boolean; sameSiteContext: SiteContext },
  ): unknown;
  /** Where the cookies are. */
  readonly store: {
    /** Whether it can answer at once. */
    readonly synchronous: boolean;
    /**
     * Drops a cookie.
     *
     * @param domain Its domain.
     * @param path Its path.
     * @param key Its name.
     * @param callback Told how it went.
     */
    removeCookie(
      domain: string | null,
      path: string | null,
      key: string,
      callback: () => void,
    ): void;
  };
  /** Keeps what is in it; called after each response that set a cookie. */
  save?(): void;
}
