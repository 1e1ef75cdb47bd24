/**
 * A project that has the npm copy installed from its tarball, as a user's would.
 *
 * @module
 */

import { type Builder, buildNpm } from "./build_npm.ts";
import { exists, npm } from "./tools.ts";
import { sourceFiles } from "./source_files.ts";

/** Where everything is. */
export interface NpmProject {
  /** Has `node_modules/@ax/client`; programs go into folders below it. */
  readonly folder: string;
  /** The copy as it was built. */
  readonly copy: string;
  readonly tarball: string;
  readonly builder: Builder;
}

/** Builds, packs and installs the copy of the present sources; once, whoever asks. */
export async function npmProject(): Promise<NpmProject> {
  const base = Deno.env.get("TMPDIR") ?? "/tmp";
  const root = `${base}/ax-client-npm-${await fingerprint()}`;
  if (!await exists(root)) {
    const making = await Deno.makeTempDir({ dir: base, prefix: "ax-client-npm-making-" });
    await make(making);
    // Where another process was faster, its project is as good.
    await Deno.rename(making, root).catch(() => Deno.remove(making, { recursive: true }));
  }
  const { builder, tarball } = JSON.parse(await Deno.readTextFile(`${root}/made.json`));
  return {
    folder: `${root}/project`,
    copy: `${root}/copy`,
    tarball: `${root}/${tarball}`,
    builder,
  };
}

/** Copies programs into a folder of the project for the time of `use`. */
export async function withPrograms<T>(
  programs: string,
  use: (folder: string) => Promise<T>,
): Promise<T> {
  const { folder: project } = await npmProject();
  const folder = await Deno.makeTempDir({ dir: project });
  try {
    for await (const { name, isFile } of Deno.readDir(programs)) {
      if (isFile) await Deno.copyFile(`${programs}/${name}`, `${folder}/${name}`);
    }
    return await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function make(root: string): Promise<void> {
  const [copy, project] = [`${root}/copy`, `${root}/project`];
  const builder = await buildNpm(copy);
  await Deno.mkdir(project);
  await Deno.writeTextFile(`${project}/package.json`, '{ "private": true }');
  must(await npm(copy, ["pack", "--pack-destination", root]), "pack the npm copy");
  const tarball = [...Deno.readDirSync(root)].find(({ name }) => name.endsWith(".tgz"))?.name;
  const install = ["install", "--no-audit", "--no-fund", "--prefer-offline", `../${tarball}`];
  must(await npm(project, install), "install the npm copy");
  await Deno.writeTextFile(`${root}/made.json`, JSON.stringify({ builder, tarball }));
}

function must({ code, output }: { code: number; output: string }, what: string): void {
  if (code !== 0) throw new Error(`Cannot ${what}: ${output}`);
}

/** Tells two states of what the copy is made of apart. */
async function fingerprint(): Promise<string> {
  const scripts = (await sourceFiles("scripts")).filter((path) => /npm|esbuild|tools/.test(path));
  const paths = [
    "deno.json",
    "mod.ts",
    "web.ts",
    "README.md",
    ...scripts,
    ...await sourceFiles("src"),
  ];
  const texts = await Promise.all(paths.map(async (path) => [path, await Deno.readTextFile(path)]));
  const bytes = new TextEncoder().encode(JSON.stringify(texts));
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return hash.toHex().slice(0, 16);
}
