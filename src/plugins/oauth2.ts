/**
 * A plugin that gets, sends and renews access tokens of OAuth 2.0.
 *
 * ```ts
 * import { create } from "jsr:@ax/client";
 * import { oauth2 } from "jsr:@ax/client/plugins/oauth2";
 *
 * const api = create({ baseURL: "https://api.example.com" }).plugin(oauth2({
 *   tokenUrl: "https://login.example.com/token",
 *   clientId: "my-app",
 *   clientSecret: "secret",
 * }));
 * ```
 *
 * @module
 */
import { create } from "../apart.ts";
import {
  AxError,
  type AxErrorOptions,
  type AxResponse,
  call,
  concurrent,
  type Flow,
  isAxError,
  mask,
  type Next,
  now,
  type Operation,
  type Plugin,
  type ResolvedConfig,
  share,
  sleep,
} from "../public.ts";
import { hopBody } from "./hop_body.ts";
import {
  OAUTH2_OPTIONS,
  type OAuth2Options,
  type OAuth2Settings,
  readOptions,
} from "./oauth2_options.ts";
import { isFresh, type OAuth2Token, readAnswer, readToken, tokenRequest } from "./oauth2_token.ts";
import type { TokenRefusal } from "./oauth2_token.ts";
import { guard, readOrigins } from "./origin_guard.ts";
import { checkNames } from "./option_names.ts";

export type { OriginList } from "./origin_guard.ts";
export type { OAuth2Options, TokenStore } from "./oauth2_options.ts";
export type { OAuth2Token } from "./oauth2_token.ts";

/** What an {@linkcode OAuth2Error} tells beside its message. */
export interface OAuth2Facts {
  /** The server's code (RFC 6749, section 5.2). */
  error?: string | undefined;
  /** The server's words. */
  description?: string | undefined;
  /** The status of the token endpoint's answer. */
  status?: number | undefined;
}

/** A token endpoint that gave no token: `error` is its code, such as `invalid_grant`. */
export class OAuth2Error extends AxError {
  /** `OAuth2Error`. */
  override readonly name: string = "OAuth2Error";
  /** `AX_OAUTH2`. */
  override readonly code: string = "AX_OAUTH2";
  /** The server's code (RFC 6749, section 5.2), where it gave one. */
  readonly error: string | undefined;
  /** The server's words, where it gave some. */
  readonly description: string | undefined;
  /** The status of the token endpoint's answer, where there was one. */
  readonly status: number | undefined;

  /**
   * Makes the error.
   *
   * @param message What was attempted and what went wrong.
   * @param options What the error carries.
   */
  constructor(message: string, options: AxErrorOptions & OAuth2Facts) {
    super(message, options);
    this.error = options.error;
    this.description = options.description;
    this.status = options.status;
  }
}

/**
 * Sends an access token of OAuth 2.0 and renews it: before its end, and when a request is answered
 * with 401, which is then sent once more. All calls that need a new token at the same time wait for
 * one request to the token endpoint, also those of other clients with the same plugin object; where
 * it is refused, all of them end with the same {@linkcode OAuth2Error}.
 *
 * The request for a token takes `network`, `transport`, `fetch` and `timeout` from the call, and
 * nothing of its interceptors, middleware and headers. A call that has an `authorization` header
 * already is left alone, and so is one with `context: { oauth2: false }`.
 *
 * @param options The token endpoint, and who asks.
 * @returns The plugin.
 * @throws {TypeError} If an option is missing or wrong.
 *
 * @example Usage
 * ```ts
 * import { create } from "jsr:@ax/client";
 * import { oauth2 } from "jsr:@ax/client/plugins";
 * import { MockTransport } from "jsr:@ax/client/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const transport = new MockTransport();
 * transport.on("POST", "https://login.example.com/token")
 *   .reply(200, { access_token: "t1", token_type: "Bearer", expires_in: 3600 });
 * transport.on("GET", "https://api.example.com/me").reply(200, { name: "Ada" });
 *
 * const api = create({ baseURL: "https://api.example.com", transport }).plugin(oauth2({
 *   tokenUrl: "https://login.example.com/token",
 *   clientId: "my-app",
 *   clientSecret: "secret",
 * }));
 *
 * assertEquals((await api.get("/me")).data, { name: "Ada" });
 * assertEquals(api.getSync("/me").data, { name: "Ada" });
 * assertEquals(transport.requests.map(({ method }) => method), ["POST", "GET", "GET"]);
 * assertEquals(transport.requests[2]?.headers.get("authorization"), "Bearer t1");
 * ```
 */
export function oauth2(options: OAuth2Options): Plugin {
  checkNames(options, OAUTH2_OPTIONS, '"oauth2"');
  const tokens = new Tokens(readOptions(options));
  const { store } = options;
  const origins = readOrigins("oauth2", options.origins);
  return {
    name: "oauth2",
    // Under its own name, so that an async one has its twin for sync calls.
    ...store && { store },
    attach(client) {
      guard<Grant>(client, {
        name: "oauth2",
        header: "authorization",
        origins,
        fallback: "none",
        prepare: (request) => tokens.prepare(request),
        send: (request, next, grant) => tokens.send(request, next, grant),
      });
    },
  };
}

/** What one attempt goes with. */
interface Grant {
  token: OAuth2Token;
  /** Its token was renewed; it is not done twice. */
  renewed: boolean;
  readonly request: ResolvedConfig;
  /** How often a renewal was refused before the attempt began. */
  readonly refusals: number;
}

/** The tokens of one client at one token endpoint; all clients with the plugin share them. */
class Tokens {
  readonly #settings: OAuth2Settings;
  readonly #key: string;
  #current: OAuth2Token | undefined;
  /** The last access token that was answered with 401. */
  #rejected: string | undefined;
  #refusals = 0;
  #refusal: OAuth2Error | undefined;

  constructor(settings: OAuth2Settings) {
    this.#settings = settings;
    const { tokenUrl, clientId, scope = "" } = settings;
    this.#key = `oauth2 ${JSON.stringify([tokenUrl, clientId, scope])}`;
  }

  *prepare(request: ResolvedConfig): Generator<Operation, Grant, unknown> {
    const refusals = this.#refusals;
    const token = yield* this.#usable(request, refusals);
    return { token, renewed: false, request, refusals };
  }

  *send(
    request: ResolvedConfig,
    next: Next,
    grant: Grant,
  ): Generator<Operation, AxResponse, unknown> {
    request.headers.set("authorization", `Bearer ${grant.token.accessToken}`);
    const response = yield* next(request);
    if (response.status !== 401) return response;
    const rejected = this.#rejected = grant.token.accessToken;
    // A stream has been sent; the next call gets a new token before it begins.
    if (grant.renewed || hopBody(request.data).kind === "stream") return response;
    grant.renewed = true;
    grant.token = yield* this.#usable(grant.request, grant.refusals, rejected);
    request.headers.set("authorization", `Bearer ${grant.token.accessToken}`);
    return yield* next(request);
  }

  /** A token that may be used; one request for all that need it at the same time. */
  *#usable(
    request: ResolvedConfig,
    refusals: number,
    rejected?: string,
  ): Generator<Operation, OAuth2Token, unknown> {
    const at = yield* now();
    if (this.#current && this.#isGood(this.#current, at, rejected)) return this.#current;
    // What began before the refusal would get the same one: its 401 has only come late.
    if (this.#refusal && this.#refusals > refusals) throw this.#refusal;
    return yield* share(this, this.#renew(request, rejected));
  }

  #isGood(token: OAuth2Token, at: number, rejected?: string): boolean {
    const { accessToken } = token;
    return accessToken !== rejected && accessToken !== this.#rejected &&
      isFresh(token, at, this.#settings.refreshBefore);
  }

  *#renew(
    request: ResolvedConfig,
    rejected: string | undefined,
  ): Generator<Operation, OAuth2Token, unknown> {
    const before = this.#current;
    // Another process may have renewed it.
    const stored = yield* this.#read(request);
    if (stored && this.#isGood(stored, yield* now(), rejected)) return this.#current = stored;
    try {
      this.#current = yield* this.#ask(request, [before, stored]);
    } catch (error) {
      // A sync call may have done it while this one waited, and used up the refresh token.
      const other = this.#current;
      if (other && other !== before && this.#isGood(other, yield* now(), rejected)) return other;
      if (error instanceof OAuth2Error) {
        this.#refusal = error;
        this.#refusals++;
      }
      throw error;
    }
    this.#rejected = undefined;
    yield* this.#write(request, this.#current);
    return this.#current;
  }

  /** Asks the token endpoint, with the newest refresh token that it does not refuse. */
  *#ask(
    request: ResolvedConfig,
    known: readonly (OAuth2Token | undefined)[],
  ): Generator<Operation, OAuth2Token, unknown> {
    const { clientSecret, refreshToken } = this.#settings;
    const newest = known.toSorted((a, b) => (b?.issuedAt ?? 0) - (a?.issuedAt ?? 0));
    const candidates = new Set([...newest.map((token) => token?.refreshToken), refreshToken]);
    candidates.delete(undefined);
    if (candidates.size === 0) {
      if (clientSecret !== undefined) return yield* this.#request(request, undefined);
      throw this.#refuse({ why: 'there is no refresh token, and no "clientSecret"' });
    }
    const left = [...candidates];
    while (true) {
      const candidate = left.shift();
      try {
        return yield* this.#request(request, candidate);
      } catch (error) {
        // A kept one may have ended, while the options have been given a new one since.
        const ended = error instanceof OAuth2Error && error.error === "invalid_grant";
        if (!ended || left.length === 0) throw error;
      }
    }
  }

  *#request(
    request: ResolvedConfig,
    refreshToken: string | undefined,
  ): Generator<Operation, OAuth2Token, unknown> {
    const { transport, fetch, fetchOptions, network, clock, timeout, redact } = request;
    // A client of its own: not the interceptors, limits and headers of the call, which are for
    // another server, and may wait for this token themselves.
    const own = create({ transport, fetch, fetchOptions, network, clock, timeout, redact });
    try {
      const response = yield* own.flow.post(this.#settings.tokenUrl, {
        ...tokenRequest(this.#settings, refreshToken),
        responseType: "text",
        validateStatus: false,
        followRedirects: false,
        maxResponseSize: 1024 * 1024,
      });
      const { status, headers } = response;
      const answer = { status, contentType: headers.get("content-type"), text: response.text() };
      const read = readAnswer(answer, refreshToken, yield* now());
      if ("why" in read) throw this.#refuse({ ...read, status });
      return read;
    } finally {
      own.close();
    }
  }

  #refuse({ why, ...facts }: TokenRefusal & { status?: number }): OAuth2Error {
    const request = { method: "POST", url: this.#settings.tokenUrl };
    const message = `Cannot get a token from "${mask(request.url)}": ${why}`;
    return new OAuth2Error(message, { ...facts, request });
  }

  *#read(request: ResolvedConfig): Generator<Operation, OAuth2Token | undefined, unknown> {
    const { store } = this.#settings;
    if (!store) return undefined;
    const kept = yield* this.#guarded(request, call([store, "get"], this.#key));
    return readToken(kept);
  }

  *#write(request: ResolvedConfig, token: OAuth2Token): Generator<Operation, void, unknown> {
    const { store } = this.#settings;
    if (store) yield* this.#guarded(request, call([store, "set"], this.#key, token));
  }

  /** A store that throws or hangs costs the store, and not the call. */
  *#guarded(request: ResolvedConfig, flow: Flow<unknown>): Generator<Operation, unknown, unknown> {
    const { onError } = this.#settings;
    try {
      return yield* bounded(flow, request.timeout);
    } catch (error) {
      // The end of the call itself, and what the user has to change for sync calls.
      const code = isAxError(error) ? error.code : undefined;
      if (code === "AX_CANCEL" || code === "AX_SYNC_BRIDGE") throw error;
      onError?.(error);
      return undefined;
    }
  }
}

/** Ends a flow that takes too long. */
function* bounded(flow: Flow<unknown>, ms: number | false): Generator<Operation, unknown, unknown> {
  if (ms === false || ms === Infinity) return yield* flow;
  const ended: { value?: unknown } = {};
  let done = false;
  const work = function* (): Generator<Operation, never, unknown> {
    ended.value = yield* flow;
    done = true;
    // The way to end the other one at once.
    throw ended;
  };
  const watch = function* (): Generator<Operation, void, unknown> {
    // Most stores answer at once: then there is nothing to wait for.
    if (done) return;
    yield* sleep(ms);
    throw new AxError(`Cannot wait for the token store: it did not answer within ${ms} ms`);
  };
  try {
    yield* concurrent([work, watch]);
  } catch (error) {
    if (error !== ended) throw error;
  }
  return ended.value;
}
