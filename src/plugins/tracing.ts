/**
 * Traces and metrics by OpenTelemetry.
 *
 * @module
 */
import {
  type Attributes,
  type Context,
  context,
  type Exception,
  type Histogram,
  type Meter,
  metrics,
  propagation,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
  type Tracer,
} from "npm:@opentelemetry/api@^1.9";
import {
  AxError,
  type AxResponse,
  type Client,
  type Flow,
  isAxError,
  mask,
  type Middleware,
  now,
  type Operation,
  type Plugin,
  type ResolvedConfig,
} from "../public.ts";
import {
  errorType,
  methodAttributes,
  serverAttributes,
  spanName,
  statusAttributes,
  templateOf,
} from "./tracing_attributes.ts";
import { checkNames } from "./option_names.ts";

/** A `TracerProvider` of `@opentelemetry/api`. */
export interface SpanDestination {
  /**
   * The tracer of a library.
   *
   * @param name The library.
   */
  getTracer(name: string): object;
}

/** A `MeterProvider` of `@opentelemetry/api`. */
export interface DurationDestination {
  /**
   * The meter of a library.
   *
   * @param name The library.
   */
  getMeter(name: string): object;
}

/** Options of {@linkcode tracing}. */
export interface TracingOptions {
  /**
   * Where spans go.
   *
   * @default the global one of `@opentelemetry/api`
   */
  readonly tracerProvider?: SpanDestination | undefined;
  /**
   * Where durations go.
   *
   * @default the global one of `@opentelemetry/api`
   */
  readonly meterProvider?: DurationDestination | undefined;
}

/** Options of one call, in `context.tracing`: `false` for no spans, or what the call's span gets. */
export type TracingCallOptions = false | {
  /**
   * The name of its span.
   *
   * @default the method, and the template of the URL where `path` fills one
   */
  readonly name?: string | undefined;
  /** More attributes of its span. */
  readonly attributes?: Readonly<Record<string, string | number | boolean>> | undefined;
};

/** A call under way. */
interface Traced {
  readonly span: Span;
  readonly context: Context;
  readonly template: string | undefined;
  /** How many requests it has sent so far. */
  hops: number;
}

/** Where a call keeps which number it has. */
const CALL = "tracing.call";
const NAME = "@ax/client";

/** Seconds, as the semantic conventions advise. */
const BOUNDARIES = [
  ...[0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75],
  ...[1, 2.5, 5, 7.5, 10],
];

/**
 * Makes a client span for each call and below it one for each request on the wire (attempts and
 * redirects), by the semantic conventions for HTTP; sends the trace along (`traceparent`, or what
 * the global propagator writes); and measures `http.client.request.duration`.
 *
 * The span of a call is active while its plain functions and generators run (middleware added after
 * this plugin, interceptors, transforms), also after they have waited; in `async` ones the span of
 * the caller is. It costs next to nothing as long as no SDK of OpenTelemetry is registered.
 *
 * @param options Where spans and durations go.
 * @returns A plugin.
 *
 * @example Usage
 * ```ts
 * import { create } from "jsr:@ax/client";
 * import { tracing } from "jsr:@ax/client/plugins/tracing";
 * import { MockTransport } from "jsr:@ax/client/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const transport = new MockTransport();
 * transport.on("GET", "/users/1").reply(200, { name: "Ada" });
 * const api = create({ baseURL: "https://api.example.com", transport }).plugin(tracing());
 *
 * const options = { path: { id: 1 } };
 * assertEquals((await api.get("/users/{id}", options)).status, 200);
 * assertEquals(api.getSync("/users/{id}", options).status, 200);
 * ```
 */
export function tracing(options: TracingOptions = {}): Plugin {
  checkNames(options, OPTIONS, '"tracing"');
  const { tracerProvider = trace, meterProvider = metrics } = options;
  const tracer = (): Tracer => tracerProvider.getTracer(NAME) as Tracer;
  const calls = new Map<number, Traced>();
  let count = 0;
  let histogram: Histogram | undefined;
  const durations = (): Histogram =>
    histogram ??= (meterProvider.getMeter(NAME) as Meter).createHistogram(
      "http.client.request.duration",
      {
        description: "Duration of HTTP client requests.",
        unit: "s",
        advice: { explicitBucketBoundaries: BOUNDARIES },
      },
    );

  const perCall: Middleware = function* tracing(request, next) {
    const own = request.context["tracing"] as TracingCallOptions | undefined;
    if (own === false) return yield* next(request);
    const { method, url, path } = request;
    const template = templateOf(url, path !== undefined);
    const parent = context.active();
    const span = tracer().startSpan(own?.name ?? spanName(method, template), {
      kind: SpanKind.CLIENT,
      attributes: {
        ...methodAttributes(method),
        ...template !== undefined && { "url.template": template },
        ...own?.attributes,
      },
    }, parent);
    const traced: Traced = { span, context: trace.setSpan(parent, span), template, hops: 0 };
    const id = request.context[CALL] = ++count;
    calls.set(id, traced);
    try {
      const response = yield* inContext(traced.context, next(request));
      span.setAttributes(statusAttributes(response.status));
      return response;
    } catch (error) {
      fail(span, error, request);
      throw error;
    } finally {
      calls.delete(id);
      span.end();
    }
  };

  const perHop: Middleware = function* tracing(request, next) {
    const traced = calls.get(request.context[CALL] as number);
    if (!traced) return yield* next(request);
    const { method, headers, redact } = request;
    const url = String(request.url);
    const server = serverAttributes(url);
    const resent = traced.hops++;
    const attributes: Attributes = {
      ...methodAttributes(method),
      ...server,
      "url.full": mask(url, redact),
      ...traced.template !== undefined && { "url.template": traced.template },
      ...resent > 0 && { "http.request.resend_count": resent },
    };
    if (resent === 0) traced.span.setAttributes({ ...server, "url.full": attributes["url.full"] });
    const kind = SpanKind.CLIENT;
    const name = spanName(method, traced.template);
    const span = tracer().startSpan(name, { kind, attributes }, traced.context);
    const active = trace.setSpan(traced.context, span);
    propagation.inject(active, headers, { set: (carrier, key, value) => carrier.set(key, value) });
    const start = yield* now();
    let end: Attributes = { "error.type": "AX_CANCEL" };
    try {
      const response = yield* inContext(active, next(request));
      end = statusAttributes(response.status);
      span.setAttributes(end);
      if (response.status >= 400) span.setStatus({ code: SpanStatusCode.ERROR });
      return response;
    } catch (error) {
      end = { "error.type": errorType(error) };
      fail(span, error, request);
      throw error;
    } finally {
      span.end();
      const seconds = Math.max(0, (yield* now()) - start) / 1000;
      durations().record(seconds, { ...methodAttributes(method), ...server, ...end }, active);
    }
  };

  return {
    name: "tracing",
    attach(client: Client): void {
      client.use(perCall, { per: "call" }).use(perHop, { per: "hop" });
    },
  };
}

/** Runs the steps of a flow with a context active: after each wait it is again. */
function inContext(active: Context, flow: Flow<AxResponse>): Flow<AxResponse> {
  const step = <T>(run: () => T): T => context.with(active, run);
  return {
    [Symbol.iterator](): Iterator<Operation, AxResponse, unknown> {
      const steps = step(() => flow[Symbol.iterator]());
      return {
        next: (value) => step(() => steps.next(value)),
        throw: (error) =>
          step(() => {
            if (!steps.throw) throw error;
            return steps.throw(error);
          }),
        return: (value) =>
          step(() => steps.return?.(value) ?? { done: true, value: value as AxResponse }),
      };
    },
  };
}

/** Says on a span what went wrong; what errors mask is masked there too. */
function fail(span: Span, thrown: unknown, request: ResolvedConfig): void {
  const error = isAxError(thrown) ? thrown : masked(thrown, request);
  const status = isAxError(error) ? error.response?.status : undefined;
  if (status !== undefined) span.setAttribute("http.response.status_code", status);
  span.setAttribute("error.type", errorType(thrown));
  span.recordException(error);
  const message = typeof error === "string" ? undefined : error.message;
  span.setStatus({ code: SpanStatusCode.ERROR, ...message !== undefined && { message } });
}

/** What others have thrown knows nothing of the secrets of the request. */
function masked(thrown: unknown, request: ResolvedConfig): Exception {
  const mask = (text: string): string => new AxError(text, { request }).message;
  if (!(thrown instanceof Error)) return mask(String(thrown));
  const { name, message, stack = "", code } = thrown as Error & { code?: string };
  return { name, message: mask(message), stack: mask(stack), ...code !== undefined && { code } };
}

const OPTIONS: readonly string[] = ["tracerProvider", "meterProvider"];
