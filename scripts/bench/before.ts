/**
 * An old commit of this repository as one more contender, built as the present sources are.
 *
 * @module
 */

import { capture, captureCommand, type RunResult } from "../run_deno.ts";

/** An old commit, checked out and built. */
export interface Before extends AsyncDisposable {
  /** What Deno imports. */
  readonly entry: string;
  /** The folder of the npm copy. */
  readonly copy: string;
}

/**
 * Checks a commit out in a temporary folder and builds its npm copy there.
 *
 * @throws {Error} If there is no such commit, or it cannot be built.
 */
export async function buildBefore(commit: string): Promise<Before> {
  const folder = await Deno.makeTempDir({ prefix: "ax-client-before-" });
  const remove = (): Promise<void> => Deno.remove(folder, { recursive: true });
  try {
    must(await captureCommand("git", ["clone", "-q", "--shared", "-n", ".", folder]), "clone");
    const checkout = ["checkout", "-q", "--detach", commit];
    must(await captureCommand("git", checkout, { cwd: folder }), `check out ${commit}`);
    must(await capture(["run", "-A", "scripts/build_npm.ts"], { cwd: folder }), `build ${commit}`);
  } catch (error) {
    await remove();
    throw error;
  }
  return {
    entry: `file://${folder}/mod.ts`,
    copy: `${folder}/npm`,
    [Symbol.asyncDispose]: remove,
  };
}

function must({ code, output }: RunResult, what: string): void {
  if (code !== 0) throw new Error(`Cannot ${what}: ${output.trim()}`);
}
