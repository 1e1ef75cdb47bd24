/*
 * What carries requests in browsers and edge isolates: fetch, which needs nearly nothing besides,
 * and XMLHttpRequest. A synchronous one is how a page's main thread, and a worker without shared
 * memory, make calls that block: it carries whole bodies, everything else is refused by name.
 * Another one tells how far an upload has come.
 */
import { isAxError } from "../ax_error.ts";
import { NetworkError, SyncUnavailableError } from "../errors.ts";
import { type Attachments, type HttpRequest, isOneShot, sizeOf } from "../http/message.ts";
import { describe } from "../mask.ts";
import { isBrowser } from "../runtime/runtime.ts";
import { Exchange } from "./exchange.ts";
import { answerProblem, explainWith } from "./failure.ts";
import type { Runtime } from "./fetch.ts";
import type { CarrierBody, Port } from "./port.ts";
import { progressListener } from "./progress.ts";

/** What Chromium, Firefox and Safari say of every failure; XMLHttpRequest has an error by name. */
const FAILED = /^(?:Failed to fetch|NetworkError when .*|Load failed)$/;

/** The fetch of pages, their workers, and edge isolates. */
export const page: Runtime = {
  explain: explainWith((request, { thrown, responded, custom }) => {
    if (isAxError(thrown)) return thrown;
    const { name, message = "" } = (thrown ?? {}) as Partial<Error>;
    const unexplained = name === "NetworkError" || FAILED.test(message);
    // Bad input, or a bug in a fetch of the user's.
    if (!unexplained && (custom || (name === "TypeError" && !responded))) return thrown;
    const what = responded ? "Cannot read the body of" : "Cannot reach";
    const why = responded
      ? "connection lost before its end"
      : "no connection, or not allowed by CORS; a browser tells why in its console only";
    return new NetworkError(`${what} ${describe(request)}: ${why}`, {
      request,
      cause: thrown,
    });
  }),
  answerProblem,
  refuse({ network = {} }) {
    const names = Object.entries(network).flatMap(([name, value]) =>
      name === "dispatch" || value === undefined || value === false ? [] : [`network.${name}`]
    );
    if (names.length === 0) return true;
    throw new TypeError(`Cannot use ${names.join(", ")}: fetch in this runtime cannot do it`);
  },
  // Browsers decode all they ask for, isolates what is common.
  isDecoded: (encoding) => isBrowser() || /^(?:gzip|br)$/i.test(encoding),
  async decode(body, encoding, exchange) {
    const { decode } = await import("./content_encoding.ts");
    return decode(body, encoding, exchange);
  },
};

/** Whether this thread has what the port needs: service workers and isolates have not. */
export function hasXhr(): boolean {
  return typeof XMLHttpRequest === "function";
}

/**
 * The port of synchronous XMLHttpRequest.
 *
 * @param wayOut Says how a thread comes by what this port cannot do; completes "…; ".
 */
export function xhrPort(wayOut: () => string): Port {
  return {
    start(request, attachments, settle) {
      const problem = problemOf(request);
      if (problem !== undefined) {
        throw new SyncUnavailableError(
          `Cannot send ${describe(request)} synchronously: XMLHttpRequest cannot ${problem}; ` +
            wayOut(),
          { request },
        );
      }
      page.refuse(request, false);
      const report = progressListener(attachments, request);
      const options = { explain: page.explain, report, deadline: undefined };
      const exchange = new Exchange(request, attachments, options, settle);
      try {
        sendNow(exchange);
      } catch (error) {
        if ((error as Error).name === "TimeoutError") exchange.fail({ why: "timeout" });
        else exchange.thrown(error);
      }
      return exchange.stop;
    },
  };
}

/** What XMLHttpRequest cannot do for a request; completes "XMLHttpRequest cannot …". */
function problemOf({ stream, body, redirect, fetchOptions = {} }: HttpRequest): string | undefined {
  if (stream) return "hand on a body piece by piece";
  if (isOneShot(body)) return "send a body piece by piece";
  if (redirect === "manual") return 'leave a redirect alone ("followRedirects: false")';
  const { credentials, ...others } = fetchOptions;
  if (credentials === "omit") return 'leave credentials out ("fetchOptions.credentials")';
  const [option] = Object.keys(others);
  return option && `do what "fetchOptions.${option}" says`;
}

/** Carries an awaited request whose upload is to be watched, which fetch tells nothing about. */
export function watchedUpload(
  request: HttpRequest,
  { fetch }: Attachments,
): ((exchange: Exchange) => void) | undefined {
  const watched = request.progress?.upload && request.body && !fetch && hasXhr();
  if (!watched || problemOf(request) !== undefined) return undefined;
  return (exchange) => {
    const xhr = open(exchange, true);
    exchange.carrier = xhr;
    let sent = 0;
    xhr.upload.onprogress = ({ loaded }) => {
      exchange.upload?.add(loaded - sent);
      sent = loaded;
    };
    xhr.onload = () => respond(exchange, xhr, new Uint8Array(xhr.response as ArrayBuffer));
    xhr.onerror = () => exchange.thrown(new DOMException("The request failed", "NetworkError"));
    xhr.responseType = "arraybuffer";
    send(exchange, xhr);
  };
}

function sendNow(exchange: Exchange): void {
  const { timeoutMs, leftMs = timeoutMs } = exchange.request;
  const xhr = open(exchange, false);
  // A main thread has neither of these for a request that blocks it, and no other way to bytes.
  const inWindow = "document" in globalThis;
  if (inWindow) xhr.overrideMimeType("text/plain; charset=x-user-defined");
  else {
    xhr.responseType = "arraybuffer";
    xhr.timeout = leftMs === false ? 0 : Math.max(1, leftMs);
  }
  send(exchange, xhr);
  const bytes = inWindow ? bytesOf(xhr.responseText) : new Uint8Array(xhr.response as ArrayBuffer);
  respond(exchange, xhr, bytes);
}

function open({ request }: Exchange, async: boolean): XMLHttpRequest {
  const { method, url, headers, fetchOptions } = request;
  const xhr = new XMLHttpRequest();
  xhr.open(method, url, async);
  for (const [name, value] of headers) xhr.setRequestHeader(name, value);
  xhr.withCredentials = fetchOptions?.credentials === "include";
  return xhr;
}

function send(exchange: Exchange, xhr: XMLHttpRequest): void {
  const { body } = exchange.request;
  if (body) exchange.watchUpload(sizeOf(body));
  xhr.send(Array.isArray(body) ? new Blob(body) : body as XMLHttpRequestBodyInit | null);
}

function respond(exchange: Exchange, xhr: XMLHttpRequest, bytes: Uint8Array): void {
  const { url } = exchange.request;
  const at = xhr.responseURL || url;
  exchange.respond({
    status: xhr.status,
    statusText: xhr.statusText,
    url: at,
    redirected: at !== new URL(url).href,
    headers: xhr.getAllResponseHeaders().split("\r\n").filter(Boolean).map(pairOf),
  }, bodyOf(bytes));
}

/** Each byte is a character: those from 0x80 on at U+F780. */
function bytesOf(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
  return bytes;
}

function pairOf(line: string): [string, string] {
  const colon = line.indexOf(":");
  return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
}

function bodyOf(bytes: Uint8Array): CarrierBody {
  let rest: Uint8Array | undefined = bytes;
  return {
    next(settle) {
      settle({ ok: true, value: rest });
      rest = undefined;
    },
    cancel() {},
  };
}
