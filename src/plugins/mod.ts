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
export * from "./case_converter.ts";
export * from "./circuit_breaker.ts";
export * from "./dedupe.ts";
export * from "./har.ts";
export * from "./logger.ts";
export * from "./rate_limit.ts";
export * from "./to_curl.ts";
