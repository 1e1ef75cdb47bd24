import { assertEquals, assertStringIncludes } from "@std/assert";
import { capture } from "../../scripts/run_deno.ts";

Deno.test("check_size.ts fails, and says why, where esbuild cannot be had", async () => {
  const empty = await Deno.makeTempDir();
  try {
    const args = ["run", "-A", "--no-check", "--cached-only", "scripts/check_size.ts"];
    const { code, output } = await capture(args, { env: { DENO_DIR: empty, NO_COLOR: "1" } });
    assertEquals(code, 1);
    assertStringIncludes(output, "Cannot bundle: npm:esbuild@");
  } finally {
    await Deno.remove(empty, { recursive: true });
  }
});
