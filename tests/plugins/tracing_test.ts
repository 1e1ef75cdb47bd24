import { assertEquals, assertMatch } from "@std/assert";
import { context, propagation, SpanKind, SpanStatusCode, trace } from "npm:@opentelemetry/api@^1.9";
import { AsyncLocalStorageContextManager } from "npm:@opentelemetry/context-async-hooks@^2";
import { W3CTraceContextPropagator } from "npm:@opentelemetry/core@^2";
import {
  AggregationTemporality,
  type Histogram,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from "npm:@opentelemetry/sdk-metrics@^2";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from "npm:@opentelemetry/sdk-trace-base@^2";
import { type Client, create, HTTPStatusError, NetworkError, sleep } from "../../mod.ts";
import { tracing } from "../../src/plugins/tracing.ts";
import { MockTransport, VirtualClock } from "../../src/testing/mod.ts";
import { atOnce } from "../support/at_once.ts";
import { bothStyles } from "../support/styles.ts";

const BASE = "https://api.example.com";

Deno.test.beforeAll(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
});
Deno.test.afterAll(() => {
  context.disable();
  propagation.disable();
});

interface Bench {
  readonly api: Client;
  readonly transport: MockTransport;
  readonly tracerProvider: BasicTracerProvider;
  /** The ended spans: of calls, and of requests on the wire. */
  spans(): { calls: ReadableSpan[]; hops: ReadableSpan[] };
  /** The data points of the duration metric. */
  durations(): Promise<{ attributes: object; value: Histogram }[]>;
}

function bench(): Bench {
  const exporter = new InMemorySpanExporter();
  const tracerProvider = new BasicTracerProvider({
    spanProcessors: [new SimpleSpanProcessor(exporter)],
  });
  const metrics = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({
    exporter: metrics,
    exportIntervalMillis: 3_600_000,
  });
  const meterProvider = new MeterProvider({ readers: [reader] });
  const transport = new MockTransport();
  const api = create({ baseURL: BASE, transport, clock: new VirtualClock({ now: 1e12 }) });
  api.plugin(tracing({ tracerProvider, meterProvider }));
  return {
    api,
    transport,
    tracerProvider,
    spans() {
      const all = exporter.getFinishedSpans();
      const ids = new Set(all.map((span) => span.spanContext().spanId));
      const isHop = (span: ReadableSpan) => ids.has(span.parentSpanContext?.spanId ?? "");
      return { calls: all.filter((span) => !isHop(span)), hops: all.filter(isHop) };
    },
    async durations() {
      await reader.collect().then(({ resourceMetrics }) => {
        metrics.export(resourceMetrics, () => {});
      });
      const found = metrics.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics)
        .flatMap(({ metrics }) => metrics)
        .filter(({ descriptor }) => descriptor.name === "http.client.request.duration");
      await meterProvider.shutdown();
      return found.flatMap(({ dataPoints }): unknown[] => dataPoints) as never;
    },
  };
}

bothStyles("tracing() makes a span of a call, and below it one of its request", async (t) => {
  const { api, spans, transport } = bench();
  transport.on("GET", "/users/7").reply(200);
  await t.get(api, "/users/{id}", { path: { id: 7 }, params: { key: "s" }, redact: ["key"] });
  const { calls: [call], hops: [hop] } = spans();
  const url = `${BASE}/users/7?key=***`;
  assertEquals([call?.name, call?.kind], ["GET /users/{id}", SpanKind.CLIENT]);
  assertEquals(call?.attributes, {
    "http.request.method": "GET",
    "url.template": "/users/{id}",
    "server.address": "api.example.com",
    "server.port": 443,
    "url.scheme": "https",
    "url.full": url,
    "http.response.status_code": 200,
  });
  assertEquals([hop?.name, hop?.kind], ["GET /users/{id}", SpanKind.CLIENT]);
  assertEquals(hop?.attributes, call?.attributes);
  assertEquals(hop?.parentSpanContext?.spanId, call?.spanContext().spanId);
});

bothStyles("tracing() sends the trace along", async (t) => {
  const { api, spans, transport } = bench();
  transport.on("GET", "/").reply(200);
  await t.get(api, "/");
  const { hops: [hop] } = spans();
  const { traceId, spanId } = hop?.spanContext() ?? {};
  assertEquals(transport.requests[0]?.headers.get("traceparent"), `00-${traceId}-${spanId}-01`);
});

bothStyles("tracing() continues the trace of who calls", async (t) => {
  const { api, spans, tracerProvider, transport } = bench();
  transport.on("GET", "/").reply(200);
  const outer = tracerProvider.getTracer("test").startSpan("outer");
  await context.with(trace.setSpan(context.active(), outer), () => t.get(api, "/"));
  const [call] = spans().calls;
  assertEquals(call?.spanContext().traceId, outer.spanContext().traceId);
  assertEquals(call?.parentSpanContext?.spanId, outer.spanContext().spanId);
});

bothStyles("tracing() makes a span of each retry and each redirect", async (t) => {
  const { api, spans, transport } = bench();
  transport.on("GET", "/").replyOnce(503).reply(302, null, { location: "/b" });
  transport.on("GET", "/b").reply(200);
  await t.get(api, "/", { maxRetries: 1 });
  const { calls, hops } = spans();
  assertEquals(calls.length, 1);
  assertEquals(
    hops.map(({ attributes, status }) => [
      attributes["url.full"],
      attributes["http.response.status_code"],
      attributes["http.request.resend_count"],
      status.code,
    ]),
    [
      [`${BASE}/`, 503, undefined, SpanStatusCode.ERROR],
      [`${BASE}/`, 302, 1, SpanStatusCode.UNSET],
      [`${BASE}/b`, 200, 2, SpanStatusCode.UNSET],
    ],
  );
  const ids = transport.requests.map(({ headers }) => headers.get("traceparent")?.split("-")[2]);
  assertEquals(ids, hops.map((hop) => hop.spanContext().spanId));
});

bothStyles("tracing() says what went wrong", async (t) => {
  const { api, spans, transport } = bench();
  transport.on("GET", "/").replyOnce(404).fail();
  await t.fails(t.get(api, "/"), HTTPStatusError);
  await t.fails(t.get(api, "/"), NetworkError);
  const { calls, hops } = spans();
  const seen = ({ attributes, status, events }: ReadableSpan) => [
    attributes["error.type"],
    attributes["http.response.status_code"],
    status.code,
    events.length,
  ];
  assertEquals(calls.map(seen), [
    ["404", 404, SpanStatusCode.ERROR, 1],
    ["AX_NETWORK", undefined, SpanStatusCode.ERROR, 1],
  ]);
  assertEquals(hops.map(seen), [
    ["404", 404, SpanStatusCode.ERROR, 0],
    ["AX_NETWORK", undefined, SpanStatusCode.ERROR, 1],
  ]);
});

bothStyles(
  "tracing() keeps the span active over waits of middleware and interceptors",
  async (t) => {
    const { api, spans, transport } = bench();
    transport.on("GET", "/").reply(200);
    const seen: (string | undefined)[] = [];
    const look = () => void seen.push(trace.getActiveSpan()?.spanContext().spanId);
    api.interceptors.request.use(look);
    api.use(function* (request, next) {
      yield* sleep(5);
      look();
      const response = yield* next(request);
      yield* sleep(5);
      look();
      return response;
    });
    api.use(function* (request, next) {
      yield* sleep(5);
      look();
      return yield* next(request);
    }, { per: "hop" });
    const before = trace.getActiveSpan();
    await t.get(api, "/");
    assertEquals(trace.getActiveSpan(), before);
    const { calls: [call], hops: [hop] } = spans();
    const [callId, hopId] = [call, hop].map((span) => span?.spanContext().spanId);
    assertEquals(seen, [callId, callId, hopId, callId]);
  },
);

bothStyles("tracing() keeps calls that run at once apart", async (t) => {
  const { api, spans, transport } = bench();
  transport.on("GET", /./).reply(200);
  const paths = ["/a", "/b", "/c"];
  await atOnce<unknown>(t, api, paths.map((path) => () => api.flow.get(path)));
  const { calls, hops } = spans();
  assertEquals(new Set(calls.map((call) => call.spanContext().traceId)).size, 3);
  for (const hop of hops) {
    const call = calls.find((call) => call.spanContext().spanId === hop.parentSpanContext?.spanId);
    assertEquals(call?.attributes["url.full"], hop.attributes["url.full"]);
  }
});

bothStyles("tracing() measures the duration of each request", async (t) => {
  const { api, durations, transport } = bench();
  transport.on("GET", "/").replyOnce(503).reply(200);
  await t.get(api, "/", { maxRetries: 1 });
  const shared = {
    "http.request.method": "GET",
    "server.address": "api.example.com",
    "server.port": 443,
    "url.scheme": "https",
  };
  const points = await durations();
  assertEquals(points.map(({ attributes, value }) => [attributes, value.count]), [
    [{ ...shared, "http.response.status_code": 503, "error.type": "503" }, 1],
    [{ ...shared, "http.response.status_code": 200 }, 1],
  ]);
  const [{ value: { buckets } } = { value: { buckets: { boundaries: [] as number[] } } }] = points;
  assertEquals(buckets.boundaries[0], 0.005);
  assertEquals(buckets.boundaries.at(-1), 10);
});

bothStyles("tracing() takes name and attributes from the call, or makes no span", async (t) => {
  const { api, spans, transport } = bench();
  transport.on("GET", "/").reply(200);
  const tracingOptions = { name: "load front page", attributes: { "app.tenant": "ada" } };
  await t.get(api, "/", { context: { tracing: tracingOptions } });
  await t.get(api, "/", { context: { tracing: false } });
  const { calls } = spans();
  assertEquals(calls.map(({ name, attributes }) => [name, attributes["app.tenant"]]), [
    ["load front page", "ada"],
  ]);
  assertEquals(transport.requests[1]?.headers.has("traceparent"), false);
});

bothStyles("tracing() names methods that it does not know HTTP", async (t) => {
  const { api, spans, transport } = bench();
  transport.on("*", "/").reply(200);
  await t.request(api, { method: "BREW", url: "/" });
  const { hops: [hop] } = spans();
  assertEquals(hop?.name, "HTTP");
  assertEquals(hop?.attributes["http.request.method"], "_OTHER");
  assertEquals(hop?.attributes["http.request.method_original"], "BREW");
});

bothStyles("tracing() covers streams until their headers", async (t) => {
  const { api, spans, transport } = bench();
  transport.on("GET", "/").reply(200, "streamed");
  const stream = await t.stream(api, "/");
  assertEquals(spans().hops.length, 1);
  await stream.read();
  assertMatch(transport.requests[0]?.headers.get("traceparent") ?? "", /^00-/);
});

bothStyles("an error of others is recorded without the secrets of the request", async (t) => {
  const { api, spans } = bench();
  api.use(() => {
    throw Object.assign(
      new RangeError("at https://me:planted@a.test/?token=planted planted-key"),
      {
        code: "E_OTHER",
      },
    );
  }, { per: "hop" });
  const headers = { "x-api-key": "planted-key" };
  const params = { token: "planted" };
  await t.fails(() => t.get(api, "/a", { headers, params, redact: ["token"] }), RangeError);
  const { calls, hops } = spans();
  for (const { status, events, attributes } of [...calls, ...hops]) {
    assertEquals(status.message, "at https://***@a.test/?token=*** ***");
    assertEquals(attributes["error.type"], "E_OTHER");
    assertEquals(events[0]?.attributes?.["exception.message"], status.message);
    assertEquals(JSON.stringify([status, events, attributes]).includes("planted"), false);
  }
  assertEquals([calls.length, hops.length], [1, 1]);
});
