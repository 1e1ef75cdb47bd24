import { nodeModule, realm } from "./runtime.ts";

/**
 * Whether this thread may read a module's file; `undefined` where nobody can tell. A prompt that
 * appears while the thread is blocked would look like a hang.
 */
export function mayRead(module: string): boolean | undefined {
  if (!module.startsWith("file:")) return undefined;
  const state = realm.Deno?.permissions?.querySync({ name: "read", path: new URL(module) }).state;
  return state === undefined ? undefined : state === "granted";
}

/** Whether this thread may connect to any host, once that was asked. */
export let mayConnectAnywhere: boolean | undefined;
let allowedOrigin: string | undefined;

/**
 * The host that this thread may not connect to without asking; `undefined` where it may. Deno asks
 * on a terminal, for a sync call from the worker, and that looks like a hang.
 */
export function forbiddenHost(url: string): string | undefined {
  const permissions = realm.Deno?.permissions;
  if (!permissions) {
    mayConnectAnywhere = true;
    return undefined;
  }
  // A query takes 5 µs. Where it was granted for all hosts later, it is granted for each.
  mayConnectAnywhere ??= permissions.querySync({ name: "net" }).state === "granted";
  if (mayConnectAnywhere) return undefined;
  const origin = url.slice(0, url.indexOf("/", 8));
  if (origin === allowedOrigin) return undefined;
  const { hostname, port, protocol } = new URL(url);
  const host = `${hostname}:${port || (protocol === "https:" ? 443 : 80)}`;
  if (permissions.querySync({ name: "net", host }).state !== "granted") return host;
  allowedOrigin = origin;
  return undefined;
}

/** The module that the program was started with, as a URL; `undefined` where nobody can tell. */
export function entryModule(): string | undefined {
  try {
    if (realm.Deno?.mainModule !== undefined) return realm.Deno.mainModule;
    const path = realm.Bun?.main ?? realm.process?.argv?.[1];
    const fs = nodeModule<{ realpathSync(path: string): string }>("fs");
    const url = nodeModule<{ pathToFileURL(path: string): URL }>("url");
    if (path === undefined || !fs) return undefined;
    return url?.pathToFileURL(fs.realpathSync(path)).href;
  } catch {
    return undefined;
  }
}
