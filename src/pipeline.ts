import { adoptConfig, copyConfig, ownHeaders, sizeLimit } from "./config.ts";
import { type Flow, LazyFlow, now, type Operation, sleep, within } from "./flow/flow.ts";
import type { FlowStream } from "./flow/flow_stream.ts";
import { type Link, runChain } from "./flow/middleware.ts";
import type { CancelSource } from "./flow/scope.ts";
import type { NormalizedRequest } from "./http/request.ts";
import { type AxResponse, isResponse, statusError, toResponse } from "./http/response.ts";
import { type Handlers, interceptRequest, interceptResponse } from "./interceptors.ts";
import type { ConfigChange, ResolvedConfig } from "./options.ts";
import { CallLimits } from "./stages/deadline.ts";
import { encodeRequest } from "./stages/encode.ts";
import { followRedirects } from "./stages/redirect.ts";
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
interface Call extends CallSetup {
  /** As it was last handed to `next`: what the outer stages go by. */
  config: ResolvedConfig;
  readonly limits: CallLimits;
  /** The last request that was sent. */
  sent: NormalizedRequest | undefined;
  /** Where the body is streamed. */
  readonly streams: OpenStreams | undefined;
}

/** A whole call as a flow: THE order of stages, from outside in. */
export function pipeline(
  given: ResolvedConfig,
  setup: CallSetup,
): Flow<AxResponse | FlowStream> {
  const config = isSeen(given, setup) ? copyConfig(given) : given;
  const limits = new CallLimits(config, setup.closing);
  const streams = config.stream ? new OpenStreams() : undefined;
  const call: Call = { ...setup, config, limits, sent: undefined, streams };
  const whole = new LazyFlow(() => interceptResponses(call));
  if (!streams) return within(limits, whole);
  const unchanged = copyConfig(config);
  const reopen = reopenWith((lastEventId) => {
    if (call.sent?.body?.kind === "stream") {
      throw new TypeError("Cannot reconnect: the body of the request is a stream, it is sent once");
    }
    const again = copyConfig(unchanged);
    if (lastEventId) again.headers.set("last-event-id", lastEventIdHeader(lastEventId));
    return pipeline(again, setup);
  });
  return within(limits, new LazyFlow(() => streams.deliver(whole, limits, config, reopen)));
}

/** Whether a user function may see a config that still shares the headers of its client. */
function isSeen(config: ResolvedConfig, setup: CallSetup): boolean {
  if (config.headers !== setup.clientHeaders) return false;
  const { onRequest, onResponse, middleware } = setup;
  return onRequest.length + onResponse.length + middleware.length > 0 || config.stream ||
    config.maxRetries > 0;
}

function* interceptResponses(call: Call): Generator<Operation, AxResponse, unknown> {
  const start = call.limits.start = yield* now();
  call.limits.update(call.config);
  const inner = new LazyFlow(() => accept(call));
  const response = call.onResponse.length === 0
    ? yield* inner
    : yield* interceptResponse(call.onResponse, inner, {
      config: () => call.config,
      adopt: (answer) => adoptResponse(call, answer),
    });
  const end = yield* now();
  response.timings = { start, end, duration: end - start };
  return response;
}

function* accept(call: Call): Generator<Operation, AxResponse, unknown> {
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

function* middleware(call: Call): Generator<Operation, AxResponse, unknown> {
  const attempts = (config: ResolvedConfig) => retries(call, config);
  if (call.middleware.length === 0) return yield* attempts(call.config);
  return yield* runChain(call.middleware, copyConfig(call.config), attempts, {
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

function* retries(call: Call, config: ResolvedConfig): Generator<Operation, AxResponse, unknown> {
  call.config = config;
  call.limits.update(config);
  const run = (count: number) => attempt(call, config, count);
  const sent = () => ({
    method: config.method,
    oneShot: call.sent?.body?.kind === "stream",
    request: call.config,
  });
  return yield* retry(config, call.limits, { run, sent });
}

function* attempt(
  call: Call,
  config: ResolvedConfig,
  count: number,
): Generator<Operation, AxResponse, unknown> {
  let ready = { ...config, attempt: count };
  if (call.onRequest.length > 0) {
    ready = yield* interceptRequest(call.onRequest, copyConfig(ready));
  }
  call.config = ready;
  const { clientHeaders, streams } = call;
  if (ready.stream !== (streams !== undefined)) {
    throw new TypeError('Cannot change "stream" on the way: the caller gets what it asked for');
  }
  const encoded = yield* encodeRequest({ ...ready, maxResponseSize: sizeLimit(ready) }, {
    clientHeaders,
    ownHeaders: ownHeaders(ready),
  });
  call.limits.target = call.sent = encoded;
  // An interceptor that has swallowed the end of its call sends nothing more.
  if (call.limits.ended) throw call.limits.ended.error;
  const { received, request } = yield* followRedirects(encoded, ready);
  const accepted = acceptsStatus(received.status, ready);
  if (accepted && streams) return streams.open(received, request, ready);
  const whole = yield* readRefused(received, request);
  const { responseType, redact } = ready;
  const response = toResponse(whole, request, { responseType, lenient: !accepted, redact });
  if (!accepted) throw statusError(response, yield* now(), redact);
  return response;
}
