import { assertStrictEquals } from "@std/assert";
import { presentBundles, readIfPresent, renderBundle } from "../scripts/build_worker.ts";

for (const bundle of presentBundles()) {
  Deno.test(`${bundle.constant} is what its worker bundles to`, async () => {
    const same = readIfPresent(bundle.output) === await renderBundle(bundle);
    assertStrictEquals(same, true, `${bundle.output} is stale: run \`deno task worker\``);
  });
}
