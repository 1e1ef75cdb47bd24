/**
 * Builds `edge.js` into one script with esbuild and runs it in workerd. Arguments: the folders of
 * the bundlers and of miniflare, the server's URL; prints the answer and the script's size.
 */
// deno-lint-ignore-file no-console -- the test reads what it prints
import { createRequire } from "node:module";
import { join } from "node:path";

const [bundlers, miniflare, url] = process.argv.slice(2);
const from = (folder, name) => createRequire(join(folder, "package.json"))(name);

const { outputFiles: [{ text }] } = await from(bundlers, "esbuild").build({
  entryPoints: ["edge.js"],
  ...{ bundle: true, minify: true, write: false, format: "esm", platform: "browser" },
  conditions: ["workerd", "worker", "browser"],
});
const { Miniflare } = from(miniflare, "miniflare");
const runtime = new Miniflare({
  ...{ script: text, modules: true, compatibilityDate: "2026-01-01", bindings: { url } },
});
try {
  const response = await runtime.dispatchFetch("http://localhost/");
  console.log(JSON.stringify({ answer: await response.text(), script: text }));
} finally {
  await runtime.dispose();
}
