/**
 * Builds the npm copy: ES modules in `esm/`, the same as CommonJS in `script/`, types beside both.
 * dnt turns the sources into JavaScript and declarations, or `deno pack` where dnt cannot be loaded;
 * everything after that is one way, so both give the same entries, formats, conditions and types.
 *
 * `deno task npm --out=<folder>`; the default folder is `npm/`. `--release` demands dnt: what the
 * network answers at that moment must not decide what is published.
 *
 * @module
 */

// deno-lint-ignore-file no-console -- a script talks to its terminal
import { addCommonJS, bundleModules } from "./bundle_npm.ts";
import {
  completeTypes,
  type Dependencies,
  ESM,
  NPM_FIELDS,
  npmDependencies,
  npmExports,
  readDenoJson,
  repositoryFields,
  SCRIPT,
} from "./npm_package.ts";
import { capture, captureCommand } from "./run_deno.ts";
import type { RunResult } from "./run_deno.ts";
import { sourceFiles } from "./source_files.ts";

/** The tool that turned the sources into JavaScript and declarations. */
export type Builder = "dnt" | "deno pack";

/** How a copy is built. */
export interface BuildOptions {
  /** Fails where dnt cannot be loaded. */
  readonly release?: boolean;
  /** Loads dnt into the cache, and says what came of it. */
  readonly load?: () => Promise<RunResult>;
}

/** What users read, besides the code. */
const DOCUMENTS = ["README.md", "LICENSE", "CHANGELOG.md"];

const PROBE_LIMIT_MS = 8_000;
const DNT_LIMIT_MS = 5 * 60_000;

/**
 * Builds the copy into an emptied `out` and says which tool did it.
 *
 * @throws {Error} If a release is built and dnt cannot be loaded, or a step fails.
 */
export async function buildNpm(out: string, options: BuildOptions = {}): Promise<Builder> {
  const builder = await chooseBuilder(options);
  await Deno.remove(out, { recursive: true }).catch(() => {});
  await Deno.mkdir(out, { recursive: true });
  const dependencies = builder === "dnt" ? await transformByDnt(out) : await transformByPack(out);
  const { exports } = readDenoJson();
  await bundleModules(`${out}/${ESM}`, Object.values(exports));
  await completeDeclarations(`${out}/${ESM}`);
  await addCommonJS(`${out}/${ESM}`, `${out}/${SCRIPT}`);
  await Deno.writeTextFile(`${out}/package.json`, json(packageJson(builder, dependencies)));
  for (const name of DOCUMENTS) await Deno.copyFile(name, `${out}/${name}`);
  return builder;
}

/** Says which tool builds: for a release dnt, whatever the network says. */
export async function chooseBuilder(
  { release = false, load = loadDnt }: BuildOptions,
): Promise<Builder> {
  const { code, output } = await load();
  if (code === 0) return "dnt";
  if (release) {
    throw new Error(
      `Cannot build a release: dnt could not be loaded, run it where JSR can be reached: ${output}`,
    );
  }
  return "deno pack";
}

async function loadDnt(): Promise<RunResult> {
  const { imports } = JSON.parse(await Deno.readTextFile("deno.json")) as {
    imports: Readonly<Record<string, string>>;
  };
  const dnt = imports["@deno/dnt"];
  if (dnt === undefined) throw new Error('Cannot build: deno.json has no import "@deno/dnt"');
  return await capture(["cache", "-q", dnt], { limitMs: PROBE_LIMIT_MS });
}

/** Fills `esm/` by dnt, and returns what the sources import from npm. */
async function transformByDnt(out: string): Promise<Dependencies> {
  const args = ["run", "-A", "scripts/build_npm_dnt.ts", out];
  must(await capture(args, { limitMs: DNT_LIMIT_MS }), "build with dnt");
  return await dependenciesIn(out);
}

/** Fills `esm/` by `deno pack`, and returns what the sources import from npm. */
async function transformByPack(out: string): Promise<Dependencies> {
  // With a slow type, `deno pack` leaves out every .d.ts and still exits with 0.
  must(await capture(["publish", "--dry-run", "--allow-dirty"]), "publish as a dry run");
  const folder = await Deno.makeTempDir();
  try {
    const tarball = `${folder}/packed.tgz`;
    const args = ["pack", "--no-source-maps", "--allow-dirty", "-o", tarball];
    must(await capture(args), "pack");
    must(await captureCommand("tar", ["-xzf", tarball, "-C", folder]), "unpack the tarball");
    const packed = `${folder}/package`;
    for (const path of await sourceFiles(packed, /\.(js|d\.ts)$/)) {
      const target = `${out}/${ESM}${path.slice(packed.length)}`;
      await Deno.mkdir(target.slice(0, target.lastIndexOf("/")), { recursive: true });
      await Deno.copyFile(path, target);
    }
    return await dependenciesIn(packed);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function dependenciesIn(folder: string): Promise<Dependencies> {
  const text = await Deno.readTextFile(`${folder}/package.json`);
  return (JSON.parse(text) as { dependencies?: Dependencies }).dependencies ?? {};
}

async function completeDeclarations(folder: string): Promise<void> {
  for (const path of await sourceFiles(folder, /\.d\.ts$/)) {
    const text = await Deno.readTextFile(path);
    const complete = completeTypes(text);
    if (complete !== text) await Deno.writeTextFile(path, complete);
  }
}

function packageJson(builder: Builder, found: Dependencies): Record<string, unknown> {
  const { name, version, exports } = readDenoJson();
  return {
    name,
    version,
    // npm refuses to publish it.
    ...(builder !== "dnt" && { private: true }),
    ...NPM_FIELDS,
    ...repositoryFields(Deno.env.toObject()),
    ...npmExports(exports),
    ...npmDependencies(found),
  };
}

function json(value: unknown): string {
  return JSON.stringify(value, null, 2) + "\n";
}

function must(result: RunResult, what: string): void {
  if (result.code !== 0) throw new Error(`Cannot ${what}:\n${result.output}`);
}

if (import.meta.main) {
  const out = Deno.args.find((arg) => arg.startsWith("--out="))?.slice(6) ?? "npm";
  const release = Deno.args.includes("--release");
  try {
    const builder = await buildNpm(out, { release });
    const { name, version } = readDenoJson();
    const note = builder === "dnt" ? "" : ": dnt could not be loaded, so this is for tests only";
    console.log(`${name}@${version} built into ${out} with ${builder}${note}`);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    Deno.exit(1);
  }
}
