/**
 * What a run needs: runtimes, the packages of other clients, and a folder with both.
 *
 * @module
 */

import { npmProject } from "../npm_project.ts";
import { cacheFolder, exists, mayFetch, npm, provide, type ToolName } from "../tools.ts";
import { bundleFiles } from "../esbuild.ts";
import { captureCommand } from "../run_deno.ts";
import type { Before } from "./before.ts";
import { SYNCKIT_WORKER } from "./rivals.ts";

/** Pinned; the page says which versions were measured. */
export const PACKAGES: Readonly<Record<string, string>> = {
  "alova": "3.5.5",
  "axios": "1.21.1",
  "got": "16.1.0",
  "ky": "2.1.0",
  "make-synchronous": "2.1.0",
  "ofetch": "1.5.1",
  "sync-fetch": "0.7.1",
  "synckit": "0.12.3",
  // The newest that Node 20 runs.
  "undici": "7.30.2",
  "up-fetch": "2.6.1",
  "wretch": "3.0.9",
  "xior": "0.8.5",
};

/** A runtime that programs are started in. */
export interface Runtime {
  /** With its version. */
  readonly name: string;
  readonly program: string;
  /** The arguments before the program's file. */
  readonly args: readonly string[];
  /** What it imports the client from. */
  readonly client: string;
  /** What it imports the client of an old commit from. */
  readonly before?: string;
}

/** Where the programs are, bundled for every runtime, beside `node_modules`. */
export interface RunFolder extends AsyncDisposable {
  readonly path: string;
  /** Why some rows will be missing. */
  readonly missing: readonly string[];
  /** Whether the npm copy is there. */
  readonly hasCopy: boolean;
  /** The old commit that is compared with. */
  readonly before?: Before;
}

/** What the npm copy of an old commit is called there. */
const BEFORE = "@ax/client-before";

/** Makes the folder. */
export async function makeRunFolder(before?: Before): Promise<RunFolder> {
  const missing: string[] = [];
  const path = await Deno.makeTempDir({ prefix: "ax-client-bench-" });
  await Deno.mkdir(`${path}/node_modules/@ax`, { recursive: true });
  await Deno.writeTextFile(`${path}/package.json`, '{ "private": true, "type": "module" }');
  await Deno.writeTextFile(`${path}/synckit_worker.mjs`, SYNCKIT_WORKER);
  const packages = await rivals();
  if (!packages) missing.push("other clients: not in the cache, AX_FETCH=1 fetches them");
  else {
    for (const name of Object.keys(PACKAGES)) {
      await Deno.symlink(`${packages}/node_modules/${name}`, `${path}/node_modules/${name}`);
    }
  }
  const copy = await npmProject().catch((error: Error) => {
    missing.push(`Node and Bun: the npm copy cannot be built: ${error.message.split("\n")[0]}`);
    return undefined;
  });
  if (copy) {
    // Copied, as the project may be gone before the run is over.
    await copyFolder(`${copy.folder}/node_modules/@ax/client`, `${path}/node_modules/@ax/client`);
  }
  if (before) await copyFolder(before.copy, `${path}/node_modules/${BEFORE}`);
  await bundlePrograms(path);
  return {
    path,
    missing,
    hasCopy: copy !== undefined,
    ...before && { before },
    [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }),
  };
}

async function copyFolder(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    if (isDirectory) await copyFolder(`${from}/${name}`, `${to}/${name}`);
    else await Deno.copyFile(`${from}/${name}`, `${to}/${name}`);
  }
}

async function bundlePrograms(path: string): Promise<void> {
  await bundleFiles({
    entryPoints: ["timing_program", "start_program"].map((name) =>
      new URL(`./${name}.ts`, import.meta.url).pathname
    ),
    outdir: path,
    outExtension: { ".js": ".mjs" },
    platform: "neutral",
    write: true,
  });
}

async function rivals(): Promise<string | undefined> {
  const wanted = Object.entries(PACKAGES).map(([name, version]) => `${name}@${version}`);
  const bytes = new TextEncoder().encode(wanted.join());
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex().slice(0, 12);
  const folder = `${cacheFolder()}/bench-${hash}`;
  if (await exists(folder)) return folder;
  if (!mayFetch()) return undefined;
  const making = `${folder}.${crypto.randomUUID().slice(0, 8)}`;
  await Deno.mkdir(making, { recursive: true });
  await Deno.writeTextFile(`${making}/package.json`, '{ "private": true }');
  const args = ["install", "--no-audit", "--no-fund", "--loglevel=error", ...wanted];
  if ((await npm(making, args)).code === 0) await Deno.rename(making, folder).catch(() => {});
  await Deno.remove(making, { recursive: true }).catch(() => {});
  return await exists(folder) ? folder : undefined;
}

/** The runtimes that are here or, where that is wanted, can be installed. */
export async function findRuntimes(run: RunFolder, quick: boolean): Promise<Runtime[]> {
  const found: Runtime[] = [{
    name: `Deno ${Deno.version.deno}`,
    program: Deno.execPath(),
    args: ["run", "-A", "--no-check", "--node-modules-dir=manual", "--v8-flags=--expose-gc"],
    client: new URL("../../mod.ts", import.meta.url).href,
    ...run.before && { before: run.before.entry },
  }];
  if (!run.hasCopy) return found;
  const add = async (label: string, program: string, args: string[]): Promise<void> => {
    const { code, output } = await captureCommand(program, ["--version"])
      .catch(() => ({ code: 127, output: "" }));
    const name = `${label} ${output.trim().replace(/^v/, "")}`;
    if (code !== 0 || found.some((runtime) => runtime.name === name)) return;
    found.push({
      ...{ name, program, args, client: "@ax/client" },
      ...run.before && { before: BEFORE },
    });
  };
  await add("Node", "node", ["--expose-gc"]);
  if (quick) return found;
  for (const tool of ["node 20", "node 22", "node 24", "node 26"] as const) {
    const folder = await folderOf(tool);
    const name = folder && [...Deno.readDirSync(`${folder}/node_modules`)]
      .find((entry) => entry.name.startsWith("node-"))?.name;
    // The one on PATH may be of that line already.
    const line = `Node ${tool.slice(5)}.`;
    if (!name || found.some((runtime) => runtime.name.startsWith(line))) continue;
    await add("Node", `${folder}/node_modules/${name}/bin/node`, ["--expose-gc"]);
  }
  const bun = await folderOf("bun");
  if (bun) await add("Bun", `${bun}/node_modules/bun/bin/bun.exe`, ["--expose-gc"]);
  return found;
}

async function folderOf(tool: ToolName): Promise<string | undefined> {
  const provided = await provide(tool);
  return "folder" in provided ? provided.folder : undefined;
}

/** Runs a program of the folder and returns what it reported. */
export async function runProgram<T>(
  run: RunFolder,
  runtime: Runtime,
  name: "timing_program" | "start_program",
  task: unknown,
  limitMs?: number,
): Promise<T[]> {
  const args = [...runtime.args, `${run.path}/${name}.mjs`, JSON.stringify(task)];
  return await resultsOf<T>(runtime.program, args, run.path, limitMs);
}

/** Runs a command and returns what it reported; throws with its output where that is nothing. */
export async function resultsOf<T>(
  program: string,
  args: string[],
  cwd: string,
  limitMs = 10 * 60_000,
): Promise<T[]> {
  const { output } = await captureCommand(program, args, { cwd, limitMs });
  const lines = output.split("\n").filter((line) => line.startsWith("RESULT "));
  if (lines.length > 0) return lines.map((line) => JSON.parse(line.slice(7)) as T);
  throw new Error(`Nothing was measured: ${output.trim().slice(-400)}`);
}
