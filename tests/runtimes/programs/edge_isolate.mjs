/**
 * A Deno process made to look like an edge isolate: what those lack is deleted before the package
 * is imported. The argument is the probe server's URL.
 */
// deno-lint-ignore-file no-console -- the test reads what it prints
import { checkEdge } from "./edge_check.mjs";
import { watch } from "./watch.mjs";

const url = Deno.args[0];
for (const name of ["Worker", "SharedArrayBuffer", "process", "Buffer", "global"]) {
  delete globalThis[name];
}
for (const name of ["permissions", "mainModule", "createHttpClient"]) {
  Object.defineProperty(Deno, name, { value: undefined });
}

const watching = watch();
const client = await import("@ax/client");
const testing = await import("@ax/client/testing");
const effects = watching.stop();
const report = await checkEdge(client, testing, url, "this runtime has no shared memory");
console.log(JSON.stringify({ import: effects.length === 0 || effects.join(", "), ...report }));
