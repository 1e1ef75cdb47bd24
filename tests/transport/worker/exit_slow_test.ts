/** That the worker never keeps a process alive, and that a terminal sees no permission prompt. */

import { assert, assertEquals } from "@std/assert";
import { sharedServer } from "../../support/server.ts";

const server = sharedServer();
const BRIDGE = new URL("../../../src/transport/worker/bridge.ts", import.meta.url);

/** Each ends with work of the worker's left open. */
const SCENES: Record<string, string> = {
  "after a call": "",
  "with a pending send": "bridge.send(wire('/never'), { settle() {} }); bridge.wait(20);",
  "with an unfinished stream":
    "call(wire('/drip?chunks=1000&gap=50', true)).body.read(() => {}); bridge.wait(500);",
  "after release()": "bridge.retain(); bridge.release();",
  "after warm() and a timer":
    "await bridge.warm(); await new Promise((resolve) => setTimeout(resolve, 20));",
};

function program(module: URL, scene: string): string {
  return `import { threadBridge } from ${JSON.stringify(module.href)};
    const bridge = threadBridge();
    const wire = (path, stream = false) => ({
      method: "GET", url: ${JSON.stringify(server.url)} + path, headers: [], body: null,
      timeout: false, maxResponseSize: false, stream, redirect: "manual",
    });
    const call = (request) => {
      let settled;
      bridge.send(request, { settle: (outcome) => settled = outcome });
      while (!settled) bridge.wait(Infinity);
      if (!settled.ok) throw settled.error;
      return settled.value;
    };
    call(wire("/json"));
    ${scene}
    console.log("done");`;
}

async function outputOf(command: string, args: string[]): Promise<string> {
  const signal = AbortSignal.timeout(20_000);
  const { code, signal: killedBy, stdout, stderr } = await new Deno.Command(command, {
    args,
    signal,
    stdin: "null",
    env: { NO_COLOR: "1" },
  }).output();
  const text = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  return code === 0 && killedBy === null ? text.trim() : `exit ${code} ${killedBy}: ${text}`;
}

/** Writes a program to a temporary folder for the time of a test. */
async function withFile<T>(
  name: string,
  text: string,
  use: (path: string) => Promise<T>,
): Promise<T> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/${name}`, text);
    return await use(`${folder}/${name}`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function present(command: string, args: string[]): Promise<boolean> {
  try {
    return (await new Deno.Command(command, { args }).output()).success;
  } catch {
    return false;
  }
}

const withNode = await present("node", [
  "-e",
  'process.getBuiltinModule("node:worker_threads").Worker',
]);
const withPython = await present("python3", ["-c", "import pty"]);

for (const [scene, code] of Object.entries(SCENES)) {
  Deno.test(`a Deno process ends ${scene}`, async () => {
    const args = ["run", "--no-check", "--allow-net"];
    await withFile("main.ts", program(BRIDGE, code), async (path) => {
      assertEquals(await outputOf(Deno.execPath(), [...args, path]), "done");
    });
  });
}

Deno.test({
  name: "a Node process ends as well",
  ignore: !withNode,
  async fn(): Promise<void> {
    const folder = await Deno.makeTempDir();
    try {
      const bundle = new URL(`file://${folder}/bridge.mjs`);
      const args = ["bundle", "--no-check", "--quiet", "-o", bundle.pathname, BRIDGE.pathname];
      const bundled = await new Deno.Command(Deno.execPath(), { args }).output();
      assert(bundled.success, new TextDecoder().decode(bundled.stderr));
      for (const [scene, code] of Object.entries(SCENES)) {
        await Deno.writeTextFile(`${folder}/main.mjs`, program(bundle, code));
        assertEquals(await outputOf("node", [`${folder}/main.mjs`]), "done", scene);
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

Deno.test({
  name: "a sync call on a terminal needs no permission but the network",
  ignore: !withPython,
  async fn(): Promise<void> {
    // Deno only asks where a terminal can answer; here nobody does, and the limit would strike.
    await withFile("main.ts", program(BRIDGE, ""), async (path) => {
      const command = [Deno.execPath(), "run", "--no-check", "--allow-net", path];
      const spawn = `import pty, sys; sys.exit(pty.spawn(${JSON.stringify(command)}) >> 8)`;
      assertEquals(await outputOf("python3", ["-c", spawn]), "done");
    });
  },
});
