import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { release, type ReleaseOptions } from "../../scripts/release.ts";
import { sectionOf } from "../../scripts/release_plan.ts";
import { captureCommand } from "../../scripts/run_deno.ts";

const JSON_TEXT = '{\n  "name": "@ax/client",\n  "version": "0.1.0",\n  "x": "0.1.0"\n}\n';
const CHANGELOG =
  "# Changelog\n\n## Unreleased\n\n### Added\n\n- A thing.\n\n## 0.1.0 - 2026-01-01\n";

async function git(root: string, ...args: string[]): Promise<string> {
  const identity = ["-c", "user.name=Test", "-c", "user.email=test@example.com"];
  const { code, output } = await captureCommand("git", [...identity, ...args], { cwd: root });
  assertEquals(code, 0, output);
  return output.trim();
}

const withGit = await captureCommand("git", ["--version"]).then(() => true, () => false);

async function inCheckout(
  run: (root: string, options: ReleaseOptions) => Promise<void>,
): Promise<void> {
  const root = await Deno.makeTempDir();
  try {
    await git(root, "init", "--quiet");
    await git(root, "config", "user.name", "Test");
    await git(root, "config", "user.email", "test@example.com");
    await Deno.writeTextFile(`${root}/deno.json`, JSON_TEXT);
    await Deno.writeTextFile(`${root}/CHANGELOG.md`, CHANGELOG);
    await git(root, "add", ".");
    await git(root, "commit", "--quiet", "-m", "start");
    await run(root, { root, date: "2026-02-03", rehearse: () => Promise.resolve() });
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

function inGit(name: string, run: Parameters<typeof inCheckout>[0]): void {
  Deno.test({ name, ignore: !withGit, fn: () => inCheckout(run) });
}

inGit("release() writes version and changelog, commits and tags", async (root, options) => {
  const seen: string[] = [];
  const rehearse = async (): Promise<void> => {
    seen.push(JSON.parse(await Deno.readTextFile(`${root}/deno.json`)).version);
  };
  await release("0.2.0", { ...options, rehearse });
  assertEquals(seen, ["0.2.0"]);
  assertEquals(await git(root, "status", "--porcelain"), "");
  assertEquals(await git(root, "log", "-1", "--format=%s"), "chore(release): 0.2.0");
  assertMatch(await git(root, "tag", "-n9", "--list", "v0.2.0"), /### Added\s+- A thing\./);
  const changelog = await Deno.readTextFile(`${root}/CHANGELOG.md`);
  assertEquals(sectionOf(changelog, "0.2.0"), "### Added\n\n- A thing.");
  assertEquals(sectionOf(changelog, "Unreleased"), "");
});

inGit("release() refuses a dirty tree", async (root, options) => {
  await Deno.writeTextFile(`${root}/new.txt`, "");
  await assertRejects(() => release("0.2.0", options), Error, "uncommitted changes");
});

inGit("release() refuses a version that has a tag or is older", async (root, options) => {
  await git(root, "tag", "v0.2.0");
  await assertRejects(() => release("0.2.0", options), Error, "there is a tag v0.2.0");
  await assertRejects(() => release("0.0.9", options), Error, "older than 0.1.0");
});

inGit("release() leaves nothing behind on a dry run, nor when a registry refuses", async (
  root,
  options,
) => {
  await release("0.2.0", { ...options, dryRun: true });
  const rehearse = (): Promise<void> => Promise.reject(new Error("slow types"));
  await assertRejects(() => release("0.2.0", { ...options, rehearse }), Error, "slow types");
  assertEquals(await git(root, "status", "--porcelain"), "");
  assertEquals(await git(root, "tag"), "");
});
