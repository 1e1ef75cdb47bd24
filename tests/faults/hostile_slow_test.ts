/** The rows about hostile servers against the npm copy, in each version of Node. */

import { assert, assertEquals } from "@std/assert";
import { bundleFiles } from "../../scripts/esbuild.ts";
import { findNode } from "../../scripts/matrix/runtimes.ts";
import { npmProject } from "../../scripts/npm_project.ts";
import { captureCommand } from "../../scripts/run_deno.ts";
import { npm, provide } from "../../scripts/tools.ts";
import { sharedFaultServer } from "../support/fault_server.ts";
import { sharedProxies } from "../support/proxies.ts";
import { skipped } from "../support/skipped.ts";
import type { Report } from "./hostile/program.ts";
import { ROWS } from "./hostile/rows.ts";

const faults = sharedFaultServer();
const proxies = sharedProxies();
const withNpm = (await npm(".", ["--version"])).code === 0;

/** Each Node with a version of undici that is in use with it. */
const VERSIONS = [["20", "undici 6"], ["22", "undici 7"], ["24", "undici 8"]] as const;

let bundled: Promise<string> | undefined;

/** The program, in the project that has the npm copy. */
async function bundle(): Promise<string> {
  const entry = new URL("./hostile/program.ts", import.meta.url).pathname;
  const [file] = await bundleFiles({
    entryPoints: [entry],
    external: ["node:*", "@ax/client"],
    platform: "node",
  });
  const { folder } = await npmProject();
  const path = await Deno.makeTempFile({ dir: folder, suffix: ".mjs" });
  await Deno.writeTextFile(path, file?.text ?? "");
  return path;
}

function check({ name, place, outcome, strays }: Report): void {
  const row = ROWS.find((row) => row.name === name);
  assert(row);
  if (!row.strays?.(place)) assertEquals(strays, []);
  const expected = JSON.parse(JSON.stringify(row.expected(place))) as unknown[];
  const found = expected.find((other) => JSON.stringify(other) === JSON.stringify(outcome));
  if (found === undefined) assertEquals(outcome, expected[0]);
}

for (const [major, peer] of VERSIONS) {
  Deno.test({
    name: `no hostile server makes a call of the npm copy wait or fall in Node ${major}`,
    async fn(t) {
      if (!withNpm) return await skipped(t, "npm is not installed");
      const node = await findNode(major);
      const undici = await provide(peer);
      if ("missing" in node) return await skipped(t, node.missing);
      if ("missing" in undici) return await skipped(t, undici.missing);
      const program = await (bundled ??= bundle());
      const servers = { url: faults.url, ports: proxies.ports, ca: proxies.ca };
      const args = ["--no-warnings", program, JSON.stringify(servers)];
      const { code, output } = await captureCommand(node.program, args, {
        cwd: undici.folder,
        limitMs: 180_000,
      });
      const reports = output.split("\n").filter((line) => line.startsWith("{"))
        .map((line) => JSON.parse(line) as Report);
      for (const report of reports) {
        const { name, place: { style, way } } = report;
        await t.step(`${name} [${style}, ${way}]`, () => check(report));
      }
      assertEquals(code, 0, output.slice(-2_000));
      assert(reports.length >= 3.4 * ROWS.length, `Only ${reports.length} rows`);
    },
  });
}

Deno.test.afterAll(async () => {
  if (bundled) await Deno.remove(await bundled);
});
