/** Programs of this folder in another runtime. */

import { bundleFiles } from "../../../scripts/esbuild.ts";
import { captureCommand } from "../../../scripts/run_deno.ts";
import type { ToolName } from "../../../scripts/tools.ts";

/** The versions of Node whose dispatcher is tested. */
export const VERSIONS = [
  "node 20",
  "node 22",
  "node 24",
  "node 26",
] as const satisfies ToolName[];

const TLS_FOLDER = new URL("../../support/tls", import.meta.url).pathname;
const bundles = new Map<string, Promise<string>>();

/** A program of this folder, as one file. */
async function bundle(name: string): Promise<string> {
  const entry = new URL(`./${name}.ts`, import.meta.url).pathname;
  const [file] = await bundleFiles({ entryPoints: [entry] });
  const path = await Deno.makeTempFile({ suffix: ".mjs" });
  await Deno.writeTextFile(path, file?.text ?? "");
  return path;
}

/** Runs a program of this folder; returns its exit code and what it has printed as JSON. */
export async function runProgram(
  runtime: string,
  name: string,
  args: readonly string[],
): Promise<{ code: number; reports: unknown[]; output: string }> {
  const bundled = bundles.get(name) ?? bundle(name);
  bundles.set(name, bundled);
  const { code, output } = await captureCommand(runtime, [await bundled, ...args], {
    env: { TLS_FOLDER, NODE_EXTRA_CA_CERTS: `${TLS_FOLDER}/ca.pem` },
    limitMs: 180_000,
  });
  const lines = output.split("\n").filter((line) => line.startsWith("{"));
  return { code, reports: lines.map((line) => JSON.parse(line)), output };
}

/** The binary of Node in the folder of its package. */
export async function nodeIn(folder: string): Promise<string> {
  for await (const { name } of Deno.readDir(`${folder}/node_modules`)) {
    if (name.startsWith("node-")) return `${folder}/node_modules/${name}/bin/node`;
  }
  throw new Error(`There is no Node in "${folder}"`);
}
