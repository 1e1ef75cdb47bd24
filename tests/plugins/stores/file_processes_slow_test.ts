import { assert, assertEquals } from "@std/assert";

const PROGRAM = new URL("../fixtures/file_store_program.ts", import.meta.url).pathname;
const CALLS = 600;

interface Counts {
  readonly hits: number;
  /** Responses that another program had stored. */
  readonly foreign: number;
  readonly torn: number;
  readonly failures: readonly string[];
}

function start(folder: string, own: number, calls = CALLS): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", "--no-check", "--import-map", "tests/support/offline.import_map.json"],
      ...[PROGRAM, folder, String(own), String(calls)],
    ],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

async function countsOf(child: Deno.ChildProcess): Promise<Counts> {
  const { success, stdout, stderr } = await child.output();
  assert(success, new TextDecoder().decode(stderr));
  return JSON.parse(new TextDecoder().decode(stdout));
}

Deno.test("cache() on one fileStore() of two programs that write never serves a torn entry", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const both = await Promise.all([1, 2].map((own) => countsOf(start(folder, own))));
    assertEquals(both.map(({ torn, failures }) => [torn, failures]), [[0, []], [0, []]]);
    const shared = both.reduce((sum, { foreign }) => sum + foreign, 0);
    assert(shared > 0, "Neither got anything from the other: they did not run at once");
    const left = Array.from(Deno.readDirSync(folder), ({ name }) => name);
    assertEquals(left.filter((name) => name.endsWith(".tmp")), []);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("cache() on a fileStore() serves no torn entry of a program that was killed", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const killed = start(folder, 3, 1_000_000);
    const survivor = countsOf(start(folder, 4));
    // It is killed somewhere in the middle of its work, whose end it can never reach.
    while (Array.from(Deno.readDirSync(folder)).length === 0) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    killed.kill("SIGKILL");
    await killed.output();
    const { torn, failures } = await survivor;
    assertEquals([torn, failures], [0, []]);
    const after = await countsOf(start(folder, 5, 60));
    assertEquals([after.torn, after.failures], [0, []]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
