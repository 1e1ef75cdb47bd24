import { adoptConfig, type CallConfig, copyConfig, streamLimit } from "../config/merge.ts";
import type { ResolvedConfig } from "../config/options.ts";
import type { ConfigChange } from "../config/merge.ts";
import { isAxError } from "../ax_error.ts";
import { keepRedact } from "../mask.ts";
import { checkpoint, type Flow, LimitedFlow, type Operation, send } from "../flow/flow.ts";
import { mergeHeaders } from "../http/headers.ts";
import {
  type HeaderPairs,
  type HttpRequest,
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
import { acceptsStatus, transformResponse, validateSchema } from "./accept.ts";
import { attachmentsOf, encodeRequest, needsEncoding, plainRequest } from "./encode.ts";
import { sendHop } from "./hop.ts";
import { type Handlers, interceptRequest, interceptResponse } from "./interceptors.ts";
import { CallLimit, type CancelSource } from "./limits.ts";
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
  /** Keeps the thread's worker until the client is closed. */
  readonly hold: () => void;
  /** Fires when the client is closed. */
  readonly closing: CancelSource;
  /** What relative URLs are resolved against, in a page. */
  readonly page: string | undefined;
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

/** A whole call as a flow: THE order of stages, from outside in. */
export function pipeline(config: CallConfig, setup: CallSetup): Flow<AxResponse> {
  const call = begin(config, setup, undefined);
  return new LimitedFlow(call.limit, interceptResponses(call));
}

/** The same for a call that ends with the headers; the body is read as it comes. */
export function streamPipeline(
  config: CallConfig,
  setup: CallSetup,
  part: StreamPart,
): Flow<FlowStream> {
  const streams = new part.OpenStreams();
  const call = begin(config, setup, streams);
  const { limit } = call;
  const resend = part.resendWith({
    sent: () =>
      call.sent ?? { method: config.method, headers: pairsOf(config.headers), body: null },
    retryMethods: config.retryMethods,
    call: (headers) =>
      streamPipeline({ ...config, headers: mergeHeaders(config.headers, headers) }, setup, part),
  });
  const rules = {
    get maxResponseSize() {
      return call.config.maxResponseSize;
    },
    parseJSON: config.parseJSON,
    redact: config.redact,
  };
  return new LimitedFlow(limit, streams.deliver(interceptResponses(call), limit, rules, resend));
}

function begin(given: CallConfig, setup: CallSetup, streams: OpenStreams | undefined): Call {
  const seen = !setup.plain || given.maxRetries > 0;
  const config = seen ? copyConfig(given) as CallConfig : given;
  const limit = new CallLimit(config, setup.closing);
  return { setup, config, limit, streams, sent: undefined };
}

function* interceptResponses(call: Call): ResponseFlow {
  const { setup: { onResponse }, limit } = call;
  const response = onResponse.length === 0
    ? yield* accept(call)
    : yield* interceptResponse(onResponse, accept(call), {
      config: () => call.config as ResolvedConfig,
      adopt: (answer) => adoptResponse(call, answer),
    });
  const { start, began } = limit;
  const duration = limit.now - began;
  // A frozen one is handed on as it is.
  if (!Object.isFrozen(response)) response.timings = { start, end: start + duration, duration };
  return response;
}

/** Only where there is something to do: each generator on the way costs every operation below. */
function accept(call: Call): ResponseFlow {
  const { config: { transformResponse: transforms, schema }, setup } = call;
  const plain = setup.perCall.length === 0 && transforms.length === 0 && !schema;
  return plain ? retries(call, call.config) : acceptWith(call);
}

function* acceptWith(call: Call): ResponseFlow {
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
function* attempt(call: Call, config: CallConfig, count: number): ResponseFlow {
  const { limit, streams, setup: { perAttempt } } = call;
  const before = streams?.count ?? 0;
  // Middleware that has caught the end of its call may not begin anew in the time for cleanup.
  if (limit.attempts > 0) limit.throwIfEnded();
  limit.attempts = config.attempt = count;
  try {
    // Before any user function runs.
    if (limit.endedHere()) yield* checkpoint();
    const response = perAttempt.length === 0 ? yield* exchange(call, config) : yield* runChain(
      perAttempt,
      copyConfig(config),
      (request) => exchange(call, request as CallConfig),
      rulesOf(call),
    );
    if (!Object.isFrozen(response)) response.attempts = count;
    return response;
  } catch (error) {
    // What middleware has given up frees its connection before the next attempt.
    streams?.drop(before);
    const stamped = isAxError(error) && error.attempts === undefined && Object.isExtensible(error);
    if (stamped) error.attempts = count;
    throw error;
  }
}

/** Request interceptors, encoding, redirects, the body, the status. */
function* exchange(call: Call, given: CallConfig): ResponseFlow {
  const { limit, streams, setup } = call;
  const { onRequest, perHop } = setup;
  const config = call.config = onRequest.length === 0
    ? given
    : yield* interceptRequest(onRequest, copyConfig(given)) as Flow<never>;
  const state = {
    clientHeaders: setup.clientHeaders,
    maxResponseBytes: streams ? streamLimit(config) : config.maxResponseSize,
    stream: streams !== undefined,
    page: setup.page,
  };
  const request = needsEncoding(config)
    ? yield* encodeRequest(config, state)
    : plainRequest(config, state);
  call.sent = limit.sent = request;
  // An interceptor that has swallowed the end of its call sends nothing more.
  limit.throwIfEnded();
  const attachments = attachmentsOf(config, setup.hold);
  const began = limit.now;
  const time = { spentMs: 0 };
  const sendOne = (request: HttpRequest) =>
    perHop.length === 0
      ? send(request, attachments)
      : sendHop(perHop, request, attachments, config, time);
  const response = yield* sendOne(request);
  let arrived: Arrived = { request, response, redirects: NONE };
  if (isRedirect(response.status)) {
    const elapsedMs = () => perHop.length === 0 ? limit.now - began : time.spentMs;
    arrived = yield* followRedirects(arrived, config, sendOne, elapsedMs);
  }
  const accepted = acceptsStatus(arrived.response.status, config);
  if (!accepted && streams && isSource(arrived.response.body)) {
    const read = yield* streams.refused(arrived.response, arrived.request);
    arrived = { ...arrived, response: read };
  }
  return conclude(call, config, arrived, accepted);
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
  if (accepted && streams) return streams.open(arrived, config);
  const response = toResponse(arrived, config, !accepted, RESPONSE_ERRORS);
  if (accepted) return response;
  // What could not be read is no text either.
  if (failure !== undefined) response.data = undefined;
  throw statusError(response, limit.clock.now(), failure);
}
