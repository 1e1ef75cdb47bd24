import { previewBody } from "./body_text.ts";

/** How much a record matters. */
export type LogLevel = "info" | "warn" | "error";

/** What is written of a call, or of one request on the wire. */
export interface LogRecord {
  /** When it began, as ISO 8601. */
  readonly time: string;
  /** `error`: it failed; `warn`: a status from 400 on, or it took retries; `info`: the rest. */
  readonly level: LogLevel;
  /** What the record is about. */
  readonly per: "call" | "hop";
  /** The HTTP method. */
  readonly method: string;
  /** The URL, masked. */
  readonly url: string;
  /** The status, where there was a response. */
  readonly status?: number;
  /** How many milliseconds it took; a call with all its waits. */
  readonly ms: number;
  /** Bytes of the response body, where known. */
  readonly bytes?: number;
  /** Attempts of the call so far. */
  readonly attempt: number;
  /** How a cache took part. */
  readonly cache?: string;
  /** The code of the error, or its name where it has none. */
  readonly error?: string;
  /** What the error says. */
  readonly message?: string;
  /** The request headers, masked. */
  readonly requestHeaders?: Readonly<Record<string, unknown>>;
  /** The response headers, masked. */
  readonly responseHeaders?: Readonly<Record<string, unknown>>;
  /** The request body, masked and cut. */
  readonly requestBody?: string;
  /** The response body, masked and cut. */
  readonly responseBody?: string;
}

/** The order of levels. */
export const LEVELS: readonly LogLevel[] = ["info", "warn", "error"];

/** Characters of a body that a record holds, unless it is told otherwise. */
export const BODY_CHARACTERS = 1_000;

/** A record as one line of JSON; members without a value are left out. */
export function jsonLine(record: LogRecord): string {
  return JSON.stringify(record);
}

/** A record for the eyes: one line, headers and bodies on lines of their own. */
export function prettyLines(record: LogRecord): string {
  const { method, url, status, ms, bytes, attempt, cache, error, message } = record;
  const words = [
    record.time.slice(11, 23),
    record.level.padEnd(5),
    ...record.per === "hop" ? ["→"] : [],
    method,
    url,
    ...status === undefined ? [] : [`${status}`],
    `${ms} ms`,
    ...bytes === undefined ? [] : [size(bytes)],
    ...attempt > 1 ? [`attempt ${attempt}`] : [],
    ...cache === undefined ? [] : [`cache ${cache}`],
    ...error === undefined ? [] : [error],
  ];
  const lines = [
    words.join(" "),
    ...message === undefined ? [] : [message],
    ...headerLines(">", record.requestHeaders),
    ...bodyLines(record.requestBody),
    ...headerLines("<", record.responseHeaders),
    ...bodyLines(record.responseBody),
  ];
  return lines.map(visible).join("\n    ");
}

function headerLines(mark: string, headers: Readonly<Record<string, unknown>> = {}): string[] {
  return Object.entries(headers).map(([name, value]) => `${mark} ${name}: ${value}`);
}

function bodyLines(body = ""): string[] {
  return body === "" ? [] : body.split("\n");
}

/** A server must not move the cursor of who reads the log. */
function visible(line: string): string {
  // deno-lint-ignore no-control-regex -- they are what is looked for
  return line.replaceAll(/[\x00-\x08\x0a-\x1f\x7f-\x9f]/g, (character) => {
    return `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`;
  });
}

function size(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

/** A request body for a record, as far as it can be read. */
export function requestPreview(
  data: unknown,
  type: string,
  redact: readonly string[],
  maxCharacters: number,
): string | undefined {
  if (data === undefined || data === null) return undefined;
  if (ArrayBuffer.isView(data)) return previewBody(data as Uint8Array, type, redact, maxCharacters);
  const bytes = (data as { size?: unknown }).size;
  return typeof bytes === "number" ? `<${bytes} bytes of ${type || "no type"}>` : "<a stream>";
}
