import { adoptConfig, copyConfig, ownHeaders, sizeLimit } from "./config.ts";
import { type Flow, type Operation, send, sleep, within } from "./flow/flow.ts";
import type { FlowStream } from "./flow/flow_stream.ts";
import { type Link, runChain } from "./flow/middleware.ts";
import type { CancelSource } from "./flow/scope.ts";
import { isAxError } from "./errors.ts";
import { type Answered, isChunkSource } from "./http/received.ts";
import { type AxResponse, isResponse, statusError, toResponse } from "./http/response.ts";
import { resolveUrl } from "./http/url.ts";
import { type Handlers, interceptRequest, interceptResponse } from "./interceptors.ts";
import type { ConfigChange, ResolvedConfig } from "./options.ts";
import { CallLimits } from "./stages/deadline.ts";
import { encodeParts, type EncodeState, hasParts, makeRequest } from "./stages/encode.ts";
import { followRedirects, locationOf } from "./stages/redirect.ts";
import { retry } from "./stages/retry.ts";
import { validateSchema } from "./stages/schema.ts";
import { acceptsStatus } from "./stages/status.ts";
import { lastEventIdHeader, OpenStreams, readRefused, reopenWith } from "./stages/stream.ts";
import { transformResponse } from "./stages/transform.ts";

/** What a call takes from its client when it begins; later changes there do not reach it. */
export interface CallSetup {
  readonly onRequest: readonly Handlers[];
  readonly onResponse: readonly Handlers[];
  readonly middleware: readonly Link[];
  /** The headers of the client's own config. */
  readonly clientHeaders: Headers;
  /** Fires when the client is closed. */
  readonly closing: CancelSource;
}

/** One call under way. */
interface Call {
  readonly setup: CallSetup;
  /** As it was last handed to `next`: what the outer stages go by. */
  config: ResolvedConfig;
  readonly limits: CallLimits;
  /** Where the body is streamed. */
  readonly streams: OpenStreams | undefined;
}

type ResponseFlow = Generator<Operation, AxResponse, unknown>;

/** A whole call as a flow: THE order of stages, from outside in. */
export function pipeline(
  given: ResolvedConfig,
  setup: CallSetup,
): Flow<AxResponse | FlowStream> {
  const config = isSeen(given, setup) ? copyConfig(given) : given;
  const limits = new CallLimits(config, setup.closing);
  const streams = config.stream ? new OpenStreams() : undefined;
  const call: Call = { setup, config, limits, streams };
  if (!streams) return within(limits, interceptResponses(call));
  const unchanged = copyConfig(config);
  const reopen = reopenWith((lastEventId) => {
    if (limits.sent?.body?.kind === "stream") {
      throw new TypeError("Cannot reconnect: the body of the request is a stream, it is sent once");
    }
    const again = copyConfig(unchanged);
    if (lastEventId) again.headers.set("last-event-id", lastEventIdHeader(lastEventId));
    return pipeline(again, setup);
  });
  return within(limits, streams.deliver(interceptResponses(call), limits, config, reopen));
}

/** Whether a user function may see a config that still shares the headers of its client. */
function isSeen(config: ResolvedConfig, setup: CallSetup): boolean {
  if (config.headers !== setup.clientHeaders) return false;
  const { onRequest, onResponse, middleware } = setup;
  return onRequest.length + onResponse.length + middleware.length > 0 || config.stream ||
    config.maxRetries > 0;
}

function* interceptResponses(call: Call): ResponseFlow {
  const { setup: { onResponse }, limits } = call;
  const response = onResponse.length === 0
    ? yield* accept(call)
    : yield* interceptResponse(onResponse, accept(call), {
      config: () => call.config,
      adopt: (answer) => adoptResponse(call, answer),
    });
  const { start } = limits;
  const end = limits.now();
  response.timings = { start, end, duration: end - start };
  return response;
}

/** Only where there is something to do: each generator on the way costs every operation below. */
function accept(call: Call): ResponseFlow {
  const { config: { transformResponse: transforms, schema }, setup } = call;
  const plain = setup.middleware.length === 0 && transforms.length === 0 && !schema;
  return plain ? retries(call, call.config) : acceptWith(call);
}

function* acceptWith(call: Call): ResponseFlow {
  // Waiting is where the driver throws the end into a flow: here before any user function runs.
  if (call.limits.cancelled) yield* sleep(0);
  const response = yield* middleware(call);
  const { config } = call;
  const { transformResponse: transforms, schema } = config;
  if (config.stream || (transforms.length === 0 && !schema)) return response;
  if (!acceptsStatus(response.status, config)) return response;
  yield* transformResponse(transforms, response);
  if (schema) yield* validateSchema(schema, response, config.redact);
  return response;
}

function middleware(call: Call): ResponseFlow {
  const { config, setup } = call;
  if (setup.middleware.length === 0) return retries(call, config);
  const attempts = (request: ResolvedConfig) => retries(call, request);
  return runChain(setup.middleware, copyConfig(config), attempts, {
    enter(request) {
      // Before the middleware can put something else in their place.
      const { headers } = request;
      return (given) =>
        copyConfig(adoptConfig(request, given as ConfigChange | undefined, headers, "middleware"));
    },
    accept: (answer) => adoptResponse(call, answer),
  });
}

function adoptResponse({ streams }: Call, answer: unknown): AxResponse | undefined {
  if (streams) return streams.adopt(answer);
  return isResponse(answer) ? answer : undefined;
}

function retries(call: Call, config: ResolvedConfig): ResponseFlow {
  const { limits } = call;
  call.config = config;
  limits.update(config);
  if (config.maxRetries === 0) return attempt(call, config, 1);
  return retry(config, limits, {
    run: (count) => attempt(call, { ...config }, count),
    sent: () => ({ oneShot: limits.sent?.body?.kind === "stream", request: call.config }),
  });
}

/** Request interceptors, encoding, redirects, the body, the status. */
function* attempt(call: Call, config: ResolvedConfig, count: number): ResponseFlow {
  const { limits, streams, setup: { onRequest } } = call;
  // Middleware that has caught the end of its call may not begin anew in the time for cleanup.
  limits.throwIfEnded();
  limits.attempts = config.attempt = count;
  try {
    // Before any user function runs, as above.
    if (limits.cancelled) yield* sleep(0);
    const ready = call.config = onRequest.length === 0
      ? config
      : yield* interceptRequest(onRequest, copyConfig(config));
    const target = resolveUrl(ready.url, ready);
    const parts = hasParts(ready) ? yield* encodeParts(target.url, ready) : undefined;
    const request = limits.sent = makeRequest(target, parts, ready, encodeState(call, ready));
    // An interceptor that has swallowed the end of its call sends nothing more.
    limits.throwIfEnded();
    const began = limits.now();
    const received = yield* send(request);
    let answered: Answered = { request, received, redirected: received.redirected };
    if (locationOf(received, ready) !== null) {
      answered = yield* followRedirects(answered, ready, began);
    }
    const accepted = acceptsStatus(answered.received.status, ready);
    const stream = accepted ? streams : undefined;
    if (!stream && isChunkSource(answered.received.body)) answered = yield* readRefused(answered);
    const response = stream?.open(answered, ready) ?? toResponse(answered, ready, !accepted);
    response.attempts = count;
    if (!accepted) throw statusError(response, limits.now(), ready.redact);
    return response;
  } catch (error) {
    if (isAxError(error)) error.attempts = count;
    throw error;
  }
}

function encodeState({ setup, streams }: Call, config: ResolvedConfig): EncodeState {
  if (config.stream !== (streams !== undefined)) {
    throw new TypeError('Cannot change "stream" on the way: the caller gets what it asked for');
  }
  return {
    clientHeaders: setup.clientHeaders,
    ownHeaders: ownHeaders(config),
    maxResponseSize: sizeLimit(config),
  };
}
