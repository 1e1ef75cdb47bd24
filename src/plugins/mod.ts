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
export { auth, type AuthOptions, type TokenProvider } from "./auth.ts";
export { type AwsCredentialsProvider, awsSigV4, type AwsSigV4Options } from "./aws_sig_v4.ts";
export type { AwsCredentials } from "./aws_signature.ts";
export { basicAuth, type BasicAuthOptions } from "./basic_auth.ts";
export { digestAuth, type DigestAuthOptions } from "./digest_auth.ts";
export {
  type Digest,
  hash,
  type HashAlgorithm,
  type HashEncoding,
  type HashOptions,
  hmac,
  type HmacOptions,
} from "./hashes.ts";
export { oauth2, OAuth2Error, type OAuth2Facts } from "./oauth2.ts";
export type { OAuth2Options, TokenStore } from "./oauth2_options.ts";
export type { OAuth2Token } from "./oauth2_token.ts";
export type { OriginList } from "./origin_guard.ts";
export { sign, type Signer, type SignOptions, type SignRequest } from "./sign.ts";
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
