/**
 * A request as a command line, to be tried in a terminal or handed to somebody else.
 *
 * @module
 */
import { create } from "../apart.ts";
import { mask, type RequestConfig, type TransportRequest } from "../public.ts";
import { maskBody } from "./body_text.ts";
import { printBytes, quote, quoteBytes } from "./shell.ts";
import { checkNames, kindOf } from "./option_names.ts";

/** Options of {@linkcode toCurl}. */
export interface CurlOptions {
  /**
   * Whether credentials are written as they are. Otherwise `***` stands for what errors mask, and
   * for secret fields of JSON and forms.
   *
   * @default {false}
   */
  readonly secrets?: boolean | undefined;
}

/** What a command is made of. */
interface Sent {
  readonly method: string;
  readonly url: string;
  readonly headers: Headers;
  readonly body: Uint8Array | undefined;
}

/** Longer bodies do not fit into one argument of a command. */
const MAX_ARGUMENT = 100_000;

/** What curl adds by itself, and knows better. */
const OWN_HEADERS = new Set(["content-length", "host", "connection"]);

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

/**
 * Writes a request as a command for `curl` that a POSIX shell runs as it is, whatever is in URL,
 * headers and body.
 *
 * Takes the config of a call, what middleware gets, or what was sent (`response.request`, which has
 * no body any more). Interceptors of a client do not run: in middleware with `per: "hop"` the
 * request is as it goes on the wire.
 *
 * @param request The request.
 * @param options Whether credentials are written.
 * @returns The command, an option on each line.
 * @throws {TypeError} If the request is none that could be sent, or its body can be read once only,
 * as a stream, or only later, as a `Blob`.
 *
 * @example Usage
 * ```ts
 * import { toCurl } from "jsr:@ax/client/plugins/to-curl";
 * import { assertEquals } from "@std/assert";
 *
 * const command = toCurl({
 *   method: "POST",
 *   url: "https://api.example.com/users",
 *   headers: { authorization: "Bearer t0ken", accept: "application/json" },
 *   json: { name: "O'Hara" },
 * });
 * assertEquals(command, String.raw`curl 'https://api.example.com/users' \
 *   --request POST \
 *   --header 'accept: application/json' \
 *   --header 'authorization: ***' \
 *   --header 'content-type: application/json' \
 *   --data-raw '{"name":"O'\''Hara"}'`);
 * ```
 */
export function toCurl(request: RequestConfig, options: CurlOptions = {}): string {
  if (typeof request !== "object" || request === null) {
    const got = kindOf(request);
    throw new TypeError(
      `Cannot write a command: give a request such as { method, url }, got ${got}`,
    );
  }
  checkNames(options, ["secrets"], "toCurl()");
  const { secrets = false } = options;
  const redact = request.redact ?? [];
  const { method, url, headers, body } = prepare(request);
  const shownUrl = secrets ? url : mask(url, redact);
  // Brackets and braces would be patterns.
  const program = /[[\]{}]/.test(shownUrl) ? "curl --globoff" : "curl";
  const words = [`${program} ${quote(shownUrl)}`];
  if (method === "HEAD") words.push("--head");
  else if (method !== "GET" || body) words.push(`--request ${quoteWord(method)}`);
  const shown = secrets ? undefined : mask(headers, redact);
  for (const [name, value] of headers) {
    if (!OWN_HEADERS.has(name)) words.push(headerWord(name, String(shown?.[name] ?? value)));
  }
  // What the server compressed for this client is compressed for curl as well.
  if (headers.has("accept-encoding")) words.push("--compressed");
  if (!body) return words.join(JOINT);
  // Without one, curl calls everything a form.
  if (!headers.has("content-type")) words.push(`--header ${quote("content-type:")}`);
  const type = headers.get("content-type") ?? "";
  const text = textOf(body);
  const shownText = text === undefined || secrets ? text : maskBody(text, type, redact);
  if (shownText !== undefined && isTyped(shownText) && shownText.length <= MAX_ARGUMENT) {
    return [...words, `--data-raw ${quote(shownText)}`].join(JOINT);
  }
  const bytes = shownText === undefined ? body : encoder.encode(shownText);
  return `${printBytes(bytes)} | ${[...words, "--data-binary @-"].join(JOINT)}`;
}

const JOINT = " \\\n  ";

/** The request as it would be sent. */
function prepare(request: RequestConfig): Sent {
  if (isFinal(request)) {
    const { method = "GET", url, headers, data } = request;
    return {
      method: method.toUpperCase(),
      url: String(url),
      headers: new Headers(headers as Headers | undefined),
      body: data as Uint8Array | undefined,
    };
  }
  const { data } = request;
  if (typeof data === "object" && data !== null && !isReadable(data)) throw unreadable(request);
  const sent: TransportRequest[] = [];
  const client = create({
    transport: {
      send: () => {
        throw new TypeError("Cannot wait here");
      },
      sendSync: (ready) => {
        sent.push(ready);
        return { status: 204, headers: {}, body: null };
      },
    },
  });
  client.requestSync({ ...partsOf(request), validateStatus: false });
  const [{ method, url, headers, body }] = sent as [TransportRequest];
  if (body !== null && !ArrayBuffer.isView(body)) throw unreadable(request);
  return { method, url, headers, body: body ?? undefined };
}

/** Whether a request is as middleware per hop gets it, or as it was sent. */
function isFinal({ baseURL, path, params, json, form, files, data, url }: RequestConfig): boolean {
  const parts = [baseURL, path, params, json, form, files];
  return parts.every((part) => part === undefined) && /^https?:\/\//.test(String(url)) &&
    (data === undefined || data === null || ArrayBuffer.isView(data));
}

/** The options that say what is sent. */
const PARTS = [
  ...["method", "url", "path", "params", "paramsSerializer", "headers", "baseURL"] as const,
  ...["json", "form", "files", "data", "stringifyJSON", "transformRequest"] as const,
  ...["allowAbsoluteUrls", "protocols"] as const,
];

function partsOf(request: RequestConfig): RequestConfig {
  const given = PARTS.filter((name) => request[name] !== undefined);
  return Object.fromEntries(given.map((name) => [name, request[name]]));
}

/** Whether a body can be read now, and again later. */
function isReadable(data: object): boolean {
  return ArrayBuffer.isView(data) ||
    ["[object ArrayBuffer]", "[object URLSearchParams]", "[object FormData]"]
      .includes(Object.prototype.toString.call(data));
}

function unreadable({ method = "GET", url }: RequestConfig): TypeError {
  return new TypeError(
    `Cannot write "${method} ${
      mask(String(url))
    }" as a command: its body cannot be read here and ` +
      "now, as it is a stream or has a Blob in it; give bytes",
  );
}

function headerWord(name: string, value: string): string {
  // This is how curl is told of an empty one.
  const line = value === "" ? `${name};` : `${name}: ${value}`;
  return `--header ${quoteBytes(Uint8Array.from(line, (character) => character.charCodeAt(0)))}`;
}

function quoteWord(word: string): string {
  return /^[A-Z]+$/.test(word) ? word : quote(word);
}

function textOf(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

/** Whether a text could have been typed: a terminal changes other control characters. */
function isTyped(text: string): boolean {
  // deno-lint-ignore no-control-regex -- they are what is looked for
  return !/[\x00-\x08\x0b-\x1f\x7f\ufeff]/.test(text);
}
