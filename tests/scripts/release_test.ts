import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import {
  releasedChangelog,
  tagProblem,
  versionProblem,
  withVersion,
} from "../../scripts/release_plan.ts";
import { JSR_CLIENT } from "../../scripts/tools.ts";

const JSON_TEXT = '{\n  "name": "@ax/client",\n  "version": "0.1.0",\n  "x": "0.1.0"\n}\n';
const CHANGELOG =
  "# Changelog\n\n## Unreleased\n\n### Added\n\n- A thing.\n\n## 0.1.0 - 2026-01-01\n";

Deno.test("versionProblem() wants a version that is not older", () => {
  assertEquals(versionProblem("0.1.0", "0.1.0"), undefined);
  assertEquals(versionProblem("0.10.0", "0.9.0"), undefined);
  assertEquals(versionProblem("1.0.0", "1.0.0-rc.2"), undefined);
  assertEquals(versionProblem("1.0.0-rc.10", "1.0.0-rc.9"), undefined);
  assertEquals(versionProblem("1.0.0-rc.1", "1.0.0"), "1.0.0-rc.1 is older than 1.0.0");
  assertStringIncludes(versionProblem("v1", "0.1.0") ?? "", "is no version");
});

Deno.test("withVersion() changes the version alone", () => {
  assertEquals(withVersion(JSON_TEXT, "0.2.0"), JSON_TEXT.replace("0.1.0", "0.2.0"));
});

Deno.test("releasedChangelog() needs something to release", () => {
  const empty = CHANGELOG.replace("### Added\n\n- A thing.\n\n", "");
  assertThrows(() => releasedChangelog(empty, "0.2.0", "2026-02-03"), Error, "nothing is under");
  assertThrows(() => releasedChangelog(CHANGELOG, "0.1.0", "2026-02-03"), Error, "has a section");
});

Deno.test("tagProblem() compares a tag with the version", () => {
  assertEquals(tagProblem("v1.2.3", "1.2.3"), undefined);
  assertEquals(tagProblem("v1.2.4", "1.2.3"), 'tag "v1.2.4" is not that of version 1.2.3');
});

Deno.test("the workflow publishes with identity, and with the pinned client", async () => {
  const workflow = await Deno.readTextFile(".github/workflows/release.yml");
  assertStringIncludes(workflow, "id-token: write");
  assertStringIncludes(workflow, `npx -y ${JSR_CLIENT} publish`);
  assertStringIncludes(workflow, "deno task npm --release");
  assertStringIncludes(workflow, "npm publish npm/ --provenance");
});
