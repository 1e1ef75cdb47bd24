/**
 * A plugin that sends a token, such as `Bearer …`, to the origins it is for.
 *
 * ```ts
 * import { create } from "jsr:@ax/client";
 * import { auth } from "jsr:@ax/client/plugins/auth";
 *
 * const api = create({ baseURL: "https://api.example.com" })
 *   .plugin(auth({ token: "t0ken" }));
 * ```
 *
 * @module
 */
import { type Answer, call, type Plugin, type ResolvedConfig } from "../public.ts";
import { assertHeaderValue } from "./header_value.ts";
import { guard, type OriginList, readOrigins } from "./origin_guard.ts";
import { checkNames, kindOf } from "./option_names.ts";

export type { OriginList } from "./origin_guard.ts";

/** What gives the token for an attempt: plain, generator or `async`; nothing for none. */
export type TokenProvider = (request: ResolvedConfig) => Answer<string | null | undefined>;

/** Options of {@linkcode auth}; one of `token` and `provider`. */
export interface AuthOptions {
  /** A token that stays the same. */
  token?: string | undefined;
  /** Gives the token; asked on each attempt, so a retry gets a new one. */
  provider?: TokenProvider | undefined;
  /**
   * What stands before the token, with a space between; `""` for nothing.
   *
   * @default {"Bearer"}
   */
  scheme?: string | undefined;
  /**
   * The origins that the token is sent to.
   *
   * @default the origin of `baseURL`
   */
  origins?: OriginList | undefined;
}

/**
 * Sends a token in the `authorization` header, to the origins it is for and to no others.
 *
 * A call that has the header already is left alone, and so is one with `context: { auth: false }`.
 *
 * @param options The token, or what gives it.
 * @returns The plugin.
 * @throws {TypeError} If there is no token, both, or one that no header can carry.
 *
 * @example A token that stays, and one that is asked for
 * ```ts
 * import { create } from "jsr:@ax/client";
 * import { auth } from "jsr:@ax/client/plugins";
 * import { MockTransport } from "jsr:@ax/client/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const transport = new MockTransport();
 * transport.on("GET", "https://api.example.com/me").reply(200, { name: "Ada" });
 * const api = create({ baseURL: "https://api.example.com", transport })
 *   .plugin(auth({ token: "t0ken" }));
 *
 * assertEquals((await api.get("/me")).data, { name: "Ada" });
 * assertEquals(api.getSync("/me").data, { name: "Ada" });
 * assertEquals(transport.requests[0]?.headers.get("authorization"), "Bearer t0ken");
 *
 * let asked = 0;
 * const other = create({ baseURL: "https://api.example.com", transport })
 *   .plugin(auth({ scheme: "Token", provider: () => `n${++asked}` }));
 * await other.get("/me");
 * other.getSync("/me");
 * assertEquals(transport.requests[3]?.headers.get("authorization"), "Token n2");
 * ```
 */
export function auth(options: AuthOptions): Plugin {
  checkNames(options, OPTIONS, '"auth"');
  const { token, provider, scheme = "Bearer" } = options;
  if ((token === undefined) === (provider === undefined)) {
    const what = token === undefined ? "there is neither" : "there are both";
    throw new TypeError(`Cannot use "auth": give a "token" or a "provider", ${what}`);
  }
  if (provider !== undefined && typeof provider !== "function") {
    throw new TypeError(
      `Cannot use "auth": "provider" must be a function, got ${kindOf(provider)}`,
    );
  }
  if (!/^[\w!#$%&'*+.^`|~-]*$/.test(scheme)) {
    throw new TypeError('Cannot use "auth": "scheme" must be a word, such as "Token"');
  }
  const fixed = token === undefined ? undefined : write(scheme, token, 'the "token" of "auth"');
  const origins = readOrigins("auth", options.origins);
  return {
    name: "auth",
    // Under its own name, so that an async one has its twin for sync calls.
    ...provider && { provider },
    attach(client) {
      guard<string | undefined>(client, {
        name: "auth",
        header: "authorization",
        origins,
        fallback: "none",
        *prepare(request) {
          if (!provider) return fixed;
          const given = yield* call(provider, request);
          const what = 'what the "provider" of "auth" gave';
          return given === undefined || given === null ? undefined : write(scheme, given, what);
        },
        *send(request, next, value) {
          if (value !== undefined) request.headers.set("authorization", value);
          return yield* next(request);
        },
      });
    },
  };
}

function write(scheme: string, token: unknown, what: string): string {
  if (typeof token !== "string" || token === "") {
    const got = token === "" ? "an empty one" : kindOf(token);
    throw new TypeError(`Cannot send ${what}: it must be text, got ${got}`);
  }
  assertHeaderValue(token, what);
  // RFC 6750, 2.1: a bearer token has no spaces; of other schemes, parameters may follow.
  const isNamed = token.toLowerCase().startsWith(`${scheme.toLowerCase()} `);
  if (isNamed || (/^bearer$/i.test(scheme) && /\s/.test(token))) {
    throw new TypeError(
      `Cannot send ${what}: it has white space in it, give the token alone and leave the scheme out`,
    );
  }
  return scheme === "" ? token : `${scheme} ${token}`;
}

const OPTIONS: readonly string[] = ["token", "provider", "scheme", "origins"];
