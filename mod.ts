/**
 * An HTTP client that is called both ways: `await api.get(url)` does not block, `api.getSync(url)`
 * does. One instance holds base URL, headers, timeouts, retries, interceptors and middleware, and
 * all of it works in both call styles.
 *
 * ```ts
 * import { create } from "jsr:@ax/client";
 * import { MockTransport } from "jsr:@ax/client/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const transport = new MockTransport();
 * transport.on("GET", "https://api.example.com/users/1").reply(200, { name: "Ada" });
 *
 * const api = create({ baseURL: "https://api.example.com", timeout: 10_000, transport });
 *
 * const user = (await api.get<{ name: string }>("/users/1")).data;
 * const same = api.getSync<{ name: string }>("/users/1").data;
 * assertEquals(user, same);
 * ```
 *
 * @module
 */
export * from "./src/full.ts";
export * from "./src/public.ts";
