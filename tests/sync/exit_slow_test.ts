/** That the worker never keeps a process alive, and that a terminal sees no permission prompt. */

import { assertEquals } from "@std/assert";
import { sharedServer } from "../support/server.ts";
import { skipped } from "../support/skipped.ts";
import { DENO, otherRuntimes, outputOf, programFolder } from "./programs.ts";

const server = sharedServer();

/** Each ends with work of the worker's left open. */
const SCENES: Record<string, string> = {
  "after a call": "",
  "with a call that timed out":
    "try { api.getSync('/never', { timeout: 30 }); } catch ({ name }) { console.log(name); }",
  "with an unfinished stream": "api.streamSync('/drip?chunks=1000&gap=50').iterBytes().next();",
  "after close()": "api.close();",
  "after close() with an unfinished stream":
    "api.streamSync('/drip?chunks=1000&gap=50').iterBytes().next(); api.close();",
  "after warmSync() and a timer":
    "await warmSync(); await new Promise((resolve) => setTimeout(resolve, 20));",
};

function program(scene: string): string {
  return `import { create, warmSync } from "./ax.mjs";
    const api = create({ baseURL: ${JSON.stringify(server.url)} });
    api.getSync("/json");
    ${scene}
    console.log("done");`;
}

const runtimes = [DENO, ...await otherRuntimes()];

for (const runtime of runtimes) {
  Deno.test(`a process of ${runtime.name} ends whatever the worker still does`, async () => {
    await using folder = await programFolder();
    for (const [scene, code] of Object.entries(SCENES)) {
      const main = await folder.write("main.mjs", program(code));
      const output = await outputOf(runtime, [main]);
      assertEquals(output.replace("TimeoutError\n", ""), "done", scene);
    }
  });
}

Deno.test("a sync call on a terminal needs no permission but the network", async (t) => {
  // Deno only asks where a terminal can answer; here nobody does, and the limit would strike.
  const python = { name: "Python", command: ["python3", "-c"] };
  if ((await outputOf(python, ["import pty"]).catch(() => "missing")) !== "") {
    return await skipped(t, "there is no python3");
  }
  await using folder = await programFolder();
  const main = await folder.write("main.mjs", program(""));
  const command = [Deno.execPath(), "run", "--no-check", "--allow-net", main];
  const spawn = `import pty, sys; sys.exit(pty.spawn(${JSON.stringify(command)}) >> 8)`;
  assertEquals(await outputOf(python, [spawn]), "done");
});
