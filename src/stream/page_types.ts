import type { FlowItems } from "../flow/items.ts";
import type { PaginateConfig } from "../paginate.ts";

/**
 * Iterates over items that a server gives in pages. A page is requested when its first item is
 * asked for; leaving the loop early requests no other.
 *
 * @example Usage
 * ```ts
 * import { create } from "jsr:@ax/client";
 * import { MockTransport } from "jsr:@ax/client/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const transport = new MockTransport();
 * const link = '</users?page=2>; rel="next"';
 * transport.on("GET", "https://api.example.com/users").reply(200, ["Ada"], { link });
 * transport.on("GET", "https://api.example.com/users?page=2").reply(200, ["Grace"]);
 * const api = create({ baseURL: "https://api.example.com", transport });
 *
 * const names: string[] = [];
 * for await (const name of api.paginate<string>("/users")) names.push(name);
 * assertEquals(names, ["Ada", "Grace"]);
 * assertEquals([...api.paginateSync<string>("/users")], names);
 * ```
 *
 * @example A cursor in the body
 * ```ts
 * import { create } from "jsr:@ax/client";
 * import { MockTransport } from "jsr:@ax/client/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const transport = new MockTransport();
 * const url = "https://api.example.com/users";
 * transport.on("GET", url).reply(200, { results: ["Ada"], cursor: "b" });
 * transport.on("GET", `${url}?cursor=b`).reply(200, { results: ["Grace"], cursor: null });
 * const api = create({ transport });
 *
 * interface Page {
 *   results: string[];
 *   cursor: string | null;
 * }
 * const names = api.paginateSync<string>(url, {
 *   items: (response) => (response.data as Page).results,
 *   next: ({ data }) => {
 *     const { cursor } = data as Page;
 *     return cursor && { params: { cursor } };
 *   },
 * });
 * assertEquals([...names], ["Ada", "Grace"]);
 * ```
 */
export interface Paginate {
  /**
   * Makes the iterator; nothing is sent before its first step.
   *
   * @typeParam T The type of an item.
   * @param url The URL of the first page.
   * @param config The options of every page's call, and how to get from page to page.
   * @returns The items of all pages.
   */
  <T = unknown>(url: string | URL, config?: PaginateConfig<T>): AsyncIterableIterator<T>;
}

/** `paginate` for a plain `for`, which blocks this thread while a page is on its way. */
export interface PaginateSync {
  /**
   * Makes the iterator; nothing is sent before its first step.
   *
   * @typeParam T The type of an item.
   * @param url The URL of the first page.
   * @param config The options of every page's call, and how to get from page to page.
   * @returns The items of all pages.
   */
  <T = unknown>(url: string | URL, config?: PaginateConfig<T>): IterableIterator<T>;
}

/** `paginate` for flows. */
export interface PaginateFlow {
  /**
   * Makes the items; nothing is sent before the first one is asked for.
   *
   * @typeParam T The type of an item; `undefined` would be the end.
   * @param url The URL of the first page.
   * @param config The options of every page's call, and how to get from page to page.
   * @returns The items: `while ((item = yield* items.next()) !== undefined) …`.
   */
  <T = unknown>(url: string | URL, config?: PaginateConfig<T>): FlowItems<T>;
}
