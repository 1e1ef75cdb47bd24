import { assertEquals } from "@std/assert";
import { entryDifferences, entryProblem } from "../../scripts/check_exports.ts";

Deno.test("entryProblem() wants a file that starts with a module doc", () => {
  assertEquals(entryProblem(".", "mod.ts", "/**\n * Client.\n *\n * @module\n */\n"), []);
  assertEquals(entryProblem(".", "mod.ts", undefined).length, 1);
  assertEquals(entryProblem(".", "mod.ts", "export {};\n/** @module */").length, 1);
  assertEquals(entryProblem(".", "mod.ts", "/** Says @module in passing. */").length, 1);
});

Deno.test("entryDifferences() reports both sides", () => {
  assertEquals(entryDifferences([".", "./testing"], ["./testing", "."]), []);
  assertEquals(entryDifferences([".", "./a"], [".", "./b"]).length, 2);
});
