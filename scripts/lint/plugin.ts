/// <reference lib="deno.unstable" />
/**
 * Our own rules for `deno lint`, also shown in the editor: what a room of `src/` may not contain.
 * Imports between rooms and sizes are `check_layers.ts`'s.
 *
 * @module
 */

import { flowCode } from "./flow_code.ts";
import { bareYield, importMeta, nodeImport, vagueName } from "./shipped_code.ts";

/** The plugin that deno.json names. */
const plugin: Deno.lint.Plugin = {
  name: "ax",
  rules: {
    "flow-code": flowCode,
    "bare-yield": bareYield,
    "import-meta": importMeta,
    "node-import": nodeImport,
    "vague-name": vagueName,
  },
};

// Deno takes a plugin as the default export only.
export default plugin;
