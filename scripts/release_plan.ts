/**
 * What a release changes in the texts of the package, from values alone.
 *
 * @module
 */

const VERSION = /^(\d+)\.(\d+)\.(\d+)(?:-([0-9A-Za-z.-]+))?$/;
const UNRELEASED = "## Unreleased";

/** Returns why a version cannot follow another one; `undefined` where it can. */
export function versionProblem(version: string, current: string): string | undefined {
  const next = VERSION.exec(version);
  if (!next) return `"${version}" is no version such as 1.2.3 or 1.2.3-rc.1`;
  const last = VERSION.exec(current);
  if (last && order(next, last) < 0) return `${version} is older than ${current}`;
  return undefined;
}

function order(a: RegExpExecArray, b: RegExpExecArray): number {
  for (const part of [1, 2, 3]) {
    const difference = Number(a[part]) - Number(b[part]);
    if (difference !== 0) return difference;
  }
  // A version comes after its own pre-releases.
  if (a[4] === b[4]) return 0;
  if (a[4] === undefined) return 1;
  if (b[4] === undefined) return -1;
  return a[4].localeCompare(b[4], "en", { numeric: true });
}

/** Returns deno.json with another version; the rest stays as it is. */
export function withVersion(json: string, version: string): string {
  const { version: current } = JSON.parse(json) as { version: string };
  return json.replace(`"version": "${current}"`, `"version": "${version}"`);
}

/**
 * Returns the changelog with what was unreleased under the version.
 *
 * @throws {Error} If nothing is unreleased, or the version has a section already.
 */
export function releasedChangelog(text: string, version: string, date: string): string {
  if (sectionOf(text, version) !== undefined) {
    throw new Error(`Cannot release ${version}: the changelog has a section of that version`);
  }
  if (!sectionOf(text, "Unreleased")) {
    throw new Error(`Cannot release ${version}: nothing is under "${UNRELEASED}" in the changelog`);
  }
  return text.replace(UNRELEASED, `${UNRELEASED}\n\n## ${version} - ${date}`);
}

/** Returns the text below a version's heading; `undefined` where there is none. */
export function sectionOf(text: string, version: string): string | undefined {
  const lines = text.split("\n");
  const at = lines.findIndex((line) =>
    line === `## ${version}` || line.startsWith(`## ${version} `)
  );
  if (at < 0) return undefined;
  const rest = lines.slice(at + 1);
  const end = rest.findIndex((line) => line.startsWith("## "));
  return rest.slice(0, end < 0 ? undefined : end).join("\n").trim();
}

/** Returns why a tag does not belong to a version; `undefined` where it does. */
export function tagProblem(tag: string, version: string): string | undefined {
  return tag === `v${version}` ? undefined : `tag "${tag}" is not that of version ${version}`;
}
