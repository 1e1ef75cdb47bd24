/**
 * A record of each call: for a log, a terminal, or a program.
 *
 * @module
 */
import {
  AxError,
  type AxResponse,
  type Client,
  isAxError,
  mask,
  type Middleware,
  now,
  type Plugin,
  type ResolvedConfig,
} from "../public.ts";
import { previewBody } from "./body_text.ts";
import { BODY_CHARACTERS, jsonLine, LEVELS, prettyLines, requestPreview } from "./log_record.ts";
import type { LogLevel, LogRecord } from "./log_record.ts";
import { checkNames } from "./option_names.ts";

export type { LogLevel, LogRecord } from "./log_record.ts";

/**
 * Takes what is written; a plain function. A promise that it returns is not awaited, and what it
 * throws is ignored: a log costs no call.
 */
export type LogSink = (line: string, record: LogRecord) => unknown;

/** What of a request and response a record holds. */
export interface LogDetails {
  /**
   * Whether records hold the headers, masked.
   *
   * @default {false}
   */
  readonly headers?: boolean | undefined;
  /**
   * Whether records hold the bodies, with secret fields of JSON and forms masked: `true` for their
   * first 1,000 characters, or how many.
   *
   * @default {false}
   */
  readonly body?: boolean | number | undefined;
}

/** Options of {@linkcode logger}. */
export interface LoggerOptions extends LogDetails {
  /**
   * The least that is written: `warn` leaves out what went well, `error` what was answered.
   *
   * @default {"info"}
   */
  readonly level?: LogLevel | undefined;
  /**
   * Where lines go.
   *
   * @default the console, by level
   */
  readonly sink?: LogSink | undefined;
  /**
   * `json`: one object a line; `pretty`: for the eyes.
   *
   * @default {"json"}
   */
  readonly format?: "json" | "pretty" | undefined;
  /**
   * `hop`: besides a record of each call, one of each request on the wire, retries and redirects
   * included.
   *
   * @default {"call"}
   */
  readonly per?: "call" | "hop" | undefined;
}

/** Options of one call, in `context.logger`: `false` for no record, or what differs for it. */
export type LoggerCallOptions = LogDetails | false;

/** What the last request of a call was, as it went on the wire. */
interface Wire {
  headers?: Headers;
  data?: unknown;
}

/** How a call or hop ended. */
type End = { readonly response: AxResponse } | { readonly error: unknown };

/**
 * Writes one structured record of each call: method, masked URL, status, bytes, milliseconds,
 * attempts, cache, error. It sees the call as middleware added before and after it leave it; a
 * `schema` that refuses the data comes later, and is not in it.
 *
 * @param options What is written, how, and where to.
 * @returns A plugin.
 * @throws {TypeError} If an option is of the wrong kind.
 *
 * @example Usage
 * ```ts
 * import { create } from "jsr:@ax/client";
 * import { logger, type LogRecord } from "jsr:@ax/client/plugins/logger";
 * import { MockTransport } from "jsr:@ax/client/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const transport = new MockTransport();
 * transport.on("GET", "/users/1").reply(200, { name: "Ada" });
 * const records: LogRecord[] = [];
 * const api = create({ baseURL: "https://api.example.com", transport });
 * api.plugin(logger({ sink: (_line, record) => records.push(record) }));
 *
 * await api.get("/users/1");
 * api.getSync("/users/1");
 * assertEquals(records.map(({ method, status, bytes }) => [method, status, bytes]), [
 *   ["GET", 200, 14],
 *   ["GET", 200, 14],
 * ]);
 * ```
 */
export function logger(options: LoggerOptions = {}): Plugin {
  checkNames(options, OPTIONS, '"logger"');
  const { level = "info", format = "json", per = "call", sink = toConsole } = options;
  check(options);
  const least = LEVELS.indexOf(level);
  const write = (record: LogRecord): void => {
    if (LEVELS.indexOf(record.level) < least) return;
    try {
      const result = sink(format === "json" ? jsonLine(record) : prettyLines(record), record);
      (result as PromiseLike<unknown> | undefined)?.then?.(undefined, () => {});
    } catch {
      // A log costs no call.
    }
  };
  // In the context goes only what any function of the user's can be given: a number.
  const wires = new Map<number, Wire>();
  let calls = 0;
  const perCall: Middleware = function* logger(request, next) {
    const details = detailsOf(request, options);
    if (!details) return yield* next(request);
    const id = request.context[WIRE] = ++calls;
    const wire: Wire = {};
    wires.set(id, wire);
    const start = yield* now();
    let end: End;
    try {
      end = { response: yield* next(request) };
    } catch (error) {
      end = { error };
    } finally {
      wires.delete(id);
    }
    write(recordOf({ per: "call", request, wire, start, end, details, now: yield* now() }));
    if ("error" in end) throw end.error;
    return end.response;
  };
  const perHop: Middleware = function* logger(request, next) {
    const details = detailsOf(request, options);
    if (!details) return yield* next(request);
    const wire: Wire = { headers: new Headers(request.headers), data: request.data };
    Object.assign(wires.get(request.context[WIRE] as number) ?? {}, wire);
    if (per === "call") return yield* next(request);
    const start = yield* now();
    let end: End;
    try {
      end = { response: yield* next(request) };
    } catch (error) {
      end = { error };
    }
    write(recordOf({ per: "hop", request, wire, start, end, details, now: yield* now() }));
    if ("error" in end) throw end.error;
    return end.response;
  };
  return {
    name: "logger",
    attach(client: Client): void {
      client.use(perCall, { per: "call" }).use(perHop, { per: "hop" });
    },
  };
}

/** Where a call keeps which number it has. */
const WIRE = "logger.call";

function detailsOf(request: ResolvedConfig, options: LogDetails): LogDetails | undefined {
  const own = request.context["logger"] as LoggerCallOptions | undefined;
  if (own === false) return undefined;
  return { headers: own?.headers ?? options.headers, body: own?.body ?? options.body };
}

function recordOf(made: {
  readonly per: "call" | "hop";
  readonly request: ResolvedConfig;
  readonly wire: Wire;
  readonly start: number;
  readonly now: number;
  readonly end: End;
  readonly details: LogDetails;
}): LogRecord {
  const { per, request, wire, end, details } = made;
  const error = "error" in end ? end.error : undefined;
  const known = isAxError(error) ? error : undefined;
  const response = "response" in end ? end.response : known?.response;
  const attempt = per === "hop" ? request.attempt : response?.attempts ?? known?.attempts ?? 1;
  const url = response?.url || known?.request?.url || String(request.url);
  const { redact } = request;
  const max = details.body === true ? BODY_CHARACTERS : Number(details.body ?? 0);
  const cache = response?.fromCache;
  const bytes = bytesOf(response, per);
  const type = response?.headers.get("content-type") ?? "";
  const sent = max > 0
    ? requestPreview(wire.data, wire.headers?.get("content-type") ?? "", redact, max)
    : undefined;
  const status = response?.status;
  return {
    time: new Date(made.start).toISOString(),
    level: "error" in end ? "error" : attempt > 1 || (status ?? 0) >= 400 ? "warn" : "info",
    per,
    method: request.method,
    url: mask(url, redact),
    ...status !== undefined && { status },
    ms: Math.max(0, Math.round(made.now - made.start)),
    ...bytes !== undefined && { bytes: bytes.size },
    attempt,
    ...cache !== undefined && { cache },
    ...error !== undefined && {
      error: known?.code ?? (error instanceof Error ? error.name : typeof error),
      // An error of others knows nothing of secrets.
      ...error instanceof Error &&
        { message: (known ?? new AxError(error.message, { request })).message },
    },
    ...details.headers && wire.headers && { requestHeaders: mask(wire.headers, redact) },
    ...details.headers && response && { responseHeaders: mask(response.headers, redact) },
    ...sent !== undefined && { requestBody: sent },
    ...max > 0 && bytes?.body && { responseBody: previewBody(bytes.body, type, redact, max) },
  };
}

/** The body where it was read, or how large the server says it is. */
function bytesOf(
  response: AxResponse | undefined,
  per: "call" | "hop",
): { readonly size: number; readonly body?: Uint8Array } | undefined {
  if (!response) return undefined;
  if (per === "call") {
    try {
      const body = response.bytes();
      return { size: body.byteLength, body };
    } catch {
      // A stream, whose body is still to come.
    }
  }
  const length = response.headers.get("content-length");
  return length !== null && /^\d+$/.test(length) ? { size: Number(length) } : undefined;
}

function toConsole(line: string, { level }: LogRecord): void {
  globalThis.console[level](line);
}

function check({ level, sink, format, per, body }: LoggerOptions): void {
  const wrong = (name: string, wanted: string, value: unknown): TypeError =>
    new TypeError(`Cannot log: "${name}" must be ${wanted}, got ${String(value)}`);
  if (level !== undefined && !LEVELS.includes(level)) {
    throw wrong("level", '"info", "warn" or "error"', level);
  }
  if (format !== undefined && format !== "json" && format !== "pretty") {
    throw wrong("format", '"json" or "pretty"', format);
  }
  if (per !== undefined && per !== "call" && per !== "hop") {
    throw wrong("per", '"call" or "hop"', per);
  }
  if (sink !== undefined && typeof sink !== "function") throw wrong("sink", "a function", sink);
  if (body !== undefined && typeof body !== "boolean" && !(body >= 0)) {
    throw wrong("body", "true, false or a number of characters", body);
  }
}

const OPTIONS: readonly string[] = ["level", "sink", "format", "per", "headers", "body"];
