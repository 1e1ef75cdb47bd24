import {
  type Attachments,
  type HttpRequest,
  type HttpResponse,
  mayHaveBody,
  type Outcome,
  type Settle,
  type Stop,
} from "../http/message.ts";
import { messageOf } from "../http/pairs.ts";
import { isBrowser } from "../runtime/runtime.ts";
import { ownDeadline, type StartDeadline } from "../runtime/timer.ts";
import { Exchange } from "./exchange.ts";
import type { Explain } from "./failure.ts";
import type { CarrierBody, Port } from "./port.ts";
import { progressListener, type ReportBytes } from "./progress.ts";
import { addBody, type FetchInit } from "./request_body.ts";

type Fetch = typeof globalThis.fetch;

/** A browser hides redirects from its fetch, so there it has to follow them itself. */
const FOLLOWS: boolean = isBrowser();

/** How fetch is told to reach the network. */
export interface Route {
  /** More members of fetch's init. */
  readonly init: Readonly<Record<string, unknown>>;
  /** The fetch that understands them, where it is not the runtime's. */
  readonly fetch?: Fetch;
}

/** What the fetch of a runtime needs besides; that of a browser needs nothing. */
export interface Runtime {
  /** Makes the error for a failure. */
  readonly explain: Explain;
  /**
   * Throws what need not be tried.
   *
   * @returns `true` where it has nothing to say of any request without `network`.
   */
  refuse(request: HttpRequest, custom: boolean): boolean | undefined;
  /** Limits the time of an exchange, where there is something cheaper than a timer for each. */
  readonly deadline?: StartDeadline;
  /** What is wrong with an answer, where the fetch may be a test double or the user's. */
  answerProblem?(request: HttpRequest, response: Response, custom: boolean): Error | undefined;
  /** The route of the `network` option. */
  route?(request: HttpRequest): Route | undefined;
  /** Whether fetch has decoded a body with such a `content-encoding`. */
  isDecoded?(encoding: string, request: HttpRequest): boolean;
  /** Decodes a body that fetch has not. */
  decode?(
    body: CarrierBody,
    encoding: string,
    exchange: Exchange,
  ): CarrierBody | Promise<CarrierBody>;
  /** Whether a body is read faster into a buffer of the reader's. */
  fillsBuffers?(): boolean;
  /** Keeps a request that must not be sent twice from being so. */
  guard?(init: FetchInit, exchange: Exchange): void;
  /** Whether a request failed on a stale connection, so that it is sent once more. */
  isStale?(request: HttpRequest, error: unknown): boolean;
  /** Told that an origin has answered. */
  answered?(request: HttpRequest): void;
  /** A carrier below fetch, where the runtime has one that can take this request. */
  below?(
    request: HttpRequest,
    attachments: Attachments,
  ): ((exchange: Exchange) => void) | undefined;
}

/** What of an exchange is not as usual. */
export interface ExchangeOptions {
  /** Makes what the exchange comes to for a failure, in place of the error. */
  readonly explain: Explain | undefined;
  /** Takes byte counts, in place of the listeners. */
  readonly report: ReportBytes | undefined;
}

/** All are named, so that what somebody has put into `Object.prototype` is none. */
const AS_USUAL: ExchangeOptions = { explain: undefined, report: undefined };

/** Sends one request with fetch: on the calling thread in async calls, in a worker in sync ones. */
export function startExchange(
  request: HttpRequest,
  attachments: Attachments,
  runtime: Runtime,
  settle: Settle<HttpResponse>,
  { explain = runtime.explain, report }: ExchangeOptions = AS_USUAL,
): Stop {
  if (request.progress) report ??= progressListener(attachments, request);
  const deadline = !attachments.fetch && runtime.deadline || ownDeadline;
  const exchange = new Exchange(request, attachments, { explain, report, deadline }, settle);
  const below = runtime.below?.(request, attachments);
  if (below) below(exchange);
  else send(exchange, runtime);
  return (error) => exchange.stop(error);
}

/** The port of the runtime's fetch, or of one that the user gave. */
export function fetchPort(runtime: Runtime): Port {
  // Whether nothing can be said against a request that leaves the network as it is.
  let free: boolean | undefined;
  return {
    start(request, attachments, settle) {
      if (!free || request.network) free = runtime.refuse(request, attachments.fetch !== undefined);
      return startExchange(request, attachments, runtime, settle);
    },
  };
}

async function send(exchange: Exchange, runtime: Runtime, again = false): Promise<void> {
  const { request, attachments: { fetch: custom } } = exchange;
  let response: Response;
  try {
    response = await callFetch(exchange, runtime);
  } catch (error) {
    const stale = !again && !exchange.over && !custom && runtime.isStale?.(request, error);
    return stale ? send(exchange, runtime, true) : exchange.thrown(error);
  }
  runtime.answered?.(request);
  try {
    const problem = custom || !(response instanceof Response)
      ? runtime.answerProblem?.(request, response, custom !== undefined)
      : undefined;
    if (problem) return exchange.thrown(problem);
    if (exchange.over) return void response.body?.cancel().catch(() => {});
    if (FOLLOWS && response.type === "opaqueredirect") return exchange.fail({ why: "redirect" });
    // undici tells none of what a proxy has handed on.
    const { status, statusText = "", headers } = response;
    const encoding = headers.get("content-encoding");
    let body: CarrierBody = new FetchedBody(exchange, response, runtime);
    // A part of an encoded body is no encoded body.
    const isEncoded = encoding !== null && status !== 206 &&
      runtime.isDecoded?.(encoding, request) === false;
    if (isEncoded && runtime.decode) body = await runtime.decode(body, encoding, exchange);
    // Nothing was followed then, and Deno takes 4 µs to tell the URL.
    const here = !FOLLOWS && !custom;
    const url = here ? request.url : response.url || request.url;
    exchange.respond(
      { status, statusText, url, redirected: !here && response.redirected, headers },
      body,
      encoding,
    );
  } catch (error) {
    exchange.refuse(error);
  }
}

function callFetch(exchange: Exchange, runtime: Runtime): Promise<Response> {
  const { request, attachments } = exchange;
  const { method, url, headers, redirect, network, fetchOptions } = request;
  // One of its own, because fetch leaves listeners on what it is given.
  const controller = exchange.carrier = new AbortController();
  // Without a prototype: fetch takes also what somebody has put into `Object.prototype`.
  let init = {
    __proto__: null,
    headers: headers as [string, string][],
    redirect: FOLLOWS ? redirect : "manual",
    signal: controller.signal,
  } as FetchInit;
  // Each member costs microseconds in fetch, so none is there for nothing.
  if (method !== "GET") {
    init.method = method;
    if (mayHaveBody(method)) addBody(init, exchange);
  }
  // The user's own never win over the request.
  if (fetchOptions) {
    init = { __proto__: null, ...fetchOptions, method, body: null, ...init } as FetchInit;
  }
  if (attachments.fetch) return attachments.fetch(url, init);
  const route = network && runtime.route?.(request);
  if (route) return (route.fetch ?? fetch)(url, { ...init, ...route.init });
  if (method !== "GET") runtime.guard?.(init, exchange);
  return fetch(url, init);
}

/** What a body is read by. */
type Reader = Pick<ReadableStreamDefaultReader<Uint8Array>, "read" | "cancel">;

/** The body of a `Response`, as an exchange reads it. */
export class FetchedBody implements CarrierBody {
  /** Only where the runtime itself sees to the declared length. */
  readonly whole: CarrierBody["whole"];
  readonly #exchange: Exchange;
  readonly #response: Response;
  readonly #runtime: Runtime;
  #reader: Reader | undefined;
  #cancelled = false;
  #reused = false;

  constructor(exchange: Exchange, response: Response, runtime: Runtime) {
    this.#exchange = exchange;
    this.#response = response;
    this.#runtime = runtime;
    const trusted = !exchange.attachments.fetch &&
      response.headers.get("transfer-encoding") === null;
    this.whole = trusted ? this.readWhole : undefined;
  }

  /** All of it, counted by nobody but the runtime. */
  async readWhole(settle: Settle<Uint8Array>): Promise<void> {
    let value: Uint8Array;
    try {
      value = new Uint8Array(await this.#response.arrayBuffer());
    } catch (error) {
      return settle({ ok: false, error });
    }
    settle({ ok: true, value });
  }

  reuse(): boolean {
    const fills = !this.#exchange.attachments.fetch && this.#runtime.fillsBuffers?.();
    return this.#reused = fills === true;
  }

  async next(settle: Settle<Uint8Array | undefined>): Promise<void> {
    const { body, headers } = this.#response;
    if (!body) return settle({ ok: true, value: undefined });
    const isFirst = !this.#reader;
    let outcome: Outcome<Uint8Array | undefined>;
    try {
      const { done, value } = await (this.#reader ??= this.#open(body)).read();
      // A stream of a fetch of the user's may give anything.
      const isChunk = done || ArrayBuffer.isView(value);
      if (!isChunk) this.#exchange.bodyFailure ??= { why: "chunk" };
      outcome = isChunk ? { ok: true, value } : { ok: false, error: undefined };
    } catch (error) {
      outcome = isFirst && isEmptyBody(headers, error)
        ? { ok: true, value: undefined }
        : { ok: false, error };
    }
    settle(outcome);
  }

  cancel(reason?: unknown): void {
    if (this.#cancelled) return;
    this.#cancelled = true;
    try {
      const done = this.#reader ? this.#reader.cancel(reason) : this.#response.body?.cancel(reason);
      done?.catch(() => {});
    } catch {
      // A body that somebody else reads is locked.
    }
    // Where nothing of it is under way, a signal frees what a cancelled stream would not.
    if (!this.#reader) this.#exchange.carrier?.abort(reason);
  }

  #open(body: ReadableStream<Uint8Array>): Reader {
    if (!this.#reused) return body.getReader();
    try {
      return new BufferReader(body.getReader({ mode: "byob" }));
    } catch {
      // A stream that fills no buffers, such as that of a test double.
      return body.getReader();
    }
  }
}

/**
 * Deno takes a gzip body without a byte for one that was cut. Only chunks tell that it was not: a
 * connection that is lost is another error there. Of br the same error may be a whole body that was
 * lost, so it stays one.
 */
function isEmptyBody(headers: Headers, error: unknown): boolean {
  return headers.has("transfer-encoding") && headers.get("content-encoding") === "gzip" &&
    messageOf(error) === "unexpected end of file";
}

const BUFFER_BYTES = 128 * 1024;

/** Reads every chunk into the same buffer. */
class BufferReader implements Reader {
  readonly #reader: ReadableStreamBYOBReader;
  #buffer = new ArrayBuffer(BUFFER_BYTES);

  constructor(reader: ReadableStreamBYOBReader) {
    this.#reader = reader;
  }

  async read(): Promise<ReadableStreamReadResult<Uint8Array<ArrayBuffer>>> {
    // Whoever took the last chunk may have handed its memory on.
    if (this.#buffer.byteLength === 0) this.#buffer = new ArrayBuffer(BUFFER_BYTES);
    const { done, value } = await this.#reader.read(new Uint8Array(this.#buffer));
    if (value) this.#buffer = value.buffer;
    return done ? { done, value: undefined } : { done, value };
  }

  cancel(reason?: unknown): Promise<void> {
    return this.#reader.cancel(reason);
  }
}
