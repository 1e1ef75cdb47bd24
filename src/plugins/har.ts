/**
 * A recorder of what goes over the wire, as an HTTP archive that browsers open.
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
} from "../public.ts";
import {
  type HarContent,
  harContent,
  type HarEntry,
  harFailure,
  harRequest,
  harResponse,
  type HarView,
} from "./har_entry.ts";
import { checkNames } from "./option_names.ts";

export type {
  HarContent,
  HarEntry,
  HarPair,
  HarPostData,
  HarRequest,
  HarResponse,
  HarTimings,
} from "./har_entry.ts";

/** Options of {@linkcode har}. */
export interface HarOptions {
  /**
   * Whether credentials are recorded. Otherwise `***` stands for what errors mask, for cookies, and
   * for secret fields of JSON and forms.
   *
   * @default {false}
   */
  readonly secrets?: boolean | undefined;
  /**
   * The largest body of a response that is recorded, in bytes; of others only the size.
   *
   * @default {1_000_000}
   */
  readonly maxBody?: number | undefined;
  /**
   * How many entries are kept; the oldest go first.
   *
   * @default {1_000}
   */
  readonly maxEntries?: number | undefined;
}

/** An HTTP archive, version 1.2: the `log` of a file. */
export interface HarLog {
  /** `1.2`. */
  readonly version: "1.2";
  /** What made it. */
  readonly creator: { readonly name: string; readonly version: string };
  /** One for each request on the wire, in the order in which they began. */
  readonly entries: readonly HarEntry[];
}

/** A recorder, as a plugin: `JSON.stringify(recorder)` is the text of a `.har` file. */
export interface HarRecorder extends Plugin {
  /** What was recorded so far. */
  readonly log: HarLog;
  /** Forgets what was recorded. */
  clear(): void;
  /**
   * The archive.
   *
   * @returns What `JSON.stringify` takes.
   */
  toJSON(): { readonly log: HarLog };
}

/** One attempt under way: the entries of its hops. */
type Hops = { readonly entry: HarEntry; readonly headersAt: number }[];

/** Where an attempt keeps which number it has. */
const ATTEMPT = "har.attempt";

/**
 * Records each request on the wire, retries and redirects included, as an HTTP archive (HAR 1.2)
 * that the network panel of a browser opens. Bodies of streams are not in it, nor is what the
 * platform hides: the version of HTTP, and the time that a connection took.
 *
 * @param options What is recorded.
 * @returns A plugin with the archive in `log`.
 * @throws {RangeError} If a number is out of range.
 *
 * @example Usage
 * ```ts
 * import { create } from "jsr:@ax/client";
 * import { har } from "jsr:@ax/client/plugins/har";
 * import { MockTransport } from "jsr:@ax/client/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const transport = new MockTransport();
 * transport.on("GET", "/users/1").reply(200, { name: "Ada" });
 * const recorder = har();
 * const api = create({ baseURL: "https://api.example.com", transport }).plugin(recorder);
 *
 * await api.get("/users/1");
 * api.getSync("/users/1");
 * const text = JSON.stringify(recorder);
 * assertEquals(JSON.parse(text).log.entries.length, 2);
 * assertEquals(recorder.log.entries[1]?.response.content.text, '{"name":"Ada"}');
 * ```
 */
export function har(options: HarOptions = {}): HarRecorder {
  checkNames(options, OPTIONS, '"har"');
  const { secrets = false, maxBody = 1_000_000, maxEntries = 1_000 } = options;
  for (const [name, value] of Object.entries({ maxBody, maxEntries })) {
    if (value >= 0) continue;
    throw new RangeError(`Cannot record: "${name}" must be 0 or more, got ${value}`);
  }
  let entries: HarEntry[] = [];
  // In the context goes only what any function of the user's can be given: a number.
  const attempts = new Map<number, Hops>();
  let count = 0;
  const viewOf = (redact: readonly string[]): HarView =>
    secrets ? { url: (url) => url, headers: plainRecord, redact: undefined } : {
      url: (url) => mask(url, redact),
      headers: (headers) => mask(headers, redact),
      redact,
    };

  const perAttempt: Middleware = function* har(request, next) {
    const id = request.context[ATTEMPT] = ++count;
    const hops: Hops = [];
    attempts.set(id, hops);
    const finish = (response: AxResponse | undefined, at: number): void => {
      const last = hops.at(-1);
      const body = last && response && bodyOf(response);
      if (!body) return;
      const { entry, headersAt } = last;
      const { mimeType } = entry.response.content;
      const content: HarContent = body.byteLength > maxBody
        ? { size: body.byteLength, mimeType }
        : harContent(body, mimeType, secrets ? undefined : request.redact);
      entry.response.content = content;
      entry.timings = { ...entry.timings, receive: Math.max(0, at - headersAt) };
      entry.time = entry.timings.wait + entry.timings.receive;
    };
    try {
      const response = yield* next(request);
      finish(response, yield* now());
      return response;
    } catch (error) {
      finish(isAxError(error) ? error.response : undefined, yield* now());
      throw error;
    } finally {
      attempts.delete(id);
    }
  };

  const perHop: Middleware = function* har(request, next) {
    const { method, url, headers, data, redact } = request;
    const view = viewOf(redact);
    const sent = harRequest({ method, url: String(url), headers, data }, view);
    const start = yield* now();
    const record = (response: HarEntry["response"], headersAt: number): void => {
      const wait = Math.max(0, headersAt - start);
      const entry: HarEntry = {
        startedDateTime: new Date(start).toISOString(),
        time: wait,
        request: sent,
        response,
        cache: {},
        timings: { send: 0, wait, receive: 0 },
      };
      entries.push(entry);
      if (entries.length > maxEntries) entries.splice(0, entries.length - maxEntries);
      attempts.get(request.context[ATTEMPT] as number)?.push({ entry, headersAt });
    };
    try {
      const response = yield* next(request);
      record(harResponse(response, view), yield* now());
      return response;
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      // An error of others knows nothing of secrets.
      const shown = secrets || isAxError(error) ? text : new AxError(text, { request }).message;
      record(harFailure(shown), yield* now());
      throw error;
    }
  };

  const recorder: HarRecorder = {
    name: "har",
    attach(client: Client): void {
      client.use(perAttempt, { per: "attempt" }).use(perHop, { per: "hop" });
    },
    get log(): HarLog {
      const inOrder = entries.toSorted((a, b) =>
        Date.parse(a.startedDateTime) - Date.parse(b.startedDateTime)
      );
      return { version: "1.2", creator: { name: "@ax/client", version: "1" }, entries: inOrder };
    },
    clear: () => {
      entries = [];
    },
    toJSON: () => ({ log: recorder.log }),
  };
  return recorder;
}

function plainRecord(headers: Headers): Record<string, unknown> {
  return Object.fromEntries(headers);
}

/** The body where it was read: of a stream it is still to come. */
function bodyOf(response: AxResponse): Uint8Array | undefined {
  try {
    return response.bytes();
  } catch {
    return undefined;
  }
}

const OPTIONS: readonly string[] = ["secrets", "maxBody", "maxEntries"];
