/**
 * A set of interceptors and middleware that is added as one.
 *
 * @typeParam Client What it is attached to.
 *
 * @example Usage
 * ```ts
 * import { create, type Plugin } from "jsr:@ax/client";
 * import { MockTransport } from "jsr:@ax/client/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const stamp: Plugin = {
 *   name: "stamp",
 *   attach(client) {
 *     client.interceptors.request.use((request) => request.headers.set("x-stamp", "1"));
 *   },
 * };
 * const transport = new MockTransport();
 * transport.on("GET", "https://example.com/").reply(200);
 * create({ transport }).plugin(stamp).getSync("https://example.com/");
 * assertEquals(transport.requests[0]?.headers.get("x-stamp"), "1");
 * ```
 */
export interface PluginOf<Client> {
  /** Unique within a client. Options of a call for the plugin are `context[name]`. */
  readonly name: string;
  /**
   * Registers what the plugin does.
   *
   * @param client The client that the plugin was given to.
   */
  attach(client: Client): void;
  /**
   * Lets go of what the plugin holds, when the client is closed.
   *
   * @param client The client that is closed.
   */
  detach?(client: Client): void;
}

/** Refuses what is no plugin, and a second one of the same name. */
export function checkPlugin(plugin: PluginOf<never>, names: ReadonlySet<string>): void {
  if (typeof plugin === "function") {
    throw new TypeError("Cannot attach a function as plugin: call it, and give what it returns");
  }
  if (typeof plugin?.attach !== "function" || typeof plugin.name !== "string" || !plugin.name) {
    throw new TypeError('Cannot attach a plugin: give an object with "name" and "attach"');
  }
  if (!names.has(plugin.name)) return;
  throw new TypeError(`Cannot attach plugin "${plugin.name}": this client has one of that name`);
}
