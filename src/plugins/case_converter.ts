/**
 * Keys of JSON in one case here and in another on the server.
 *
 * @module
 */
import { type Client, isAxError, type Middleware, type Plugin } from "../public.ts";
import { type Case, type KeysInCase, keysInCase } from "./case_words.ts";
import { checkNames } from "./option_names.ts";

export type { Case, KeyInCase, KeysInCase, KeyWords, WrittenWords } from "./case_words.ts";

/** Options of {@linkcode caseConverter}. */
export interface CaseConverterOptions {
  /**
   * The case of what is sent; `false` leaves it.
   *
   * @default {"snake"}
   */
  readonly request?: Case | false | undefined;
  /**
   * The case of what is received; `false` leaves it.
   *
   * @default {"camel"}
   */
  readonly response?: Case | false | undefined;
  /**
   * Says which keys stay as they are, such as ids: `(key) => key.includes("-")`.
   *
   * @default none
   */
  readonly keep?: ((key: string) => boolean) | undefined;
}

/** Options of one call, in `context.caseConverter`: `false`, or what differs for it. */
export type CaseConverterCallOptions = CaseConverterOptions | false;

/**
 * What the server sends, with keys as a program gets them: in camel case.
 *
 * @typeParam T The type with the server's keys.
 */
export type CamelKeys<T> = KeysInCase<T, "camel">;

/**
 * What a program has, with keys as the server gets them: in snake case.
 *
 * @typeParam T The type with the program's keys.
 */
export type SnakeKeys<T> = KeysInCase<T, "snake">;

/**
 * Converts the keys of `json` bodies on their way out and those of parsed data on their way in, at
 * any depth: plain objects and arrays are copied, everything else is left. The data of a refused
 * status (`error.response.data`) is converted as well; bodies of streams are not.
 *
 * A type is converted by {@linkcode CamelKeys} and {@linkcode SnakeKeys}. Leading `_` and `$` stay,
 * and so does what is no name of words (`a.b`, `@id`, `3d`).
 *
 * @param options The case on either side.
 * @returns A plugin.
 * @throws {TypeError} If a case is none.
 *
 * @example Usage
 * ```ts
 * import { create } from "jsr:@ax/client";
 * import { type CamelKeys, caseConverter } from "jsr:@ax/client/plugins/case-converter";
 * import { MockTransport } from "jsr:@ax/client/testing";
 * import { assertEquals } from "@std/assert";
 *
 * interface ApiUser {
 *   user_id: number;
 *   full_name: string;
 * }
 * const transport = new MockTransport();
 * transport.on("POST", "/users").reply((request) => ({ status: 201, body: request.json() }));
 * const api = create({ baseURL: "https://api.example.com", transport }).plugin(caseConverter());
 *
 * const json = { userId: 1, fullName: "Ada" };
 * assertEquals((await api.post<CamelKeys<ApiUser>>("/users", { json })).data.fullName, "Ada");
 * assertEquals(api.postSync<CamelKeys<ApiUser>>("/users", { json }).data.userId, 1);
 * assertEquals(transport.requests[0]?.json(), { user_id: 1, full_name: "Ada" });
 * ```
 */
export function caseConverter(options: CaseConverterOptions = {}): Plugin {
  checkNames(options, OPTIONS, '"caseConverter"');
  check(options);
  const convert: Middleware = function* caseConverter(request, next) {
    const own = request.context["caseConverter"] as CaseConverterCallOptions | undefined;
    if (own === false) return yield* next(request);
    if (own) check(own);
    const sent = own?.request ?? options.request ?? "snake";
    const received = own?.response ?? options.response ?? "camel";
    const keep = own?.keep ?? options.keep;
    if (sent && request.json !== undefined) request.json = keysInCase(request.json, sent, keep);
    if (!received) return yield* next(request);
    try {
      const response = yield* next(request);
      response.data = keysInCase(response.data, received, keep);
      return response;
    } catch (error) {
      const response = isAxError(error) ? error.response : undefined;
      if (response) response.data = keysInCase(response.data, received, keep);
      throw error;
    }
  };
  return { name: "caseConverter", attach: (client: Client): void => void client.use(convert) };
}

const CASES: readonly unknown[] = ["camel", "snake", "kebab", "pascal", false, undefined];

function check({ request, response }: CaseConverterOptions): void {
  for (const [name, value] of Object.entries({ request, response })) {
    if (CASES.includes(value)) continue;
    throw new TypeError(
      `Cannot convert keys: "${name}" must be "camel", "snake", "kebab", "pascal" or false, ` +
        `got ${JSON.stringify(value)}`,
    );
  }
}

const OPTIONS: readonly string[] = ["request", "response", "keep"];
