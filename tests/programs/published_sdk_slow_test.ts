/** An SDK in a folder of its own passes the gates of JSR. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { capture } from "../../scripts/run_deno.ts";

const ROOT = await Deno.realPath(new URL("../..", import.meta.url));

async function inFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.realPath(await Deno.makeTempDir());
  const { version } = JSON.parse(await Deno.readTextFile(`${ROOT}/deno.json`));
  const config = {
    name: "@me/github",
    version: "1.0.0",
    license: "MIT",
    exports: "./mod.ts",
    imports: { "@ax/client": `jsr:@ax/client@^${version}` },
    links: [ROOT],
  };
  try {
    await Deno.writeTextFile(`${folder}/deno.json`, JSON.stringify(config));
    await Deno.copyFile(`${ROOT}/tests/programs/published_sdk.ts`, `${folder}/mod.ts`);
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("the dry run of publishing an SDK has nothing to say", () =>
  inFolder(async (cwd) => {
    const { code, output } = await capture(["publish", "--dry-run", "--allow-dirty"], { cwd });
    assertEquals(code, 0, output);
    assertStringIncludes(output, "Dry run complete");
    assertEquals(/warning|slow type/i.test(output.replace("Checking for slow types", "")), false);
  }));

Deno.test("the lint of an SDK's documentation misses nothing in it", () =>
  inFolder(async (cwd) => {
    const { output } = await capture(["doc", "--lint", "mod.ts"], { cwd, env: { NO_COLOR: "1" } });
    // Only here are the types of the package, which is linked, taken for the SDK's own.
    const own = output.match(/error\[[a-z-]+\].*/g)?.filter((line) =>
      !/^error\[private-type-ref\].* references private type '(?:Flow|FlowItems|FlowStream|Sdk|Dual)'/
        .test(line)
    );
    assertEquals(own ?? [], [], output);
  }));
