import { adoptConfig, type CallConfig, type ConfigChange, copyConfig } from "../config/merge.ts";
import type { ResolvedConfig } from "../config/options.ts";
import { isAxError } from "../ax_error.ts";
import { keepRedact } from "../mask.ts";
import { checkpoint, type Flow, LimitedFlow, type Operation, send } from "../flow/flow.ts";
import { mergeHeaders } from "../http/headers.ts";
import {
  acceptsStatus,
  type Attachments,
  type HeaderPairs,
  type HttpRequest,
  type HttpResponse,
  isOneShot,
  isRedirect,
  isSource,
  pairsOf,
} from "../http/message.ts";
import { RESPONSE_ERRORS, statusError } from "../http/answer.ts";
import { type AxResponse, isResponse, toResponse } from "../http/response.ts";
import type { FlowStream } from "../stream/members.ts";
import type { StreamPart } from "../stream/later.ts";
import type { OpenStreams } from "../stream/open_streams.ts";
import { transformResponse, validateSchema } from "./accept.ts";
import { encodeRequest, plainRequest } from "./encode.ts";
import { ended, sendHop, type WireTime } from "./hop.ts";
import { type Handlers, interceptRequest, interceptResponse } from "./interceptors.ts";
import { CallLimit, type Closing } from "../flow/limit.ts";
import { type ChainRules, type Registered, runChain } from "./middleware.ts";
import { type Arrived, followRedirects } from "./redirect.ts";
import { retry } from "./retry.ts";

/** What a call takes from its client when it begins; later changes there do not reach it. */
export interface CallSetup {
  readonly onRequest: readonly Handlers[];
  readonly onResponse: readonly Handlers[];
  /** Middleware per level, outermost first. */
  readonly perCall: readonly Registered[];
  readonly perAttempt: readonly Registered[];
  readonly perHop: readonly Registered[];
  /** Whether any of these is there, so that a user function sees the config. */
  readonly plain: boolean;
  /** The headers of the client's own config. */
  readonly clientHeaders: HeaderPairs | Headers;
  /** What every call attaches: how the thread's worker is kept until the client is closed. */
  readonly attachments: Attachments;
  /** Fires when the client is closed. */
  readonly closing: Closing;
  /** What relative URLs are resolved against, in a page. */
  readonly page: string | undefined;
}

/** What the calls of a client attach, which attach nothing of their own. */
export function attachmentsOf(hold: () => void): Attachments {
  // Named, so that what somebody has put into `Object.prototype` is none.
  const none = { fetch: undefined, transport: undefined };
  return { ...none, onUploadProgress: undefined, onDownloadProgress: undefined, hold };
}

/** One call under way. */
interface Call {
  readonly setup: CallSetup;
  /** As it was last handed to `next`: what the outer stages go by. */
  config: CallConfig;
  readonly limit: CallLimit;
  /** The last request that was encoded. */
  sent: HttpRequest | undefined;
  /** Where the body is streamed. */
  readonly streams: OpenStreams | undefined;
}

type ResponseFlow = Generator<Operation, AxResponse, unknown>;

/**
 * A whole call as a flow: THE order of stages, from outside in.
 *
 * @param part Given for a call that ends with the headers: its body is read as it comes.
 */
export function pipeline(
  given: CallConfig,
  setup: CallSetup,
  part?: StreamPart,
): Flow<AxResponse | FlowStream> {
  // Whether a user function sees it.
  const seen = !setup.plain || given.maxRetries > 0;
  const config = seen ? copyConfig(given) as CallConfig : given;
  const limit = new CallLimit(config, setup.closing);
  const streams = part && new part.OpenStreams();
  const call: Call = { setup, config, limit, streams, sent: undefined };
  const stages = interceptResponses(call);
  return new LimitedFlow<AxResponse | FlowStream>(
    limit,
    streams ? deliver(call, streams, part, stages) : stages,
  );
}

function deliver(
  call: Call,
  streams: OpenStreams,
  part: StreamPart,
  stages: ResponseFlow,
): Flow<FlowStream> {
  const { config, limit, setup } = call;
  const { method, parseJSON, redact, retryMethods } = config;
  const resend = part.resendWith({
    sent: () => call.sent ?? { method, headers: pairsOf(config.headers), body: null },
    retryMethods,
    call: (headers) =>
      pipeline({ ...config, headers: mergeHeaders(config.headers, headers) }, setup, part),
  });
  const rules = {
    get maxResponseSize() {
      return call.config.maxResponseSize;
    },
    parseJSON,
    redact,
  };
  return streams.deliver(stages, limit, rules, resend);
}

/** Here and below: each generator on the way costs every operation, so there is one for what is to do. */
function interceptResponses(call: Call): ResponseFlow {
  const { config: { transformResponse: transforms, schema }, setup } = call;
  const { onResponse, perCall } = setup;
  if (onResponse.length + perCall.length + transforms.length > 0 || schema) {
    return interceptAll(onResponse, call);
  }
  return retries(call, call.config);
}

function* interceptAll(chain: readonly Handlers[], call: Call): ResponseFlow {
  return timed(
    yield* chain.length === 0 ? accept(call) : interceptResponse(chain, accept(call), {
      config: () => call.config as ResolvedConfig,
      adopt: (answer) => adoptResponse(call, answer),
    }),
    call.limit,
  );
}

/** Stamps a response; a frozen one is handed on as it is. */
function timed(response: AxResponse, { start, began, now }: CallLimit): AxResponse {
  const duration = now - began;
  if (!Object.isFrozen(response)) response.timings = { start, end: start + duration, duration };
  return response;
}

function* accept(call: Call): ResponseFlow {
  if (call.limit.endedHere()) yield* checkpoint();
  const response = yield* callMiddleware(call);
  const { config } = call;
  const { transformResponse: transforms, schema } = config;
  if (call.streams || (transforms.length === 0 && !schema)) return response;
  if (!acceptsStatus(response.status, config)) return response;
  yield* transformResponse(transforms, response);
  if (schema) yield* validateSchema(schema, response);
  return response;
}

function callMiddleware(call: Call): ResponseFlow {
  const { config, setup } = call;
  if (setup.perCall.length === 0) return retries(call, config);
  const last = (request: ResolvedConfig) => retries(call, request as CallConfig);
  return runChain(setup.perCall, copyConfig(config), last, rulesOf(call));
}

/** How middleware per call and per attempt may change request and response. */
function rulesOf(call: Call): ChainRules<ResolvedConfig, AxResponse> {
  return {
    enter(request) {
      // Before the middleware can put something else in their place.
      const { headers } = request;
      return {
        shown: request,
        adopt(given) {
          const change = given as ConfigChange | undefined;
          return copyConfig(adoptConfig(request, change, headers, "middleware") as CallConfig);
        },
      };
    },
    accept: (answer) => adoptResponse(call, answer),
  };
}

function adoptResponse({ streams, config }: Call, answer: unknown): AxResponse | undefined {
  const response = streams ? streams.adopt(answer) : isResponse(answer) ? answer : undefined;
  // One that a user function has made knows nothing of the call.
  if (response && config.redact.length > 0) {
    for (const holder of [response, response.headers]) keepRedact(holder, config.redact);
  }
  return response;
}

function retries(call: Call, config: CallConfig): ResponseFlow {
  const { limit } = call;
  if (call.config !== config) limit.update(call.config = config);
  if (config.maxRetries === 0) return attempt(call, config, 1);
  return retry(config, limit, {
    run: (count) => attempt(call, copyConfig(config) as CallConfig, count),
    sent: () => ({
      oneShot: isOneShot(call.sent?.body ?? null),
      request: call.config as ResolvedConfig,
    }),
  });
}

/** One try, through the middleware per attempt. */
function attempt(call: Call, config: CallConfig, count: number): ResponseFlow {
  const { limit, setup: { perAttempt } } = call;
  // Middleware that has caught the end of its call may not begin anew in the time for cleanup.
  if (limit.attempts > 0) limit.throwIfEnded();
  limit.attempts = config.attempt = count;
  return perAttempt.length === 0 ? exchange(call, config) : attemptWith(perAttempt, call, config);
}

function* attemptWith(
  chain: readonly Registered[],
  call: Call,
  config: CallConfig,
): ResponseFlow {
  const { limit, limit: { attempts }, streams } = call;
  const before = streams?.count ?? 0;
  const last = (request: ResolvedConfig) => exchange(call, request as CallConfig);
  try {
    if (limit.endedHere()) yield* checkpoint();
    const response = yield* runChain(chain, copyConfig(config), last, rulesOf(call));
    if (!Object.isFrozen(response)) response.attempts = attempts;
    // Also one that the middleware has made or kept, and the time that it took itself.
    return timed(response, limit);
  } catch (error) {
    // What middleware has given up frees its connection before the next attempt.
    streams?.drop(before);
    throw stamped(error, attempts);
  }
}

/** An error that says after how many attempts it came. */
function stamped(error: unknown, attempts: number): unknown {
  if (isAxError(error) && error.attempts === undefined && Object.isExtensible(error)) {
    error.attempts = attempts;
  }
  return error;
}

/** How the requests of one attempt are sent. */
interface Wire {
  readonly perHop: readonly Registered[];
  readonly attachments: Attachments;
  readonly config: CallConfig;
  readonly limit: CallLimit;
  readonly began: number;
  /** Where there is middleware per hop. */
  readonly time: WireTime | undefined;
}

/** Apart: a closure in a generator keeps what it sees as long as the call. */
function redirects(wire: Wire, first: Arrived): Flow<Arrived> {
  const { perHop, attachments, config, limit, began, time } = wire;
  const sendNext = (request: HttpRequest): Flow<HttpResponse> =>
    time ? sendHop(perHop, request, attachments, config, time) : send(request, attachments);
  const elapsedMs = (): number => time ? time.spentMs : limit.now - began;
  return followRedirects(first, config, sendNext, elapsedMs);
}

/** Request interceptors, encoding, redirects, the body, the status. */
function* exchange(call: Call, given: CallConfig): ResponseFlow {
  const { limit, streams, setup, setup: { onRequest, perHop } } = call;
  let time: WireTime | undefined;
  try {
    // Before any user function runs.
    if (limit.endedHere()) yield* ended(limit);
    const config = call.config = onRequest.length === 0
      ? given
      : yield* interceptRequest(onRequest, copyConfig(given)) as Flow<never>;
    const state = { setup, stream: streams !== undefined };
    const plain = onRequest.length === 0 ? plainRequest(config, state) : undefined;
    const request = call.sent = limit.sent = plain ?? (yield* encodeRequest(config, state));
    // A user function that has swallowed the end of its call sends nothing more.
    if (!plain) limit.throwIfEnded();
    const { fetch, transport, onUploadProgress, onDownloadProgress } = config;
    const attachments = fetch || transport || onUploadProgress || onDownloadProgress
      ? { ...setup.attachments, fetch, transport, onUploadProgress, onDownloadProgress }
      : setup.attachments;
    const began = limit.now;
    const response = yield* perHop.length === 0
      ? send(request, attachments)
      : sendHop(perHop, request, attachments, config, time = { limit, spentMs: 0 });
    let arrived: Arrived = { request, response, redirects: NONE };
    if (isRedirect(response.status)) {
      arrived = yield* redirects({ perHop, attachments, config, limit, began, time }, arrived);
    }
    const accepted = acceptsStatus(arrived.response.status, config);
    if (!accepted && streams && isSource(arrived.response.body)) {
      const read = yield* streams.refused(arrived.response, arrived.request);
      arrived = { ...arrived, response: read };
    }
    return conclude(call, config, arrived, accepted);
  } catch (error) {
    throw stamped(error, limit.attempts);
  }
}

const NONE: Arrived["redirects"] = [];

/** The response, its body decoded; or the error for its status. */
function conclude(
  { limit, streams }: Call,
  config: CallConfig,
  arrived: Arrived,
  accepted: boolean,
): AxResponse {
  const { failure } = arrived.response;
  if (accepted && failure !== undefined) throw failure;
  const response = accepted && streams
    ? streams.open(arrived, config)
    : toResponse(arrived, config, !accepted, RESPONSE_ERRORS);
  response.attempts = limit.attempts;
  if (accepted) return timed(response, limit);
  // What could not be read is no text either.
  if (failure !== undefined) response.data = undefined;
  throw statusError(response, limit.clock.now(), failure);
}
