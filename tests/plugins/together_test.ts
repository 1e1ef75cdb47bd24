import { assertEquals } from "@std/assert";
import { type AxResponse, create, type Plugin } from "../../mod.ts";
import { caseConverter } from "../../src/plugins/case_converter.ts";
import { circuitBreaker, CircuitOpenError } from "../../src/plugins/circuit_breaker.ts";
import { dedupe } from "../../src/plugins/dedupe.ts";
import { har } from "../../src/plugins/har.ts";
import { logger, type LogRecord } from "../../src/plugins/logger.ts";
import { rateLimit } from "../../src/plugins/rate_limit.ts";
import { tracing } from "../../src/plugins/tracing.ts";
import { MockTransport, VirtualClock } from "../../src/testing/mod.ts";
import { atOnce } from "../support/at_once.ts";
import { sharedServer } from "../support/server.ts";
import { bothStyles } from "../support/styles.ts";

const server = sharedServer();
const URL_A = "https://api.example.com/a";

function orders(plugins: readonly (() => Plugin)[]): Plugin[][] {
  const forth = plugins.map((make) => make());
  return [forth, plugins.map((make) => make()).reverse()];
}

bothStyles("dedupe() before rateLimit() takes one token for equal calls", async (t) => {
  const clock = new VirtualClock();
  const transport = new MockTransport();
  transport.on("GET", URL_A).reply(200);
  const api = create({ transport, clock });
  api.plugin(dedupe()).plugin(rateLimit({ limit: 1, interval: 1_000 }));
  await t.get(api, `${URL_A}`);
  await atOnce<AxResponse>(t, api, [0, 1, 2].map(() => () => api.flow.get(URL_A)));
  assertEquals([clock.now(), transport.requests.length], [1_000, 2]);
});

bothStyles("dedupe() and rateLimit() end in either order, with places for fewer", async (t) => {
  for (const plugins of orders([dedupe, () => rateLimit({ concurrency: 1 })])) {
    const api = create();
    for (const plugin of plugins) api.plugin(plugin);
    const url = `${server.url}/json?key=${t.key}`;
    const flows = [url, url, `${url}&other`, url].map((url) => () => api.flow.get(url));
    const responses = await atOnce<AxResponse>(t, api, flows);
    assertEquals(responses.map(({ status }) => status), [200, 200, 200, 200]);
  }
});

bothStyles("circuitBreaker() before rateLimit() ends a call before it waits", async (t) => {
  const clock = new VirtualClock();
  const transport = new MockTransport();
  transport.on("GET", URL_A).reply(503);
  const api = create({ transport, clock, validateStatus: false });
  api.plugin(circuitBreaker({ failures: 1, cooldown: 60_000 }));
  api.plugin(rateLimit({ limit: 1, interval: 1_000 }));
  await t.get(api, URL_A);
  await t.fails(t.get(api, URL_A), CircuitOpenError);
  assertEquals(clock.now(), 0);
});

bothStyles("circuitBreaker() does not count what rateLimit() answers itself", async (t) => {
  const transport = new MockTransport();
  transport.on("GET", URL_A).replyOnce(429, null, { "retry-after": "3600" }).reply(200);
  const clock = new VirtualClock();
  const api = create({ transport, clock, validateStatus: false });
  api.plugin(circuitBreaker({ failures: 1 })).plugin(rateLimit({ limit: 1 }));
  for (let n = 0; n < 3; n++) assertEquals((await t.get(api, URL_A)).status, 429);
  clock.advance(3_600_000);
  assertEquals((await t.get(api, URL_A)).status, 200);
});

bothStyles("dedupe() shares between calls that tracing() gives traces of their own", async (t) => {
  const api = create().plugin(tracing()).plugin(dedupe());
  api.use((request, next) => {
    request.headers.set("traceparent", `00-${crypto.randomUUID()}`);
    return next(request);
  });
  const url = `${server.url}/json?key=${t.key}`;
  await atOnce<AxResponse>(t, api, [0, 1, 2].map(() => () => api.flow.get(url)));
  assertEquals((await server.requests(t.key)).length, 1);
});

bothStyles("dedupe() after what sets credentials per hop tells users apart", async (t) => {
  const api = create();
  api.use((request, next) => {
    request.headers.set("authorization", String(request.context["user"]));
    return next(request);
  }, { per: "hop" });
  api.plugin(dedupe());
  const url = `${server.url}/auth?key=${t.key}`;
  const users = ["ada", "bob", "ada"];
  const responses = await atOnce<AxResponse>(
    t,
    api,
    users.map((user) => () => api.flow.get(url, { context: { user } })),
  );
  assertEquals(
    responses.map(({ data }) => data),
    users.map((authorization) => ({ authorization })),
  );
  assertEquals((await server.requests(t.key)).length, 2);
});

bothStyles("all plugins at once answer in either order", async (t) => {
  const records: LogRecord[] = [];
  const recorders = [har(), har()];
  const makers = [
    () => logger({ sink: (_, record) => records.push(record), headers: true, body: true }),
    tracing,
    caseConverter,
    dedupe,
    circuitBreaker,
    () => rateLimit({ limit: 1_000, concurrency: 2, per: "host" }),
    () => recorders.pop() as Plugin,
  ];
  for (const plugins of orders(makers)) {
    const transport = new MockTransport();
    transport.on("POST", URL_A).replyOnce(503).reply(({ headers }) => ({
      status: 200,
      body: { some_key: headers.get("content-type") },
    }));
    const api = create({ transport, maxRetries: 1, retryStrategy: { getDelay: () => 0 } });
    for (const plugin of plugins) api.plugin(plugin);
    const config = { json: { aKey: 1 }, headers: { "idempotency-key": "1" } };
    const response = await t.post(api, URL_A, config);
    assertEquals([response.data, response.attempts], [{ someKey: "application/json" }, 2]);
    assertEquals(transport.requests.map((request) => request.json()), [{ a_key: 1 }, { a_key: 1 }]);
    assertEquals(records.at(-1)?.attempt, 2);
  }
});
