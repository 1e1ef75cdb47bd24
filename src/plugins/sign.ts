/**
 * A plugin that adds the headers of a signature to each request on the wire.
 *
 * ```ts
 * import { create } from "jsr:@ax/client";
 * import { hmac, sign } from "jsr:@ax/client/plugins/sign";
 *
 * const api = create({ baseURL: "https://api.example.com" }).plugin(sign({
 *   headers: ({ url, timestamp }) => ({
 *     "x-time": String(timestamp),
 *     "x-signature": hmac(`${timestamp} ${url}`, { key: "secret" }),
 *   }),
 * }));
 * ```
 *
 * @module
 */
import {
  type Answer,
  type AxResponse,
  call,
  type HeadersInput,
  type Next,
  now,
  type Operation,
  type Plugin,
  type ResolvedConfig,
} from "../public.ts";
import { hopBody } from "./hop_body.ts";
import { guard, type OriginList, readOrigins } from "./origin_guard.ts";
import { checkNames, kindOf } from "./option_names.ts";

export type { OriginList } from "./origin_guard.ts";
export {
  type Digest,
  hash,
  type HashAlgorithm,
  type HashEncoding,
  type HashOptions,
  hmac,
  type HmacOptions,
} from "./hashes.ts";

/** A request as it is about to be sent. */
export interface SignRequest {
  /** The HTTP method, upper case. */
  readonly method: string;
  /** The full URL, parameters included. */
  readonly url: string;
  /** The headers, a copy. */
  readonly headers: Headers;
  /**
   * The encoded body: bytes (none of them where there is no body), or a `Blob`, which only an async
   * call can read. `undefined` for a stream, which is not there yet.
   */
  readonly body: Uint8Array | Blob | undefined;
  /** The time, in milliseconds since the epoch. */
  readonly timestamp: number;
}

/** Makes the headers of a signature: plain, generator or `async`. */
export type Signer = (request: SignRequest) => Answer<HeadersInput | undefined | void>;

/** Options of {@linkcode sign}. */
export interface SignOptions {
  /** Makes the headers to add, for each request on the wire; retries and redirects too. */
  headers: Signer;
  /**
   * The origins whose requests are signed.
   *
   * @default the origin of `baseURL`; without one, that which the call names
   */
  origins?: OriginList | undefined;
}

/**
 * Adds the headers of a signature to each request on its way out, when nothing else changes it any
 * more: for the HMAC schemes of webhooks, exchanges and private APIs. `hmac` and `hash` of this
 * entry work in both call styles.
 *
 * Attach it after the plugins whose headers it signs. A call with `context: { sign: false }` is left
 * alone.
 *
 * @param options What makes the headers.
 * @returns The plugin.
 * @throws {TypeError} If `headers` is no function.
 *
 * @example A signature over method, path, time and body
 * ```ts
 * import { create } from "jsr:@ax/client";
 * import { hmac, sign } from "jsr:@ax/client/plugins";
 * import { MockTransport, VirtualClock } from "jsr:@ax/client/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const transport = new MockTransport();
 * transport.on("POST", "https://api.example.com/orders").reply(201);
 * const clock = new VirtualClock();
 * const api = create({ baseURL: "https://api.example.com", transport, clock }).plugin(sign({
 *   headers({ method, url, body, timestamp }) {
 *     const text = body instanceof Uint8Array ? new TextDecoder().decode(body) : "";
 *     const signed = `${method}${new URL(url).pathname}${timestamp}${text}`;
 *     return { "x-time": String(timestamp), "x-signature": hmac(signed, { key: "secret" }) };
 *   },
 * }));
 *
 * await api.post("/orders", { json: { id: 1 } });
 * api.postSync("/orders", { json: { id: 1 } });
 * const [first, second] = transport.requests.map(({ headers }) => headers.get("x-signature"));
 * assertEquals([first, second], Array(2).fill(hmac('POST/orders0{"id":1}', { key: "secret" })));
 * ```
 */
export function sign(options: SignOptions): Plugin {
  checkNames(options, OPTIONS, '"sign"');
  const { headers: signer } = options;
  if (typeof signer !== "function") {
    throw new TypeError(`Cannot use "sign": "headers" must be a function, got ${kindOf(signer)}`);
  }
  const origins = readOrigins("sign", options.origins);

  function* send(
    request: ResolvedConfig,
    next: Next,
  ): Generator<Operation, AxResponse, unknown> {
    const body = hopBody(request.data);
    const made = yield* call(signer, {
      method: request.method,
      url: String(request.url),
      headers: new Headers(request.headers),
      body: body.kind === "bytes" ? body.bytes : body.kind === "blob" ? body.blob : undefined,
      timestamp: yield* now(),
    });
    for (const [name, value] of entriesOf(made)) request.headers.set(name, value);
    return yield* next(request);
  }

  return {
    name: "sign",
    // Under a name of its own, so that an async one has its twin for sync calls.
    ...{ signer },
    attach(client) {
      guard<void>(client, { name: "sign", origins, fallback: "call", *prepare() {}, send });
    },
  };
}

function entriesOf(made: HeadersInput | undefined | void): [string, string][] {
  if (made === undefined) return [];
  if (typeof made !== "object" || made === null) {
    throw new TypeError(`Cannot sign a request: "headers" of "sign" returned ${kindOf(made)}`);
  }
  const pairs = Symbol.iterator in made
    ? made as Iterable<[string, unknown]>
    : Object.entries(made);
  return [...pairs].flatMap(([name, value]) => value === undefined ? [] : [[name, String(value)]]);
}

const OPTIONS: readonly string[] = ["headers", "origins"];
