import type { Answer } from "../public.ts";
import type { OAuth2Token, TokenClient } from "./oauth2_token.ts";
import type { OriginList } from "./origin_guard.ts";

/**
 * Where tokens are kept beyond a client; a `Map` is one. Its methods may be plain, generators or
 * `async`.
 */
export interface TokenStore {
  /**
   * Reads a token.
   *
   * @param key What tells clients of a token endpoint apart.
   * @returns What `set` was given; anything else is ignored.
   */
  get(key: string): Answer<unknown>;
  /**
   * Keeps a token; it is a secret.
   *
   * @param key What tells clients of a token endpoint apart.
   * @param token The token, plain data.
   * @returns Nothing that is used.
   */
  set(key: string, token: OAuth2Token): Answer<unknown>;
}

/** Options of {@linkcode oauth2}. */
export interface OAuth2Options {
  /** The token endpoint, an absolute URL. */
  tokenUrl: string | URL;
  /** The id of the client. */
  clientId: string;
  /** The secret of the client. Alone, it gets tokens by the grant of client credentials. */
  clientSecret?: string | undefined;
  /**
   * Where the secret is sent: in the `authorization` header, or in the form.
   *
   * @default {"basic"}
   */
  clientAuth?: "basic" | "body" | undefined;
  /** The refresh token to begin with; a newer one of the server takes its place. */
  refreshToken?: string | undefined;
  /** What the token is to allow, separated by spaces. */
  scope?: string | undefined;
  /** More parameters for the token endpoint, such as `audience`. */
  params?: Readonly<Record<string, string>> | undefined;
  /**
   * How many milliseconds before its end a token is renewed; for short-lived ones at most half of
   * their life.
   *
   * @default {30_000}
   */
  refreshBefore?: number | undefined;
  /** Keeps tokens for other processes and later runs; without one, each plugin has its own. */
  store?: TokenStore | undefined;
  /** Observes what a store threw; the call goes on without the store. */
  onError?: ((error: unknown) => void) | undefined;
  /**
   * The origins that the token is sent to.
   *
   * @default the origin of `baseURL`
   */
  origins?: OriginList | undefined;
}

/** The options of the plugin, checked. */
export interface OAuth2Settings extends TokenClient {
  readonly tokenUrl: string;
  readonly refreshToken: string | undefined;
  readonly refreshBefore: number;
  readonly store: TokenStore | undefined;
  readonly onError: ((error: unknown) => void) | undefined;
}

/** Checks the options of the plugin. */
export function readOptions(options: OAuth2Options): OAuth2Settings {
  const { clientId, clientSecret, refreshToken, scope, store } = options;
  const { clientAuth = "basic", params = {}, refreshBefore = 30_000, onError } = options;
  const texts = Object.entries({ clientId, clientSecret, refreshToken, scope });
  const wrong = texts.find(([name, value]) =>
    value === undefined ? name === "clientId" : typeof value !== "string" || value === ""
  );
  if (wrong) {
    throw new TypeError(`Cannot use "oauth2": "${wrong[0]}" must be text that is not empty`);
  }
  if (clientAuth !== "basic" && clientAuth !== "body") {
    throw new TypeError('Cannot use "oauth2": "clientAuth" must be "basic" or "body"');
  }
  if (!(refreshBefore >= 0 && refreshBefore < Infinity)) {
    throw new RangeError(
      `Cannot use "oauth2": "refreshBefore" must be milliseconds of 0 or more, got ${refreshBefore}`,
    );
  }
  if (store && (typeof store.get !== "function" || typeof store.set !== "function")) {
    throw new TypeError('Cannot use "oauth2": "store" must have the methods "get" and "set"');
  }
  if (clientSecret === undefined && refreshToken === undefined && !store) {
    throw new TypeError(
      'Cannot use "oauth2": give a "clientSecret", a "refreshToken", or a "store" that has one',
    );
  }
  const tokenUrl = readTokenUrl(options.tokenUrl);
  const client = { clientId, clientSecret, clientAuth, scope, params };
  return { ...client, tokenUrl, refreshToken, refreshBefore, store, onError };
}

function readTokenUrl(given: string | URL): string {
  let url: URL | undefined;
  try {
    url = new URL(given);
  } catch {
    // Said below.
  }
  if (url && /^https?:$/.test(url.protocol)) return url.href;
  throw new TypeError('Cannot use "oauth2": "tokenUrl" must be an absolute http or https URL');
}

/** The names of the options. */
export const OAUTH2_OPTIONS: readonly string[] = [
  "tokenUrl",
  "clientId",
  "clientSecret",
  "clientAuth",
  "refreshToken",
  "scope",
  "params",
  "refreshBefore",
  "store",
  "onError",
  "origins",
];
