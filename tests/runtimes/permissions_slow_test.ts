/**
 * The permission sets that docs/runtimes.md names, without a terminal and on one, where Deno would
 * ask: nothing asks, nothing hangs, and both call styles say the same.
 */
import { assertEquals, assertMatch } from "@std/assert";
import { withProbeServer } from "../../scripts/matrix/probe_server.ts";
import { PROGRAMS } from "../../scripts/matrix/runtimes.ts";
import { captureCommand, type RunResult } from "../../scripts/run_deno.ts";
import { skipped } from "../support/skipped.ts";

const LIMIT_MS = 20_000;

const ON_A_TERMINAL = `
import os, pty, sys
sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))
`;

const PLACES = ["without a terminal", "on a terminal"] as const;

const withPython = Deno.build.os !== "windows" &&
  await captureCommand("python3", ["-c", "import pty"]).then(({ code }) => code === 0, () => false);

function run(place: typeof PLACES[number], args: string[]): Promise<RunResult> {
  const command = [Deno.execPath(), "run", "--no-check", ...args];
  const options = { env: { NO_COLOR: "1" }, limitMs: LIMIT_MS };
  if (place === "on a terminal") {
    return captureCommand("python3", ["-c", ON_A_TERMINAL, ...command], options);
  }
  return captureCommand(Deno.execPath(), command.slice(1), options);
}

async function reportOf(
  place: typeof PLACES[number],
  permissions: (host: string) => string[],
): Promise<{ report: unknown[]; host: string }> {
  return await withProbeServer(async (url) => {
    const { host } = new URL(url);
    const args = [...permissions(host), `${PROGRAMS}/permission.mjs`, url];
    const { code, output } = await run(place, args);
    assertEquals(code, 0, output);
    assertEquals(/Allow\?/.test(output), false, output);
    return { report: JSON.parse(output.trim().split("\n").at(-1) ?? ""), host };
  });
}

for (const place of PLACES) {
  const permitted = (
    name: string,
    permissions: (host: string) => string[],
    check: (report: unknown[], host: string) => void,
  ): void => {
    Deno.test(`${name}, ${place}`, async (t) => {
      if (place === "on a terminal" && !withPython) return await skipped(t, "there is no python3");
      const { report, host } = await reportOf(place, permissions);
      check(report, host);
    });
  };

  permitted("--allow-net=<host> is enough for both styles", (host) => [`--allow-net=${host}`], (
    report,
  ) => assertEquals(report, [200, 200, "AX_SYNC_BRIDGE"]));

  permitted("--allow-net is enough for both styles", () => ["--allow-net"], (report) => {
    assertEquals(report, [200, 200, "AX_SYNC_BRIDGE"]);
  });

  permitted(
    "with --allow-read of its module a twin runs as well",
    (host) => [`--allow-net=${host}`, "--allow-read=."],
    (report) => assertEquals(report, [200, 200, "from the module"]),
  );

  const denied = (report: unknown[], host: string): void => {
    const [awaited, blocked] = report;
    assertEquals(awaited, blocked);
    assertMatch(`${awaited}`, /^AX_NETWORK: Cannot reach "GET URL\/json": not allowed, run with /);
    assertEquals(`${awaited}`.endsWith(`--allow-net=${host}`), true, `${awaited}`);
  };
  permitted("without any permission both styles name the flag", () => [], denied);
  permitted("with another host allowed both do", () => ["--allow-net=example.com"], denied);
  permitted("where the host is denied both do", (host) => [`--deny-net=${host}`], denied);

  Deno.test(`an import needs no permission and ends at once, ${place}`, async (t) => {
    if (place === "on a terminal" && !withPython) return await skipped(t, "there is no python3");
    const { code, output } = await run(place, [`${PROGRAMS}/import_only.mjs`]);
    assertEquals({ code, output: output.trim() }, { code: 0, output: "imported" });
  });
}
