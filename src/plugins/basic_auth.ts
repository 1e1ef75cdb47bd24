/**
 * A plugin that sends a name and password as RFC 7617 says, in UTF-8.
 *
 * ```ts
 * import { create } from "jsr:@ax/client";
 * import { basicAuth } from "jsr:@ax/client/plugins/basic-auth";
 *
 * const api = create({ baseURL: "https://api.example.com" })
 *   .plugin(basicAuth({ username: "ada", password: "secret" }));
 * ```
 *
 * @module
 */
import type { Plugin } from "../public.ts";
import { base64 } from "./header_value.ts";
import { guard, type OriginList, readOrigins } from "./origin_guard.ts";
import { readUser } from "./user.ts";
import { checkNames } from "./option_names.ts";

export type { OriginList } from "./origin_guard.ts";

/** Options of {@linkcode basicAuth}. */
export interface BasicAuthOptions {
  /** The name; without a colon, which ends it. */
  username: string;
  /** The password. */
  password: string;
  /**
   * The origins that they are sent to.
   *
   * @default the origin of `baseURL`
   */
  origins?: OriginList | undefined;
}

/**
 * Sends a name and password as RFC 7617 says, in UTF-8, to the origins they are for.
 *
 * A call that has an `authorization` header already is left alone, and so is one with
 * `context: { basicAuth: false }`.
 *
 * @param options The name and password.
 * @returns The plugin.
 * @throws {TypeError} If the name has a colon, or one of them a control character.
 *
 * @example Usage
 * ```ts
 * import { create } from "jsr:@ax/client";
 * import { basicAuth } from "jsr:@ax/client/plugins";
 * import { MockTransport } from "jsr:@ax/client/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const transport = new MockTransport();
 * transport.on("GET", "https://api.example.com/me").reply(200, { name: "Ada" });
 * const api = create({ baseURL: "https://api.example.com", transport })
 *   .plugin(basicAuth({ username: "Aladdin", password: "open sesame" }));
 *
 * assertEquals((await api.get("/me")).data, { name: "Ada" });
 * assertEquals(api.getSync("/me").data, { name: "Ada" });
 * assertEquals(
 *   transport.requests[0]?.headers.get("authorization"),
 *   "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==",
 * );
 * ```
 */
export function basicAuth(options: BasicAuthOptions): Plugin {
  checkNames(options, OPTIONS, '"basicAuth"');
  const { username, password } = readUser("basicAuth", options);
  const origins = readOrigins("basicAuth", options.origins);
  const value = `Basic ${base64(`${username}:${password}`)}`;
  return {
    name: "basicAuth",
    attach(client) {
      guard<void>(client, {
        name: "basicAuth",
        header: "authorization",
        origins,
        fallback: "none",
        *prepare() {},
        *send(request, next) {
          request.headers.set("authorization", value);
          return yield* next(request);
        },
      });
    },
  };
}

const OPTIONS: readonly string[] = ["username", "password", "origins"];
