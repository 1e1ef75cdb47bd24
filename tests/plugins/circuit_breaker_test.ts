import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  CancelToken,
  type Client,
  create,
  HTTPStatusError,
  isAxError,
  NetworkError,
  RetryError,
  TimeoutError,
} from "../../mod.ts";
import {
  circuitBreaker,
  type CircuitBreakerOptions,
  CircuitOpenError,
} from "../../src/plugins/circuit_breaker.ts";
import { MockTransport, VirtualClock } from "../../src/testing/mod.ts";
import { atOnce } from "../support/at_once.ts";
import { bothStyles } from "../support/styles.ts";

const UP = "https://up.example.com/";
const DOWN = "https://down.example.com/";

function bench(options: CircuitBreakerOptions = { failures: 2, cooldown: 10_000 }): {
  readonly api: Client;
  readonly clock: VirtualClock;
  readonly transport: MockTransport;
} {
  const clock = new VirtualClock({ now: 1_000_000 });
  const transport = new MockTransport();
  transport.on("GET", UP).reply(200, "up");
  return { api: create({ clock, transport }).plugin(circuitBreaker(options)), clock, transport };
}

bothStyles("circuitBreaker() stops sending after that many failures in a row", async (t) => {
  const { api, transport } = bench();
  transport.on("GET", DOWN).fail();
  for (let n = 0; n < 2; n++) await t.fails(t.get(api, DOWN), NetworkError);
  const error = await t.fails(t.get(api, DOWN), CircuitOpenError);
  assertEquals([error.code, error.nextProbe], ["AX_CIRCUIT_OPEN", 1_010_000]);
  assertEquals(error.request, { method: "GET", url: DOWN });
  assertEquals(
    error.message,
    `Cannot send "GET ${DOWN}": the last requests to down.example.com failed; ` +
      "the next one will be sent at 1970-01-01T00:16:50.000Z",
  );
  assert(isAxError(error));
  assertEquals(transport.requests.length, 2);
});

bothStyles("circuitBreaker() goes by host", async (t) => {
  const { api, transport } = bench({ failures: 1 });
  transport.on("GET", DOWN).fail();
  await t.fails(t.get(api, DOWN), NetworkError);
  await t.fails(t.get(api, `${DOWN}other`), CircuitOpenError);
  assertEquals((await t.get(api, UP)).data, "up");
});

bothStyles("circuitBreaker() counts statuses from 500 on, and no others", async (t) => {
  const { api, transport } = bench({ failures: 1 });
  transport.on("GET", DOWN).replyOnce(404).replyOnce(429).replyOnce(500).reply(200);
  for (let n = 0; n < 3; n++) await t.fails(t.get(api, DOWN), HTTPStatusError);
  await t.fails(t.get(api, DOWN), CircuitOpenError);
});

bothStyles("circuitBreaker() counts timeouts of an attempt", async (t) => {
  const { api, transport } = bench({ failures: 1 });
  transport.on("GET", DOWN).timeout();
  await t.fails(t.get(api, DOWN), TimeoutError);
  await t.fails(t.get(api, DOWN), CircuitOpenError);
});

bothStyles("circuitBreaker() lets one probe through after the cooldown", async (t) => {
  const { api, clock, transport } = bench();
  const route = transport.on("GET", DOWN).failOnce().failOnce().failOnce();
  for (let n = 0; n < 2; n++) await t.fails(t.get(api, DOWN), NetworkError);
  clock.advance(10_000);
  await t.fails(t.get(api, DOWN), NetworkError);
  await t.fails(t.get(api, DOWN), CircuitOpenError);
  clock.advance(10_000);
  route.reply(200, "back");
  assertEquals((await t.get(api, DOWN)).data, "back");
  assertEquals((await t.get(api, DOWN)).data, "back");
});

bothStyles("circuitBreaker() ends a call that retries once the circuit is open", async (t) => {
  const { api, transport } = bench();
  transport.on("GET", DOWN).fail();
  const retryStrategy = { getDelay: () => 1 };
  const error = await t.fails(t.get(api, DOWN, { maxRetries: 5, retryStrategy }), CircuitOpenError);
  assertEquals(error.attempts, 3);
  assertEquals(transport.requests.length, 2);
});

bothStyles("circuitBreaker() can be waited for by retryOn", async (t) => {
  const { api, transport } = bench();
  transport.on("GET", DOWN).failOnce().failOnce().reply(200, "back");
  const response = await t.get(api, DOWN, {
    maxRetries: 3,
    retryOn: () => true,
    retryStrategy: { getDelay: (_, { error }) => error instanceof CircuitOpenError ? 10_000 : 0 },
  });
  assertEquals([response.data, response.attempts], ["back", 4]);
});

bothStyles("circuitBreaker() counts a cancelled request neither way", async (t) => {
  const { api, clock, transport } = bench({ failures: 1, cooldown: 10_000 });
  transport.on("GET", DOWN).failOnce().reply(200, "back");
  await t.fails(t.get(api, DOWN), NetworkError);
  clock.advance(10_000);
  const cancelToken = new CancelToken();
  const cancelled = api.extend();
  cancelled.use((request, next) => {
    cancelToken.cancel();
    return next(request);
  }, { per: "hop" });
  await t.fails(t.get(cancelled, DOWN, { cancelToken }), Error);
  assertEquals((await t.get(api, DOWN)).data, "back");
});

bothStyles("circuitBreaker() sends one probe of calls that run at once", async (t) => {
  const { api, clock, transport } = bench({ failures: 1, cooldown: 10_000 });
  transport.on("GET", DOWN).failOnce().reply(200, "back");
  await t.fails(t.get(api, DOWN), NetworkError);
  clock.advance(10_000);
  const settled = await atOnce<unknown>(
    t,
    api,
    [0, 1, 2].map(() =>
      function* () {
        try {
          return (yield* api.flow.get(DOWN)).data;
        } catch (error) {
          return (error as Error).name;
        }
      }
    ),
  );
  assertEquals(settled, ["back", "CircuitOpenError", "CircuitOpenError"]);
});

bothStyles("circuitBreaker() masks the URL in its error", async (t) => {
  const { api, transport } = bench({ failures: 1 });
  transport.on("GET", /down/).fail();
  const config = { params: { key: "s3cret" }, redact: ["key"] };
  await t.fails(t.get(api, DOWN, config), NetworkError);
  const error = await t.fails(t.get(api, DOWN, config), CircuitOpenError);
  assert(!`${error.message} ${JSON.stringify(error)}`.includes("s3cret"));
});

bothStyles("circuitBreaker() is shared with a client made by extend", async (t) => {
  const { api, transport } = bench({ failures: 1 });
  transport.on("GET", DOWN).fail();
  await t.fails(t.get(api, DOWN), NetworkError);
  await t.fails(t.get(api.extend(), DOWN), CircuitOpenError);
});

bothStyles("circuitBreaker() opens for streams too", async (t) => {
  const { api, transport } = bench({ failures: 1 });
  transport.on("GET", DOWN).fail();
  await t.fails(t.stream(api, DOWN), NetworkError);
  await t.fails(t.stream(api, DOWN), CircuitOpenError);
});

bothStyles(
  "circuitBreaker() lets retries that never met an open circuit end as they do",
  async (t) => {
    const { api, transport } = bench({ failures: 9 });
    transport.on("GET", DOWN).fail();
    const retryStrategy = { getDelay: () => 1 };
    await t.fails(t.get(api, DOWN, { maxRetries: 2, retryStrategy }), RetryError);
  },
);

Deno.test("circuitBreaker() refuses numbers that cannot be meant", () => {
  assertThrows(() => circuitBreaker({ failures: 0 }), RangeError, '"failures"');
  assertThrows(() => circuitBreaker({ cooldown: Infinity }), RangeError, '"cooldown"');
});
