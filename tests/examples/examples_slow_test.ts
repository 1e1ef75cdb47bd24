import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { capture, captureCommand, type RunResult } from "../../scripts/run_deno.ts";

const LIMIT_MS = 60_000;
const PLAIN = { env: { NO_COLOR: "1" }, limitMs: LIMIT_MS };

/** What must be in the output of each example. */
const EXPECTED: Record<string, readonly string[]> = {
  basic: ["async: 200 Ada Lovelace", "sync:  200 Ada Lovelace", "sync:  201"],
  errors: ["async: the server said 404", "sync:  out of time (attempt)", "sync:  AX_RETRY after 3"],
  plugins: [
    ...["async: 3 calls, 1 request", "sync:  3 calls, 1 request", '{"issue_title":"Hello"}'],
    ...["sync:  no request until", "logged: AX_RETRY, AX_CIRCUIT_OPEN"],
  ],
  interceptors: ['name: "Grace Hopper" } from the server', 'name: "Grace Hopper" } hit'],
};

/** The table's lines, its head left out. */
function linesOf(output: string): string[] {
  return output.split("\n").filter((line) => /\d+ ms .* \d+ ms/.test(line));
}

function assertDemo({ code, output }: RunResult): void {
  assertEquals(code, 0, output);
  const lines = linesOf(output.replaceAll("\r", ""));
  assertEquals(lines.length, 12, output);
  for (const line of lines) assertMatch(line, / yes$/);
  assertMatch(output, /^await api\.get .*Ada Lovelace .*Ada Lovelace /m);
  assertMatch(output, /^404 .*HTTPStatusError 404.*HTTPStatusError 404/m);
  assertMatch(output, /^a timeout .*TimeoutError.*TimeoutError/m);
  assertMatch(output, /^503 twice, .*attempt 3.*attempt 3/m);
  assertStringIncludes(output, "and 0 times during the sync one");
}

function exampleNames(): string[] {
  const shown = [...Deno.readDirSync("examples")].filter(({ isFile }) => isFile).map((it) =>
    it.name
  );
  const parts = ["demo.ts", "deno_deploy.ts", "download.ts", "github.ts", "server.ts"];
  // `browser/` is tried in tests/runtimes/browser_slow_test.ts.
  return shown.filter((name) => name.endsWith(".ts") && !parts.includes(name)).map((name) =>
    name.slice(0, -3)
  ).sort();
}

Deno.test("examples/ holds no example without a test", () => {
  assertEquals(exampleNames(), Object.keys(EXPECTED).sort());
});

for (const [name, texts] of Object.entries(EXPECTED)) {
  Deno.test(`examples/${name}.ts runs with --allow-net alone`, async () => {
    const { code, output } = await capture(
      ["run", "--no-prompt", "--allow-net", `examples/${name}.ts`],
      PLAIN,
    );
    assertEquals(code, 0, output);
    for (const text of texts) assertStringIncludes(output, text);
  });
}

Deno.test("examples/demo.ts runs with --allow-net alone", async () => {
  assertDemo(await capture(["run", "--no-prompt", "--allow-net", "examples/demo.ts"], PLAIN));
});

Deno.test("the task demo gives the same result in both styles", async () => {
  assertDemo(await capture(["task", "demo"], PLAIN));
});

/** Runs a command on a terminal of its own, where a missing permission becomes a question. */
const ON_A_TERMINAL = `
import os, pty, sys
status = pty.spawn(sys.argv[1:])
sys.exit(os.waitstatus_to_exitcode(status))
`;

async function hasPython(): Promise<boolean> {
  try {
    return (await captureCommand("python3", ["-c", "import pty"], PLAIN)).code === 0;
  } catch {
    return false;
  }
}

Deno.test({
  name: "examples/demo.ts asks for no permission on a terminal",
  ignore: Deno.build.os === "windows" || !await hasPython(),
  async fn() {
    const command = [Deno.execPath(), "run", "--allow-net", "examples/demo.ts"];
    const result = await captureCommand("python3", ["-c", ON_A_TERMINAL, ...command], PLAIN);
    assertEquals(/Allow\?|requests .* access/i.test(result.output), false, result.output);
    assertDemo(result);
  },
});
