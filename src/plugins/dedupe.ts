/**
 * One request for equal calls that run at once.
 *
 * @module
 */
import {
  type AxResponse,
  type Client,
  createResponse,
  type Flow,
  isAxError,
  type Middleware,
  type Operation,
  type Plugin,
  type ResolvedConfig,
  share,
  type TimeoutError,
} from "../public.ts";
import { checkNames } from "./option_names.ts";

/** Options of {@linkcode dedupe}. */
export interface DedupeOptions {
  /**
   * Headers that may differ between equal requests, such as an id that each one carries; those of a
   * trace (`traceparent`, `tracestate`) always may.
   *
   * @default {[]}
   */
  readonly ignoreHeaders?: readonly string[] | undefined;
}

/** Options of one call, in `context.dedupe`: `false` for a request of its own. */
export type DedupeCallOptions = false;

/** An attempt under way, the key under which others wait for its end. */
interface Attempt {
  /** What it sends, once that is known. */
  sends?: string;
}

/** How an attempt ended. */
type End = { readonly response: AxResponse } | { readonly error: unknown };

/** Where an attempt keeps which number it has. */
const ATTEMPT = "dedupe.attempt";
const NOT_HERE: End = { error: "not here" };
/** They say who asks, and nothing about the answer. */
const TRACE_HEADERS = ["traceparent", "tracestate"];

/**
 * Sends one GET request for equal ones that are under way at once, on this thread: same URL, same
 * headers, credentials included. Add plugins that set credentials before this one: headers that are
 * set after it are not compared. Each call decodes and checks the response for itself, gets data of
 * its own, and can be cancelled by itself; the request ends with the last of them. A failure of the
 * network or an attempt's timeout is the failure of each.
 *
 * Requests with a body are left alone. A stream is not shared: an equal request waits for its headers
 * and is then sent as well. A sync call does not wait for an async one of its own blocked thread, it
 * sends its own; the flows of one `allSync` share.
 *
 * @param options What need not be equal.
 * @returns A plugin; clients that share it share requests.
 *
 * @example Usage
 * ```ts
 * import { create } from "jsr:@ax/client";
 * import { dedupe } from "jsr:@ax/client/plugins/dedupe";
 * import { MockTransport } from "jsr:@ax/client/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const transport = new MockTransport();
 * transport.on("GET", "/users/1").reply(200, { name: "Ada" });
 * const api = create({ baseURL: "https://api.example.com", transport }).plugin(dedupe());
 *
 * await Promise.all([api.get("/users/1"), api.get("/users/1"), api.get("/users/1")]);
 * assertEquals(transport.requests.length, 1);
 * ```
 */
export function dedupe(options: DedupeOptions = {}): Plugin {
  checkNames(options, ["ignoreHeaders"], '"dedupe"');
  const { ignoreHeaders = [] } = options;
  const ignored = new Set([...TRACE_HEADERS, ...ignoreHeaders].map((name) => name.toLowerCase()));
  const attempts = new Map<number, Attempt>();
  const sending = new Map<string, Set<Attempt>>();
  let count = 0;

  const begin = (attempt: Attempt, sends: string): void => {
    attempt.sends = sends;
    const others = sending.get(sends);
    if (others) others.add(attempt);
    else sending.set(sends, new Set([attempt]));
  };
  const end = (attempt: Attempt): void => {
    if (attempt.sends === undefined) return;
    const others = sending.get(attempt.sends);
    others?.delete(attempt);
    if (others?.size === 0) sending.delete(attempt.sends);
  };

  function* settled(attempt: Attempt, flow: Flow<AxResponse>): Generator<Operation, End, unknown> {
    try {
      return { response: yield* flow };
    } catch (error) {
      return { error };
    } finally {
      // Who asks from here on is too late for it.
      end(attempt);
    }
  }

  const perAttempt: Middleware = function* dedupe(request, next) {
    if (request.method !== "GET" || request.context["dedupe"] === false) {
      return yield* next(request);
    }
    const id = request.context[ATTEMPT] = ++count;
    const attempt: Attempt = {};
    attempts.set(id, attempt);
    try {
      const end = yield* share(attempt, settled(attempt, next(request)));
      if ("error" in end) throw end.error;
      return end.response;
    } finally {
      attempts.delete(id);
    }
  };

  const perHop: Middleware = function* dedupe(request, next) {
    const attempt = attempts.get(request.context[ATTEMPT] as number);
    // The first hop alone: what comes after it belongs to the request that was shared.
    const shared = attempt && attempt.sends === undefined && request.method === "GET" &&
      (request.data === undefined || request.data === null);
    if (!shared) return yield* next(request);
    const sends = wireKey(request, ignored);
    for (const other of sending.get(sends) ?? []) {
      const end = yield* endOf(other);
      if (end === NOT_HERE) continue;
      const answer = answerOf(end);
      if (answer) return answer;
      break;
    }
    begin(attempt, sends);
    return yield* next(request);
  };

  return {
    name: "dedupe",
    attach(client: Client): void {
      client.use(perAttempt, { per: "attempt" }).use(perHop, { per: "hop" });
    },
  };
}

/** How another attempt ends, if its flow runs where this one can wait for it. */
function* endOf(other: Attempt): Generator<Operation, End, unknown> {
  try {
    return yield* share(other, notHere());
  } catch (error) {
    // It would wait for an attempt that it is a part of.
    if (error instanceof TypeError) return NOT_HERE;
    throw error;
  }
}

// deno-lint-ignore require-yield -- a flow that waits for nothing
function* notHere(): Generator<Operation, End, unknown> {
  return NOT_HERE;
}

/** What goes on the wire, as one text. */
function wireKey({ url, headers }: ResolvedConfig, ignored: ReadonlySet<string>): string {
  return JSON.stringify([String(url), [...headers].filter(([name]) => !ignored.has(name))]);
}

/**
 * The response of another attempt, for a call that decodes and judges it for itself; nothing where
 * the other one's end is its own affair. Its failure on the network is thrown.
 */
function answerOf(end: End): AxResponse | undefined {
  if ("error" in end) {
    const { error } = end;
    if (!isAxError(error)) return undefined;
    if (error.code === "AX_NETWORK") throw error;
    if (error.code === "AX_TIMEOUT" && (error as TimeoutError).phase === "attempt") throw error;
    return error.response && copyOf(error.response);
  }
  return copyOf(end.response);
}

function copyOf(response: AxResponse): AxResponse | undefined {
  const { status, statusText, url } = response;
  let body: Uint8Array<ArrayBuffer>;
  try {
    body = response.bytes().slice();
  } catch {
    // A stream, or a body that could not be read.
    return undefined;
  }
  const copy = createResponse({ status, statusText, url, body });
  // Later: what cannot be parsed is for the call to judge.
  for (const [name, value] of response.headers) {
    // The body is as it was decoded.
    if (name !== "content-encoding" && name !== "content-length") copy.headers.append(name, value);
  }
  return copy;
}
