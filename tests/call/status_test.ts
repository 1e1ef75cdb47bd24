import { assertEquals, assertStringIncludes } from "@std/assert";
import {
  BodySizeError,
  create,
  DecodeError,
  FixedDelay,
  HTTPStatusError,
  NetworkError,
  type RequestConfig,
  RetryError,
  TimeoutError,
} from "../../mod.ts";
import { acceptsStatus } from "../../src/http/message.ts";
import { VirtualClock } from "../../src/testing/virtual_clock.ts";
import { keepWorker } from "../support/kept_worker.ts";
import { sharedFaultServer } from "../support/fault_server.ts";
import { sharedServer } from "../support/server.ts";
import { bothStyles } from "../support/styles.ts";

const server = sharedServer();
const faults = sharedFaultServer();
keepWorker();
const STATUSES = [199, 200, 204, 299, 300, 301, 304, 399, 400, 404, 500, 599];

Deno.test("acceptsStatus() accepts success, and redirects that nobody follows", () => {
  const accepted = (rules: Parameters<typeof acceptsStatus>[1]) =>
    STATUSES.filter((status) => acceptsStatus(status, rules));
  assertEquals(accepted({ followRedirects: true }), [200, 204, 299]);
  assertEquals(accepted({ followRedirects: false }), [200, 204, 299, 300, 301, 304, 399]);
  assertEquals(accepted({ followRedirects: true, validateStatus: false }), STATUSES);
  const validateStatus = (status: number) => status === 404;
  assertEquals(accepted({ followRedirects: false, validateStatus }), [404]);
});

bothStyles("a refused status is an HTTPStatusError with its parsed data", async (t) => {
  using api = create({ baseURL: server.url });
  const headers = { headers: JSON.stringify({ "retry-after": "7", "x-a": "1" }) };
  const error = await t.fails(t.get(api, "/status/429", { params: headers }), HTTPStatusError);
  assertEquals([error.status, error.code, error.retryAfter], [429, "AX_STATUS", 7_000]);
  assertEquals(error.response?.data, { status: 429 });
  assertEquals(error.response?.headers.get("x-a"), "1");
  assertStringIncludes(error.message, `"GET ${server.url}/status/429?`);
  assertStringIncludes(error.message, "failed: status 429 Too Many Requests");
});

bothStyles("validateStatus decides for the client and for one call", async (t) => {
  using api = create({ baseURL: server.url, validateStatus: (status) => status < 500 });
  assertEquals((await t.get(api, "/status/404")).status, 404);
  await t.fails(t.get(api, "/status/500"), HTTPStatusError);
  const all = await t.get(api, "/status/500", { validateStatus: false });
  assertEquals([all.status, all.ok, all.data], [500, false, { status: 500 }]);
  await t.fails(t.get(api, "/json", { validateStatus: () => false }), HTTPStatusError);
});

bothStyles("validateStatus that answers with a promise is told so", async (t) => {
  using api = create({ baseURL: server.url });
  for (const answer of [() => Promise.resolve(false), () => Promise.reject(new Error("late"))]) {
    const config = { validateStatus: answer as never };
    const error = await t.fails(t.get(api, "/json", config), TypeError);
    assertStringIncludes(error.message, '"validateStatus"');
  }
});

bothStyles("a body that does not decode leaves its text when its status is refused", async (t) => {
  using api = create({ baseURL: server.url });
  const config = { responseType: "json" as const, validateStatus: () => false };
  const error = await t.fails(t.get(api, "/html", config), HTTPStatusError);
  assertStringIncludes(String(error.response?.data), "<!doctype html>");
  await t.fails(t.get(api, "/html", { responseType: "json" }), DecodeError);
  await t.fails(
    t.get(api, "/html", { responseType: "json", validateStatus: false }),
    DecodeError,
  );
});

bothStyles("a redirect that is not followed is a plain response", async (t) => {
  using api = create({ baseURL: server.url, followRedirects: false });
  const response = await t.get(api, "/redirect/1");
  assertEquals([response.status, response.redirected], [302, false]);
  assertEquals(response.headers.get("location"), "/echo");
});

interface BrokenBody {
  name: string;
  head: string;
  keep?: true;
  config?: RequestConfig;
  cause: abstract new (...args: never[]) => Error;
}

const BROKEN: BrokenBody[] = [
  {
    name: "is labelled gzip and is none",
    head: "content-encoding: gzip\r\ncontent-length: 5",
    cause: DecodeError,
  },
  {
    name: "has a coding that nobody knows",
    head: "content-encoding: compress\r\ncontent-length: 5",
    cause: DecodeError,
  },
  { name: "is cut", head: "content-length: 100", cause: NetworkError },
  {
    name: "is too large",
    head: "content-length: 5",
    config: { maxResponseSize: 3 },
    cause: BodySizeError,
  },
  {
    name: "stalls",
    head: "content-length: 100",
    keep: true,
    config: { timeout: 150 },
    cause: TimeoutError,
  },
];

for (const { name, head, keep, config, cause } of BROKEN) {
  bothStyles(`a refused status whose body ${name} stays a status, and is retried`, async (t) => {
    const clock = new VirtualClock();
    const retryStrategy = new FixedDelay({ delay: 1 });
    using api = create({ baseURL: faults.url, clock, retryStrategy, ...config });
    const raw = `HTTP/1.1 503 Busy\r\nretry-after: 2\r\n${head}\r\n\r\nhello`;
    const params = { raw, ...keep && { keep: "" } };
    const transformResponse = () => {
      throw new Error("it ran");
    };
    const error = await t.fails(t.get(api, "/raw", { params, transformResponse }), HTTPStatusError);
    assertEquals([error.status, error.retryAfter, error.attempts], [503, 2_000, 1]);
    assertEquals(error.response?.data, undefined);
    assertEquals((error.cause as Error).constructor, cause, String(error.cause));
    const all = await t.fails(t.get(api, "/raw", { params, maxRetries: 1 }), RetryError);
    assertEquals([all.attempts, (all.cause as HTTPStatusError).status], [2, 503]);
    assertEquals(clock.sleeps, [2_000]);
  });
}

bothStyles("an accepted status fails with what its body came to", async (t) => {
  using api = create({ baseURL: faults.url });
  const raw = "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 5\r\n\r\nhello";
  await t.fails(t.get(api, "/raw", { params: { raw } }), DecodeError);
});
