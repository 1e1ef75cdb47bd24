import { assertStringIncludes, assertThrows } from "@std/assert";
import { create } from "../../mod.ts";
import * as plugins from "../../src/plugins/mod.ts";

const { hash: _hash, hmac: _hmac, toCurl: _toCurl, ...rest } = plugins;

for (const [name, plugin] of Object.entries(rest)) {
  if (/^[A-Z]/.test(name)) continue;
  Deno.test(`the plugin "${name}" refuses an option that it does not know`, () => {
    const make = plugin as (options: unknown) => unknown;
    const error = assertThrows(() => make({ formatt: 1 }), TypeError);
    assertStringIncludes(error.message, `Unknown option "formatt" of "${name}": it knows `);
  });
}

Deno.test("a plugin that was not called says so", () => {
  const error = assertThrows(() => create().plugin(plugins.logger as never), TypeError);
  assertStringIncludes(error.message, "call it");
});
