/**
 * Builds the npm copy: with dnt (ESM and CommonJS), or with `deno pack` (ESM only) where dnt
 * cannot be loaded; then puts its ES modules together. `deno task npm --out <folder>`; the default folder is `npm/`.
 *
 * @module
 */

// deno-lint-ignore-file no-console -- a script talks to its terminal
import { bundleNpm, type NpmExports } from "./bundle_npm.ts";
import {
  completeTypes,
  NOT_IN_NPM,
  NPM_FIELDS,
  readDenoJson,
  repositoryFields,
} from "./npm_package.ts";
import { capture, captureCommand } from "./run_deno.ts";
import type { RunResult } from "./run_deno.ts";
import { sourceFiles } from "./source_files.ts";

/** The tool a copy was built with. */
export type Builder = "dnt" | "deno pack";

const PROBE_LIMIT_MS = 8_000;
const DNT_LIMIT_MS = 5 * 60_000;

/** Builds the copy into an emptied `out` and says which tool did it. */
export async function buildNpm(out: string): Promise<Builder> {
  await Deno.remove(out, { recursive: true }).catch(() => {});
  await Deno.mkdir(out, { recursive: true });
  const withDnt = await dntLoads();
  if (withDnt) {
    const built = await capture(["run", "-A", "scripts/build_npm_dnt.ts", out], {
      limitMs: DNT_LIMIT_MS,
    });
    must(built, "build with dnt");
  } else {
    await packWithDeno(out);
  }
  const path = `${out}/package.json`;
  const { exports } = JSON.parse(await Deno.readTextFile(path)) as { exports: NpmExports };
  await bundleNpm(out, exports);
  await completeDeclarations(out);
  return withDnt ? "dnt" : "deno pack";
}

async function completeDeclarations(out: string): Promise<void> {
  for (const path of await sourceFiles(out)) {
    if (!path.endsWith(".d.ts")) continue;
    const text = await Deno.readTextFile(path);
    const complete = completeTypes(text);
    if (complete !== text) await Deno.writeTextFile(path, complete);
  }
}

async function dntLoads(): Promise<boolean> {
  const { imports } = JSON.parse(await Deno.readTextFile("deno.json")) as {
    imports: Record<string, string>;
  };
  const probe = await capture(["cache", "-q", imports["@deno/dnt"] ?? ""], {
    limitMs: PROBE_LIMIT_MS,
  });
  return probe.code === 0;
}

async function packWithDeno(out: string): Promise<void> {
  // With a slow type, `deno pack` leaves out every .d.ts and still exits with 0.
  must(await capture(["publish", "--dry-run", "--allow-dirty"]), "publish as a dry run");
  const tarball = await Deno.makeTempFile({ suffix: ".tgz" });
  try {
    const args = ["pack", "--no-source-maps", "--allow-dirty", "-o", tarball];
    must(await capture(args), "pack");
    const unpack = ["-xzf", tarball, "-C", out, "--strip-components=1"];
    must(await captureCommand("tar", unpack), "unpack the tarball");
  } finally {
    await Deno.remove(tarball);
  }
  // Sources outside the module graph (the workers', embedded as strings) come along as they are.
  const sources = (await sourceFiles(out)).filter((path) => !path.endsWith(".d.ts"));
  for (const path of sources) await Deno.remove(path);
  for (const name of NOT_IN_NPM) await Deno.remove(`${out}/${name}`).catch(() => {});
  const path = `${out}/package.json`;
  const packed = JSON.parse(await Deno.readTextFile(path)) as PackedJson;
  await Deno.writeTextFile(path, JSON.stringify(completed(packed), null, 2) + "\n");
  for (const target of Object.values(packed.exports).flatMap(Object.values<string>)) {
    await Deno.stat(`${out}/${target}`);
  }
}

interface PackedJson {
  name: string;
  version: string;
  exports: Record<string, { types: string; import: string; default: string }>;
}

/** `deno pack` leaves out description, engines and keywords. */
function completed(packed: PackedJson): Record<string, unknown> {
  const { name, version, ...rest } = packed;
  return { name, version, ...NPM_FIELDS, ...repositoryFields(Deno.env.toObject()), ...rest };
}

function must(result: RunResult, what: string): void {
  if (result.code !== 0) throw new Error(`Cannot ${what}:\n${result.output}`);
}

if (import.meta.main) {
  const at = Deno.args.indexOf("--out");
  const out = at >= 0 ? Deno.args[at + 1] ?? "npm" : "npm";
  const builder = await buildNpm(out);
  const { name, version } = readDenoJson();
  const note = builder === "dnt" ? "ESM and CommonJS" : "ESM only: dnt could not be loaded";
  console.log(`${name}@${version} built into ${out} with ${builder} (${note})`);
}
