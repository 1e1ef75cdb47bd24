/** Programs that use the package in processes of their own. */

import { bundleFiles } from "../../scripts/esbuild.ts";
import { findNode } from "../../scripts/matrix/runtimes.ts";
import { npmProject } from "../../scripts/npm_project.ts";
import { captureCommand } from "../../scripts/run_deno.ts";
import { provide } from "../../scripts/tools.ts";

/** A runtime that can be had here. */
export interface Program {
  readonly name: string;
  /** The command and its first arguments. */
  readonly command: readonly string[];
}

/** Node in every version that is here, then Bun; what is not is left out. */
export async function otherRuntimes(): Promise<Program[]> {
  const programs: Program[] = [];
  for (const major of ["20", "22", "24"] as const) {
    const node = await findNode(major);
    if (!("missing" in node)) programs.push({ name: `Node ${major}`, command: [node.program] });
  }
  const bun = await provide("bun");
  if (!("missing" in bun)) {
    const command = [`${bun.folder}/node_modules/bun/bin/bun.exe`];
    programs.push({ name: "Bun", command });
  }
  return programs;
}

/** This Deno, with the permission that a sync call needs. */
export const DENO: Program = {
  name: "Deno",
  command: [Deno.execPath(), "run", "--no-check", "--no-prompt", "--allow-net"],
};

/** A folder with the package as one file, `ax.mjs`, and whatever a test puts beside it. */
export interface Folder extends AsyncDisposable {
  readonly path: string;
  /** Writes a file. */
  write(name: string, text: string): Promise<string>;
}

let bundle: Promise<string> | undefined;

/** Makes a folder for programs. */
export async function programFolder(): Promise<Folder> {
  bundle ??= bundleFiles({ entryPoints: ["mod.ts"] }).then(([file]) => file?.text ?? "");
  const path = await Deno.makeTempDir();
  const write = async (name: string, text: string): Promise<string> => {
    await Deno.writeTextFile(`${path}/${name}`, text);
    return `${path}/${name}`;
  };
  await write("ax.mjs", await bundle);
  return { path, write, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

/** Makes a folder for programs whose `ax.mjs` is the npm copy, installed as a user's would be. */
export async function copyFolder(): Promise<Folder> {
  const { folder } = await npmProject();
  const path = await Deno.makeTempDir({ dir: folder });
  const write = async (name: string, text: string): Promise<string> => {
    await Deno.writeTextFile(`${path}/${name}`, text);
    return `${path}/${name}`;
  };
  await write("ax.mjs", 'export * from "@ax/client";');
  return { path, write, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

/** What a program prints, where it ends by itself and well; else how it ended. */
export async function outputOf(
  { command }: Program,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<string> {
  const [program = "", ...first] = command;
  const options = { limitMs: 30_000, env: { NO_COLOR: "1", ...env } };
  const { code, output } = await captureCommand(program, [...first, ...args], options);
  return code === 0 ? output.trim() : `exit ${code}: ${output}`;
}
