import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { packageExports } from "../../scripts/check_exports.ts";
import { kB, sharesOf, sizeOf, splitModules, verdictOf } from "../../scripts/check_size.ts";
import { usesOf } from "../../scripts/size_uses.ts";

Deno.test("splitModules() goes by esbuild's comments", () => {
  const modules = splitModules("// src/a.ts\nvar a;\n\n// src/b.ts\nvar b;\n// src/a.ts\nvar c;\n");
  assertEquals([...modules.keys()], ["src/a.ts", "src/b.ts"]);
  assertEquals(modules.get("src/a.ts"), "\nvar a;\n\n\nvar c;\n");
});

Deno.test("sharesOf() counts what is said twice once", () => {
  const noise = Array.from({ length: 300 }, (_, index) => (index * 7919 % 1000).toString(36))
    .join();
  const shares = sharesOf(
    new Map([["one.ts", noise], ["two.ts", noise], ["own.ts", "var own=1;"]]),
  );
  const share = (path: string) => shares.find((share) => share.path === path)?.gzip ?? NaN;
  assert(share("one.ts") < sizeOf(noise).gzip / 4);
  assert(share("own.ts") > 0);
});

Deno.test("kB() counts 1000 bytes", () => {
  assertEquals(kB(15_000), "15.0 kB");
});

Deno.test("verdictOf() says how far budget and target are", () => {
  assertEquals(verdictOf(5000, 5000), "within the budget of 5.0 kB");
  assertStringIncludes(verdictOf(5007, 5000), "7 bytes over the budget");
  assertStringIncludes(verdictOf(5000, 5000, 4000), "1.0 kB above the target of 4.0 kB");
  assertStringIncludes(verdictOf(4000, 5000, 4000), "the target of 4.0 kB is reached");
});

Deno.test("every use has a budget, and no budget is left of one that is gone", async () => {
  const budgets = JSON.parse(await Deno.readTextFile("scripts/size_budgets.json"));
  const names = usesOf(packageExports()).map(({ name }) => name);
  assertEquals(Object.keys(budgets).toSorted(), names.toSorted());
});
