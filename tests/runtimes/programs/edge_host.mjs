/**
 * Runs `edge_worker.mjs` in workerd through miniflare, with the modules of the npm copy one by one:
 * an import that leads nowhere fails. Arguments: miniflare's folder, the copy, the server's URL.
 */
// deno-lint-ignore-file no-console -- the test reads what it prints
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const [tool, copy, url] = process.argv.slice(2);
const { Miniflare } = createRequire(join(tool, "package.json"))("miniflare");

const module = (path, contents) => ({ type: "ESModule", path, contents });
const files = readdirSync(copy, { recursive: true }).map((name) => name.replaceAll("\\", "/"));
const programs = ["edge_worker", "watch_import", "edge_check", "watch", "check"];
const miniflare = new Miniflare({
  modules: [
    ...programs.map((name) => module(`${name}.mjs`, readFileSync(`${name}.mjs`, "utf8"))),
    module("@ax/client", 'export * from "./client/mod.js";'),
    module("@ax/client/testing", 'export * from "./src/testing/mod.js";'),
    ...files.filter((name) => name.endsWith(".js"))
      .map((name) => module(`@ax/client/${name}`, readFileSync(join(copy, name), "utf8"))),
  ],
  compatibilityDate: "2026-01-01",
  bindings: { url },
});
try {
  const response = await miniflare.dispatchFetch("http://localhost/");
  console.log(await response.text());
} finally {
  await miniflare.dispose();
}
