import { runtimeName } from "../runtime/capabilities.ts";
import type { NetworkOptions } from "./transport.ts";

/** The network options that say something. */
export function givenOptions(network: NetworkOptions): NetworkOptions {
  return Object.fromEntries(
    Object.entries(network).filter(([, value]) => value !== undefined && value !== false),
  );
}

/** The names of the options in messages. */
export function networkNames(network: NetworkOptions): string {
  return Object.keys(givenOptions(network)).map((name) => `network.${name}`).join(", ");
}

/** What can be said against network options before they are tried; completes "Cannot use …". */
export function networkProblem(network: NetworkOptions): string | undefined {
  const given = givenOptions(network);
  const names = networkNames(given);
  if (names === "") return undefined;
  if (given.proxy !== undefined && given.unixSocket !== undefined) {
    return '"network": give "proxy" or "unixSocket", not both';
  }
  const runtime = runtimeName();
  if (runtime === "bun" && given.http2) return "network.http2: fetch in Bun cannot do it";
  return runtime === "deno" || runtime === "node" || runtime === "bun"
    ? undefined
    : `${names}: fetch in this runtime cannot do it`;
}
