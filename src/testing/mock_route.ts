import type { HeadersInput } from "../public.ts";
import {
  type Answer,
  errorAnswer,
  fixedAnswer,
  functionAnswer,
  type MockChunks,
  type ReplyFunction,
} from "./mock_reply.ts";
import type { UrlMatch } from "./url_match.ts";

/**
 * What a {@linkcode MockTransport} answers to one method and URL. Those that end in `Once` queue up
 * and are used one by one, in order; after them comes the one that persists. Each method returns
 * the route, so that a sequence is a chain. A persisting one replaces the one before.
 */
export interface MockRoute {
  /**
   * Answers with a response, again and again.
   *
   * @param status The HTTP status, 200 to 599.
   * @param body Text is sent as `text/plain`, bytes as they are, other values as JSON; `null` or
   * nothing is no body. A `content-type` in `headers` wins.
   * @param headers The response headers.
   * @returns This route.
   */
  reply(status: number, body?: unknown, headers?: HeadersInput): this;
  /**
   * Answers with what a function returns, again and again.
   *
   * @param reply Makes the reply from the request; `async` ones work in async calls only.
   * @returns This route.
   */
  reply(reply: ReplyFunction): this;
  /**
   * Answers one request with a response.
   *
   * @param status The HTTP status, 200 to 599.
   * @param body As in `reply`.
   * @param headers The response headers.
   * @returns This route.
   */
  replyOnce(status: number, body?: unknown, headers?: HeadersInput): this;
  /**
   * Answers one request with what a function returns.
   *
   * @param reply Makes the reply from the request; `async` ones work in async calls only.
   * @returns This route.
   */
  replyOnce(reply: ReplyFunction): this;
  /**
   * Answers with a body in chunks, again and again.
   *
   * @param status The HTTP status, 200 to 599.
   * @param chunks An `Iterable`, or for async calls also an `AsyncIterable`; a function that returns
   * one makes it anew for each reply, as a generator can be read once only. Where it throws, the
   * connection breaks.
   * @param headers The response headers.
   * @returns This route.
   */
  replyStream(
    status: number,
    chunks: MockChunks | (() => MockChunks),
    headers?: HeadersInput,
  ): this;
  /**
   * Answers one request with a body in chunks.
   *
   * @param status The HTTP status, 200 to 599.
   * @param chunks As in `replyStream`.
   * @param headers The response headers.
   * @returns This route.
   */
  replyStreamOnce(
    status: number,
    chunks: MockChunks | (() => MockChunks),
    headers?: HeadersInput,
  ): this;
  /**
   * Fails, again and again.
   *
   * @param error What the transport throws; what is no `AxError` becomes the `cause` of a
   * `NetworkError`.
   * @returns This route.
   */
  fail(error?: unknown): this;
  /**
   * Fails one request.
   *
   * @param error As in `fail`.
   * @returns This route.
   */
  failOnce(error?: unknown): this;
  /**
   * Never answers, again and again: a `TimeoutError` of phase `attempt`, without waiting.
   *
   * @returns This route.
   */
  timeout(): this;
  /**
   * Does not answer one request: a `TimeoutError` of phase `attempt`, without waiting.
   *
   * @returns This route.
   */
  timeoutOnce(): this;
}

type ReplyArguments = [reply: ReplyFunction] | [
  status: number,
  body?: unknown,
  headers?: HeadersInput | undefined,
];
type StreamArguments = [number, MockChunks | (() => MockChunks), (HeadersInput | undefined)?];

/** The answers to one method and URL. */
export class Route implements MockRoute {
  readonly method: string;
  readonly match: UrlMatch;
  readonly name: string;
  readonly #queue: Answer[] = [];
  #persisting: Answer | undefined;

  constructor(method: string, match: UrlMatch, name: string) {
    this.method = method;
    this.match = match;
    this.name = name;
  }

  /** How many answers of the queue are left. */
  get pending(): number {
    return this.#queue.length;
  }

  get hasAnswer(): boolean {
    return this.#queue.length > 0 || this.#persisting !== undefined;
  }

  matches(request: { readonly method: string; readonly url: string }): boolean {
    const { method } = this;
    return (method === "*" || method === request.method) && this.match.matches(request.url);
  }

  take(): Answer | undefined {
    return this.#queue.shift() ?? this.#persisting;
  }

  reply(...reply: ReplyArguments): this {
    return this.persist(replyAnswer(reply));
  }

  replyOnce(...reply: ReplyArguments): this {
    return this.once(replyAnswer(reply));
  }

  replyStream(...stream: StreamArguments): this {
    return this.persist(streamAnswer(stream));
  }

  replyStreamOnce(...stream: StreamArguments): this {
    return this.once(streamAnswer(stream));
  }

  fail(error?: unknown): this {
    return this.persist(failure(error));
  }

  failOnce(error?: unknown): this {
    return this.once(failure(error));
  }

  timeout(): this {
    return this.persist(noAnswer);
  }

  timeoutOnce(): this {
    return this.once(noAnswer);
  }

  persist(answer: Answer): this {
    this.#persisting = answer;
    return this;
  }

  once(answer: Answer): this {
    this.#queue.push(answer);
    return this;
  }
}

function replyAnswer(reply: ReplyArguments): Answer {
  const [first, body, headers] = reply;
  if (typeof first === "function") return functionAnswer(first);
  checkStatus(first, "reply(200, body, headers)");
  return fixedAnswer({ status: first, body, headers });
}

/** Refuses a body where a status is expected. */
function checkStatus(status: unknown, usage: string): void {
  if (typeof status === "number") return;
  const got = status === null ? "null" : typeof status;
  throw new TypeError(`Cannot reply: the status comes first, got ${got}; write "${usage}"`);
}

function streamAnswer([status, chunks, headers]: StreamArguments): Answer {
  checkStatus(status, "replyStream(200, chunks, headers)");
  const make = typeof chunks === "function" ? chunks : () => chunks;
  return fixedAnswer({ status, headers }, make);
}

/*
 * Plain errors: the client makes a `NetworkError` or a `TimeoutError` of them, with the message and
 * the masking that it uses for every transport.
 */
function failure(error: unknown): Answer {
  return errorAnswer(() => error ?? new Error("the connection failed"));
}

const noAnswer: Answer = errorAnswer(() => new DOMException("No answer in time", "TimeoutError"));
