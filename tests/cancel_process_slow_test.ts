import { assert, assertEquals } from "@std/assert";
import { sharedServer } from "./support/server.ts";

const server = sharedServer();
const MOD = import.meta.resolve("../mod.ts");
let folder = "";

/** Leaves a listened-to shared token, a client and its worker behind, and falls off its end. */
const LEAVE = `
import { CancelToken, create } from ${JSON.stringify(MOD)};
const url = process.argv[2];
const cancelToken = new CancelToken();
cancelToken.share();
cancelToken.onCancel(() => console.log("never"));
const api = create({ baseURL: url, cancelToken });
console.log((await api.get("/json")).status, api.getSync("/json").status);
`;

/** Another thread cancels: first a call that awaits, then one that blocks. */
const CANCEL = `
import { isMainThread, Worker, workerData } from "node:worker_threads";
import { CancelToken, create } from ${JSON.stringify(MOD)};
const url = process.argv[2];
if (isMainThread) {
  for (const verb of ["get", "getSync"]) {
    const cancelToken = new CancelToken();
    const worker = new Worker(new URL(import.meta.url), {
      workerData: { handle: cancelToken.share() },
    });
    await new Promise((resolve) => worker.once("message", resolve));
    try {
      await create({ baseURL: url, cancelToken, timeout: false })[verb]("/never");
    } catch (error) {
      console.log(verb, error.code, error.reason);
    }
  }
} else {
  const { parentPort } = await import("node:worker_threads");
  const token = CancelToken.from(workerData.handle);
  setTimeout(() => token.cancel("elsewhere"), 150);
  parentPort.postMessage("armed");
}
`;

Deno.test.beforeAll(async () => {
  folder = await Deno.makeTempDir();
  for (const [name, source] of [["leave", LEAVE], ["cancel", CANCEL]] as const) {
    await Deno.writeTextFile(
      `${folder}/${name}.ts`,
      `import process from "node:process";${source}`,
    );
  }
});
Deno.test.afterAll(() => Deno.remove(folder, { recursive: true }));

async function bundle(name: string): Promise<string> {
  const output = `${folder}/${name}.mjs`;
  const args = ["bundle", "-q", "--platform", "deno", "-o", output, `${folder}/${name}.ts`];
  const { success, stderr } = await new Deno.Command(Deno.execPath(), { args }).output();
  assert(success, new TextDecoder().decode(stderr));
  return output;
}

/** Runs a program to its end, which has to come by itself: the signal's is a failure. */
async function end(command: string, args: string[]): Promise<string> {
  const signal = AbortSignal.timeout(60_000);
  const child = new Deno.Command(command, { args: [...args, server.url], signal });
  const { stdout, stderr, code } = await child.output();
  const decoder = new TextDecoder();
  assertEquals([code, decoder.decode(stderr)], [0, ""]);
  return decoder.decode(stdout);
}

async function hasNode(): Promise<boolean> {
  try {
    return (await new Deno.Command("node", { args: ["--version"] }).output()).success;
  } catch {
    return false;
  }
}

const node = await hasNode();
const CANCELLED = "get AX_CANCEL elsewhere\ngetSync AX_CANCEL elsewhere\n";

Deno.test("a shared token keeps no Deno process alive", async () => {
  assertEquals(await end(Deno.execPath(), ["run", "-A", await bundle("leave")]), "200 200\n");
});

Deno.test({
  name: "a shared token keeps no Node process alive",
  ignore: !node, // Without Node on the path there is nothing to test.
  async fn() {
    assertEquals(await end("node", [await bundle("leave")]), "200 200\n");
  },
});

Deno.test("another thread of Deno ends awaited and blocked calls", async () => {
  assertEquals(await end(Deno.execPath(), ["run", "-A", await bundle("cancel")]), CANCELLED);
});

Deno.test({
  name: "another thread of Node ends awaited and blocked calls",
  ignore: !node, // Without Node on the path there is nothing to test.
  async fn() {
    assertEquals(await end("node", [await bundle("cancel")]), CANCELLED);
  },
});
