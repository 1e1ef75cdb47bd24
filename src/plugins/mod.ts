/**
 * The plugins that need no library, each of which has an entry of its own as well. Those with one
 * have only that: `./plugins/cache`, `./plugins/cookies`, `./plugins/redis`, `./plugins/tracing`.
 *
 * ```ts
 * import { create } from "jsr:@ax/client";
 * import { dedupe, rateLimit } from "jsr:@ax/client/plugins";
 * import { MockTransport } from "jsr:@ax/client/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const transport = new MockTransport();
 * transport.on("GET", "/users/1").reply(200, { name: "Ada" });
 * const api = create({ baseURL: "https://api.example.com", transport })
 *   .plugin(dedupe())
 *   .plugin(rateLimit({ limit: 10, interval: 1_000 }));
 *
 * assertEquals((await api.get("/users/1")).data, api.getSync("/users/1").data);
 * ```
 *
 * @module
 */
export {
  type CamelKeys,
  type Case,
  caseConverter,
  type CaseConverterCallOptions,
  type CaseConverterOptions,
  type KeyInCase,
  type KeysInCase,
  type KeyWords,
  type SnakeKeys,
  type WrittenWords,
} from "./case_converter.ts";
export { circuitBreaker, type CircuitBreakerOptions, CircuitOpenError } from "./circuit_breaker.ts";
export { dedupe, type DedupeCallOptions, type DedupeOptions } from "./dedupe.ts";
export {
  har,
  type HarContent,
  type HarEntry,
  type HarLog,
  type HarOptions,
  type HarPair,
  type HarPostData,
  type HarRecorder,
  type HarRequest,
  type HarResponse,
  type HarTimings,
} from "./har.ts";
export {
  type LogDetails,
  logger,
  type LoggerCallOptions,
  type LoggerOptions,
  type LogLevel,
  type LogRecord,
  type LogSink,
} from "./logger.ts";
export {
  type Rate,
  rateLimit,
  type RateLimitCallOptions,
  type RateLimitOptions,
  type RateLimitStore,
} from "./rate_limit.ts";
export { type CurlOptions, toCurl } from "./to_curl.ts";
