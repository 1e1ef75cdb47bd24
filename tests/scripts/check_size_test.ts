import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  BUDGET,
  kB,
  sharesOf,
  sizeOf,
  splitModules,
  TARGET,
  verdictOf,
} from "../../scripts/check_size.ts";

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
  assertStringIncludes(verdictOf(BUDGET), "within the budget");
  assertStringIncludes(verdictOf(BUDGET), `${kB(BUDGET - TARGET)} above the target of 48.0 kB`);
  assertStringIncludes(verdictOf(BUDGET + 7), "7 bytes over the budget");
  assertStringIncludes(verdictOf(TARGET), "the target of 48.0 kB is reached");
});
