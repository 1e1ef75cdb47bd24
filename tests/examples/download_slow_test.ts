import { assertEquals, assertStringIncludes } from "@std/assert";
import { capture, captureCommand } from "../../scripts/run_deno.ts";

const PLAIN = { env: { NO_COLOR: "1" }, limitMs: 60_000 };
const COMMAND = ["run", "--no-prompt", "--allow-net", "examples/download.ts"];

/** Why the example cannot run here: its progress bar comes from npm. */
async function missing(): Promise<string | undefined> {
  const { code, output } = await capture(["cache", "examples/download.ts"], PLAIN);
  return code === 0 ? undefined : output;
}

async function hasPython(): Promise<boolean> {
  try {
    return (await captureCommand("python3", ["-c", "import pty"], PLAIN)).code === 0;
  } catch {
    return false;
  }
}

const unavailable = await missing();
// deno-lint-ignore no-console -- a test that is left out says why
if (unavailable !== undefined) console.log(`npm:cli-progress cannot be had here:\n${unavailable}`);

Deno.test({
  name: "examples/download.ts runs in both styles with --allow-net alone",
  ignore: unavailable !== undefined,
  async fn() {
    const { code, output } = await capture(COMMAND, PLAIN);
    assertEquals(code, 0, output);
    assertStringIncludes(output, "async: 524288 bytes");
    assertStringIncludes(output, "sync:  524288 bytes");
  },
});

const ON_A_TERMINAL = `
import os, pty, sys
status = pty.spawn(sys.argv[1:])
sys.exit(os.waitstatus_to_exitcode(status))
`;

Deno.test({
  name: "examples/download.ts moves its bar on a terminal, also while the thread is blocked",
  ignore: unavailable !== undefined || Deno.build.os === "windows" || !await hasPython(),
  async fn() {
    const command = ["-c", ON_A_TERMINAL, Deno.execPath(), ...COMMAND];
    const { code, output } = await captureCommand("python3", command, PLAIN);
    assertEquals(code, 0, output);
    for (const style of ["async", "sync "]) {
      const shown = new Set(output.match(new RegExp(`${style} [█░]+ \\d+%`, "g")));
      assertEquals(shown.size >= 3, true, `${style}: ${[...shown].join("\n")}`);
    }
  },
});
