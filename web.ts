/**
 * The client for browsers and edge isolates: the same names, types and behaviour as `@ax/client`,
 * without what belongs to Deno, Node and Bun. The npm copy leads here by itself where a bundler
 * asks for a browser or an isolate.
 *
 * Sync calls work from the first one on, on pages and in their workers, by synchronous
 * `XMLHttpRequest`. In a dedicated worker of a cross-origin isolated page `await warmSync()` brings
 * what that cannot do: streams, `allSync` at once, cancel from another thread.
 *
 * ```ts
 * import { create } from "jsr:@ax/client/web";
 * import { MockTransport } from "jsr:@ax/client/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const transport = new MockTransport();
 * transport.on("GET", "https://api.example.com/users/1").reply(200, { name: "Ada" });
 *
 * const api = create({ baseURL: "https://api.example.com", transport });
 * const user = (await api.get<{ name: string }>("/users/1")).data;
 * const same = api.getSync<{ name: string }>("/users/1").data;
 * assertEquals(user, same);
 * ```
 *
 * @module
 */
export * from "./src/web.ts";
export * from "./src/public.ts";
