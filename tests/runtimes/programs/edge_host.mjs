/**
 * Runs `edge_worker.mjs` in workerd through miniflare, with the modules of the npm copy one by one:
 * an import that leads nowhere fails. Arguments: miniflare's folder, the copy, the server's URL.
 */
// deno-lint-ignore-file no-console -- the test reads what it prints
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, posix } from "node:path";

const [tool, copy, url] = process.argv.slice(2);
const { Miniflare } = createRequire(join(tool, "package.json"))("miniflare");

const module = (path, contents) => ({ type: "ESModule", path, contents });
const files = readdirSync(copy, { recursive: true }).map((name) => name.replaceAll("\\", "/"));
const { exports } = JSON.parse(readFileSync(join(copy, "package.json"), "utf8"));

/** A module named as an entry is imported: it passes on what workerd is led to. */
function entry([name, conditions]) {
  const { default: target } = (conditions.workerd ?? conditions).import;
  const path = posix.join("@ax/client", name);
  return module(
    path,
    `export * from "./${posix.relative(posix.dirname(path), posix.join("@ax/client", target))}";`,
  );
}
const programs = ["edge_worker", "watch_import", "edge_check", "watch", "check"];
const miniflare = new Miniflare({
  modules: [
    ...programs.map((name) => module(`${name}.mjs`, readFileSync(`${name}.mjs`, "utf8"))),
    ...Object.entries(exports).filter(([name]) => name !== "./package.json").map(entry),
    ...files.filter((name) => name.startsWith("esm/") && name.endsWith(".js"))
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
