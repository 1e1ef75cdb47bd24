/**
 * Which files a rule is about.
 *
 * @module
 */

const ROOT = new URL("../../", import.meta.url).pathname;

/** Returns a linted file's path in the checkout. */
export function pathOf(filename: string): string {
  const path = filename.replaceAll("\\", "/").replace(/^(?=[A-Za-z]:)/, "/");
  return path.startsWith(ROOT) ? path.slice(ROOT.length) : path;
}

/** Whether users get a file: an entry, or a source. */
export function isShipped(path: string): boolean {
  return path.startsWith("src/") || path === "mod.ts" || path === "web.ts";
}

/** Whether a file may only hold flows and pure code; a store talks to a database, and may wait. */
export function isFlowRoom(path: string): boolean {
  return /^src\/(call|flow|plugins)\//.test(path) && !path.startsWith("src/plugins/stores/");
}

/** Whether a file runs flows, which is where promises come from. */
export function runsFlows(path: string): boolean {
  return path === "src/flow/scheduler.ts";
}
