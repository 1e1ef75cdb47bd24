import { assert, assertEquals } from "@std/assert";
import { packageExports } from "../../scripts/check_exports.ts";
import { entriesWithPlugins, npmPackage, pluginEntries } from "../../scripts/plugins_size.ts";

Deno.test("pluginEntries() are the entries below ./plugins", () => {
  const entries = pluginEntries({ ".": "a.ts", "./plugins/b": "b.ts", "./testing": "c.ts" });
  assertEquals(entries, [["./plugins/b", "b.ts"]]);
});

Deno.test("npmPackage() reads a specifier, or the import map", () => {
  assertEquals(npmPackage("npm:@a/b@^1.2/sub", {}), { name: "@a/b", range: "@a/b@^1.2" });
  assertEquals(npmPackage("npm:plain", {}), { name: "plain", range: "plain@*" });
  assertEquals(npmPackage("x", { x: "npm:x@^2" }), { name: "x", range: "x@^2" });
  assertEquals(npmPackage("node:zlib", {}), undefined);
  assertEquals(npmPackage("y", { x: "npm:x@^2" }), undefined);
});

Deno.test("no plugin is in . or ./web", async () => {
  const exports = packageExports();
  assert(pluginEntries(exports).length > 0);
  assertEquals(await entriesWithPlugins(exports), []);
});
