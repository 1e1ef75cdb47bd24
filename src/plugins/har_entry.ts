import { isText, maskBody } from "./body_text.ts";

/** A name and its value. */
export interface HarPair {
  /** The name. */
  readonly name: string;
  /** The value. */
  readonly value: string;
}

/** The body of a request. */
export interface HarPostData {
  /** The content type. */
  readonly mimeType: string;
  /** The fields of a form. */
  readonly params: readonly HarPair[];
  /** The body; of what is no text, nothing. */
  readonly text: string;
  /** What is not shown. */
  readonly comment?: string;
}

/** The body of a response. */
export interface HarContent {
  /** Bytes, after decompression. */
  readonly size: number;
  /** The content type. */
  readonly mimeType: string;
  /** The body, as text or Base64. */
  readonly text?: string;
  /** `base64`, where the body is no text. */
  readonly encoding?: "base64";
}

/** A request on the wire. */
export interface HarRequest {
  /** The HTTP method. */
  readonly method: string;
  /** The URL, without its fragment. */
  readonly url: string;
  /** Not known here. */
  readonly httpVersion: string;
  /** Those of the `cookie` header. */
  readonly cookies: readonly HarPair[];
  /** The headers. */
  readonly headers: readonly HarPair[];
  /** The parameters of the URL. */
  readonly queryString: readonly HarPair[];
  /** The body, if there is one. */
  readonly postData?: HarPostData;
  /** Bytes of the headers; not known: -1. */
  readonly headersSize: number;
  /** Bytes of the body, -1 where not known. */
  readonly bodySize: number;
}

/** Its response; a status of 0 where there was none. */
export interface HarResponse {
  /** The status. */
  readonly status: number;
  /** The reason phrase. */
  readonly statusText: string;
  /** Not known here. */
  readonly httpVersion: string;
  /** Those of the `set-cookie` headers. */
  readonly cookies: readonly HarPair[];
  /** The headers. */
  readonly headers: readonly HarPair[];
  /** The body. */
  content: HarContent;
  /** Where a redirect leads. */
  readonly redirectURL: string;
  /** Bytes of the headers; not known: -1. */
  readonly headersSize: number;
  /** Bytes on the wire; not known: -1. */
  readonly bodySize: number;
  /** What went wrong, where browsers show it. */
  readonly _error?: string;
}

/** How long the parts of a request took, in milliseconds; -1 for what does not apply. */
export interface HarTimings {
  /** Milliseconds until the request was sent; not known apart from the wait. */
  readonly send: number;
  /** Milliseconds until the headers came. */
  readonly wait: number;
  /** Milliseconds from there until the body was read. */
  readonly receive: number;
}

/** One request on the wire and its response. */
export interface HarEntry {
  /** When it began, as ISO 8601. */
  readonly startedDateTime: string;
  /** Milliseconds from its start until the body was read. */
  time: number;
  /** The request. */
  readonly request: HarRequest;
  /** The response. */
  readonly response: HarResponse;
  /** Nothing: what a cache did is not recorded. */
  readonly cache: Readonly<Record<never, never>>;
  /** The parts of `time`. */
  timings: HarTimings;
}

/** Which secrets are shown, and how to hide the others. */
export interface HarView {
  /** Masks a URL. */
  url(url: string): string;
  /** Masks headers. */
  headers(headers: Headers): Readonly<Record<string, unknown>>;
  /** Names to mask besides; `undefined` shows all. */
  readonly redact: readonly string[] | undefined;
}

/** What stands where a secret was; as `mask` writes it. */
const MASKED = "***";
const UNKNOWN_VERSION = "unknown";

/** The request of an entry. */
export function harRequest(
  { method, url, headers, data }: {
    readonly method: string;
    readonly url: string;
    readonly headers: Headers;
    readonly data: unknown;
  },
  view: HarView,
): HarRequest {
  const shown = view.url(url.split("#", 1)[0] ?? "");
  const { redact } = view;
  const cookies = (headers.get("cookie") ?? "").split(";").flatMap((pair) => cookie(pair, redact));
  const size = sizeOf(data);
  const postData = data === undefined || data === null
    ? undefined
    : postDataOf(data, headers.get("content-type") ?? "", redact);
  return {
    method,
    url: shown,
    httpVersion: UNKNOWN_VERSION,
    cookies,
    headers: pairs(view.headers(headers)),
    queryString: [...new URL(shown).searchParams].map(([name, value]) => ({ name, value })),
    ...postData && { postData },
    headersSize: -1,
    bodySize: size,
  };
}

/** The response of an entry; its body comes later. */
export function harResponse(
  { status, statusText, headers }: {
    readonly status: number;
    readonly statusText: string;
    readonly headers: Headers;
  },
  view: HarView,
): HarResponse {
  return {
    status,
    statusText,
    httpVersion: UNKNOWN_VERSION,
    cookies: headers.getSetCookie().flatMap((line) => cookie(line.split(";")[0], view.redact)),
    headers: headersOf(headers, view),
    content: { size: 0, mimeType: headers.get("content-type") ?? "" },
    redirectURL: status >= 300 && status < 400 ? view.url(headers.get("location") ?? "") : "",
    headersSize: -1,
    bodySize: -1,
  };
}

/** What stands for the response where there was none. */
export function harFailure(message: string): HarResponse {
  const none = harResponse({ status: 0, statusText: "", headers: new Headers() }, {
    url: (url) => url,
    headers: () => ({}),
    redact: undefined,
  });
  return { ...none, _error: message };
}

/** The body of a response. */
export function harContent(
  body: Uint8Array,
  mimeType: string,
  redact: readonly string[] | undefined,
): HarContent {
  const size = body.byteLength;
  if (!isText(mimeType)) return { size, mimeType, text: base64(body), encoding: "base64" };
  const text = new TextDecoder().decode(body);
  return { size, mimeType, text: redact ? maskBody(text, mimeType, redact) : text };
}

function postDataOf(
  data: unknown,
  mimeType: string,
  redact: readonly string[] | undefined,
): HarPostData {
  if (!ArrayBuffer.isView(data) || !isText(mimeType)) {
    return { mimeType, params: [], text: "", comment: `<${sizeOf(data)} bytes>` };
  }
  const plain = new TextDecoder().decode(data);
  const text = redact ? maskBody(plain, mimeType, redact) : plain;
  const form = mimeType.startsWith("application/x-www-form-urlencoded");
  const params = form
    ? [...new URLSearchParams(text)].map(([name, value]) => ({ name, value }))
    : [];
  return { mimeType, params, text };
}

function sizeOf(data: unknown): number {
  if (data === undefined || data === null) return 0;
  const { byteLength, size } = data as { byteLength?: unknown; size?: unknown };
  return [byteLength, size].find((bytes) => typeof bytes === "number") as number | undefined ?? -1;
}

function pairs(headers: Readonly<Record<string, unknown>>): HarPair[] {
  return Object.entries(headers).map(([name, value]) => ({ name, value: String(value) }));
}

/** A record has each name once; `set-cookie` is the header that comes more often. */
function headersOf(headers: Headers, view: HarView): HarPair[] {
  const shown = view.headers(headers);
  return [...headers].map(([name, value]) => ({
    name,
    value: view.redact === undefined ? value : String(shown[name] ?? value),
  }));
}

function cookie(pair = "", redact: readonly string[] | undefined): HarPair[] {
  const [name = "", ...value] = pair.trim().split("=");
  return name === "" ? [] : [{ name, value: redact ? MASKED : value.join("=") }];
}

/** Piece by piece: an argument list has an end. */
function base64(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 0x8000) {
    text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  }
  return btoa(text);
}
