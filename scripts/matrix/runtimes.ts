/**
 * The runtimes of the matrix: which programs of `tests/runtimes/programs/` each of them runs, and
 * how it is had.
 *
 * @module
 */

import { npmProject, withPrograms } from "../npm_project.ts";
import { capture, captureCommand, type RunResult } from "../run_deno.ts";
import { provide, type Tool, type ToolName } from "../tools.ts";
import { bundleWith } from "./bundles.ts";
import { CHROMIUM } from "./chromium.ts";

/** What one program found: `true` for each check, or what went wrong. */
export type Report = Readonly<Record<string, unknown>>;

/** What came of a runtime: reports by program, or why it could not be tried here. */
export type Outcome =
  | { readonly version: string; readonly reports: Readonly<Record<string, Report>> }
  | { readonly missing: string };

/** One line of the table. */
export interface Runtime {
  readonly name: string;
  /** How it is tested, for the table. */
  readonly tested: string;
  /** Runs the programs against the probe server at `url`. */
  run(url: string): Promise<Outcome>;
}

/** The folder with the programs. */
export const PROGRAMS = "tests/runtimes/programs";

/** A program that is kept alive would run into this. */
const RUN_LIMIT_MS = 60_000;

const BOTH = ["main.mjs", "main.cjs"];

/** Every runtime, in the order of the table. */
export const RUNTIMES: readonly Runtime[] = [
  {
    name: "Deno",
    tested: "the sources, with `--allow-net --allow-read=.`",
    run: (url) => inDeno(["--allow-net", "--allow-read=."], "main.mjs", url),
  },
  {
    name: "Deno, compiled",
    tested: "`deno compile --allow-net`",
    run: compiled,
  },
  {
    name: "Deno, edge isolate",
    tested: "the sources, without `Worker`, `SharedArrayBuffer`, `process`, `Deno.permissions`",
    run: (url) => inDeno(["--allow-net"], "edge_isolate.mjs", url),
  },
  nodeRuntime("20"),
  nodeRuntime("22"),
  nodeRuntime("24"),
  {
    name: "Bun",
    tested: "npm tarball; ESM, CommonJS",
    async run(url) {
      const tool = await provide("bun");
      if ("missing" in tool) return tool;
      const program = `${tool.folder}/node_modules/bun/bin/bun.exe`;
      return await inProject(program, await versionOf(program), url);
    },
  },
  bundledRuntime("esbuild"),
  bundledRuntime("rollup"),
  ...CHROMIUM,
  { name: "workerd", tested: "npm tarball, module by module, in miniflare", run: inWorkerd },
];

async function inDeno(permissions: string[], program: string, url: string): Promise<Outcome> {
  const args = ["run", "--no-prompt", "--no-check", ...permissions, `${PROGRAMS}/${program}`, url];
  const result = await capture(args, { limitMs: RUN_LIMIT_MS });
  return { version: Deno.version.deno, reports: { [program]: parse(result) } };
}

async function compiled(url: string): Promise<Outcome> {
  const folder = await Deno.makeTempDir();
  try {
    const binary = `${folder}/program`;
    const source = `${PROGRAMS}/bundled.mjs`;
    const args = ["compile", "-q", "--no-check", "--no-prompt", "--allow-net", "-o", binary];
    const { code, output } = await capture([...args, source], { limitMs: RUN_LIMIT_MS });
    if (code !== 0 && /denort|Setting up base binary/.test(output)) {
      return { missing: "the compiler could not fetch the runtime that it embeds" };
    }
    const result = code === 0
      ? await captureCommand(binary, [url], { limitMs: RUN_LIMIT_MS })
      : { code, output };
    return { version: Deno.version.deno, reports: { compiled: parse(result) } };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function nodeRuntime(major: "20" | "22" | "24"): Runtime {
  return {
    name: `Node ${major}`,
    tested: "npm tarball; ESM, CommonJS",
    async run(url) {
      const node = await findNode(major);
      if ("missing" in node) return node;
      return await inProject(node.program, node.version, url);
    },
  };
}

/** A Node of one major version: the system's, else the one from npm. */
export async function findNode(
  major: "20" | "22" | "24",
): Promise<{ program: string; version: string } | { missing: string }> {
  const system = await versionOf("node").catch(() => "");
  if (system.startsWith(`${major}.`)) return { program: "node", version: system };
  const tool: Tool = await provide(`node ${major}` as ToolName);
  if ("missing" in tool) return tool;
  const [name] = [...Deno.readDirSync(`${tool.folder}/node_modules`)]
    .filter(({ name }) => name.startsWith("node-")).map(({ name }) => name);
  const binary = Deno.build.os === "windows" ? "node.exe" : "node";
  const program = `${tool.folder}/node_modules/${name}/bin/${binary}`;
  return { program, version: await versionOf(program) };
}

/** Any Node that the npm copy supports. */
export async function anyNode(): Promise<{ program: string; version: string } | undefined> {
  for (const major of ["24", "22", "20"] as const) {
    const node = await findNode(major);
    if (!("missing" in node)) return node;
  }
  return undefined;
}

async function inProject(program: string, version: string, url: string): Promise<Outcome> {
  return await withPrograms(PROGRAMS, async (cwd) => {
    const reports: Record<string, Report> = {};
    for (const file of BOTH) {
      const options = { cwd, limitMs: RUN_LIMIT_MS };
      reports[file] = parse(await captureCommand(program, [file, url], options));
    }
    return { version, reports };
  });
}

function bundledRuntime(bundler: "esbuild" | "rollup"): Runtime {
  return {
    name: `Node, bundle of ${bundler}`,
    tested: "npm tarball, in one file; ESM, CommonJS",
    async run(url) {
      const tool = await provide("bundlers");
      if ("missing" in tool) return tool;
      const node = await anyNode();
      if (!node) return { missing: "there is no Node" };
      return await withPrograms(PROGRAMS, async (cwd) => {
        const reports: Record<string, Report> = {};
        for (const format of ["esm", "cjs"] as const) {
          const file = await bundleWith(bundler, format, {
            cwd,
            tool: tool.folder,
            node: node.program,
          });
          // Away from node_modules: a bundle has to bring everything along.
          const alone = await Deno.makeTempDir();
          const name = format === "esm" ? "app.mjs" : "app.cjs";
          await Deno.copyFile(file, `${alone}/${name}`);
          const options = { cwd: alone, limitMs: RUN_LIMIT_MS };
          reports[format] = parse(await captureCommand(node.program, [name, url], options));
          await Deno.remove(alone, { recursive: true });
        }
        return { version: node.version, reports };
      });
    },
  };
}

async function inWorkerd(url: string): Promise<Outcome> {
  const tool = await provide("miniflare");
  if ("missing" in tool) return tool;
  const node = await findNode("24");
  if ("missing" in node) return node;
  const { copy } = await npmProject();
  return await withPrograms(PROGRAMS, async (cwd) => {
    const args = ["edge_host.mjs", tool.folder, copy, url];
    const result = await captureCommand(node.program, args, { cwd, limitMs: RUN_LIMIT_MS });
    const about = await Deno.readTextFile(`${tool.folder}/node_modules/workerd/package.json`);
    return { version: JSON.parse(about).version, reports: { "edge_worker.mjs": parse(result) } };
  });
}

async function versionOf(program: string): Promise<string> {
  const { output } = await captureCommand(program, ["--version"], { limitMs: RUN_LIMIT_MS });
  return output.trim().replace(/^v/, "");
}

/** The last line is the report; a program that failed has none. */
function parse({ code, output }: RunResult): Report {
  const line = output.trim().split("\n").findLast((line) => line.startsWith("{"));
  if (code !== 0 || line === undefined) return { program: `exit code ${code}: ${output}` };
  return JSON.parse(line) as Report;
}
