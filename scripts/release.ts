/**
 * Prepares a release, or helps the workflow that publishes one.
 *
 * - `deno task release 1.2.3` writes the version and the changelog's section, lets both registries
 *   look at the result without publishing it, commits and tags. `--dry-run` leaves nothing behind.
 * - `deno task release --notes v1.2.3` prints the section, and fails for a tag of another version.
 *
 * The tag, once pushed, makes `.github/workflows/release.yml` publish.
 *
 * @module
 */

// deno-lint-ignore-file no-console -- a script talks to its terminal
import { readDenoJson } from "./npm_package.ts";
import {
  releasedChangelog,
  sectionOf,
  tagProblem,
  versionProblem,
  withVersion,
} from "./release_plan.ts";
import { captureCommand } from "./run_deno.ts";
import { JSR_CLIENT } from "./tools.ts";

/** How a release is made. */
export interface ReleaseOptions {
  /** The checkout. */
  readonly root: string;
  /** Leaves the checkout as it was, and tags nothing. */
  readonly dryRun?: boolean;
  /** The day of the release, as `2026-01-31`. */
  readonly date: string;
  /** Fails where a registry would not take the package. */
  readonly rehearse: (root: string) => Promise<void>;
}

/** Prepares a version; anything that fails leaves the files as they were. */
export async function release(version: string, options: ReleaseOptions): Promise<void> {
  const { root, dryRun = false, date, rehearse } = options;
  if (await git(root, "status", "--porcelain")) {
    throw new Error(`Cannot release ${version}: the tree has uncommitted changes`);
  }
  const tag = `v${version}`;
  if (await git(root, "tag", "--list", tag)) {
    throw new Error(`Cannot release ${version}: there is a tag ${tag}`);
  }
  const json = await Deno.readTextFile(`${root}/deno.json`);
  const changelog = await Deno.readTextFile(`${root}/CHANGELOG.md`);
  const problem = versionProblem(version, JSON.parse(json).version);
  if (problem) throw new Error(`Cannot release ${version}: ${problem}`);
  const released = releasedChangelog(changelog, version, date);
  let done = false;
  try {
    await Deno.writeTextFile(`${root}/deno.json`, withVersion(json, version));
    await Deno.writeTextFile(`${root}/CHANGELOG.md`, released);
    await rehearse(root);
    if (dryRun) return;
    await git(root, "commit", "--quiet", "-am", `chore(release): ${version}`);
    // Without it, git takes the section's headings for comments.
    await git(
      root,
      "tag",
      "-a",
      tag,
      "--cleanup=whitespace",
      "-m",
      `${version}\n\n${sectionOf(released, version)}`,
    );
    done = true;
  } finally {
    if (!done) {
      await Deno.writeTextFile(`${root}/deno.json`, json);
      await Deno.writeTextFile(`${root}/CHANGELOG.md`, changelog);
    }
  }
}

/** Lets both registries' clients check everything but the upload. */
async function rehearseBoth(root: string): Promise<void> {
  const deno = Deno.execPath();
  await must(root, deno, ["run", "-A", "scripts/ok.ts", "--skip=test,publish"]);
  // The client would download a Deno of its own.
  const env = { DENO_BIN_PATH: deno };
  await must(root, "npx", ["-y", JSR_CLIENT, "publish", "--dry-run", "--allow-dirty"], env);
  await must(root, deno, ["run", "-A", "scripts/build_npm.ts", "--release"]);
  await must(root, "npm", ["publish", "npm/", "--dry-run", "--access", "public"]);
}

async function must(
  cwd: string,
  program: string,
  args: string[],
  env: Record<string, string> = {},
): Promise<string> {
  const { code, output } = await captureCommand(program, args, { cwd, env });
  if (code !== 0) throw new Error(`Cannot run "${program} ${args.join(" ")}": ${output}`);
  return output.trim();
}

function git(root: string, ...args: string[]): Promise<string> {
  return must(root, "git", args);
}

if (import.meta.main) {
  const [first, second] = Deno.args.filter((arg) => arg !== "--dry-run");
  try {
    if (first === "--notes") {
      const { version } = readDenoJson();
      const problem = tagProblem(second ?? "", version);
      if (problem) throw new Error(`Cannot publish: ${problem}`);
      console.log(sectionOf(await Deno.readTextFile("CHANGELOG.md"), version) ?? "");
    } else if (first === undefined) {
      throw new Error("Cannot release: give a version, as in `deno task release 1.2.3`");
    } else {
      const dryRun = Deno.args.includes("--dry-run");
      const date = new Date().toISOString().slice(0, 10);
      await release(first, { root: ".", dryRun, date, rehearse: rehearseBoth });
      console.log(
        dryRun
          ? `${first} would be taken by both registries; nothing was changed`
          : `${first} is committed and tagged; publish it with: git push --follow-tags`,
      );
    }
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    Deno.exit(1);
  }
}
