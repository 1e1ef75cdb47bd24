/**
 * The programs of the README, as they stand there, with a server of ours in place of public ones;
 * and its table of options.
 */
import { assert, assertEquals } from "@std/assert";
import { OPTIONS } from "../src/config/table.ts";
import {
  assertPrinted,
  type Call,
  filesOf,
  MAIN,
  type PageProgram,
  programsOf,
  promised,
} from "./support/page_programs.ts";
import { startPageServer } from "./support/page_server.ts";

const README = await Deno.readTextFile(new URL("../README.md", import.meta.url));
const programs = programsOf(README);

/** Where a program finds what stands in for `console.log`. */
const scope = globalThis as unknown as { readmePrints?: (...call: Call) => void };

Deno.test("the README shows results", () => {
  const results = programs.flatMap(({ code }) => promised(code));
  assert(programs.length >= 20 && results.length >= 40, `${programs.length}, ${results.length}`);
});

Deno.test("docs/options.md names every option, and no other", async () => {
  const page = await Deno.readTextFile(new URL("../docs/options.md", import.meta.url));
  const rows = page.matchAll(/^\| (`.*?) *\|/gm);
  const named = Array.from(rows, ([, cell = ""]) => cell.match(/\w+/g) ?? []).flat();
  const options = [...OPTIONS.keys()].filter((name) => name !== "attempt" && name !== "module");
  assertEquals(named.sort(), [...options].sort());
});

Deno.test({
  name: "each program of the README prints what its comments say",
  // Clients of the page are never closed: their connections outlive the test.
  sanitizeResources: false,
  sanitizeOps: false,
  async fn(t) {
    const folder = await Deno.realPath(await Deno.makeTempDir());
    using server = await startPageServer();
    for (const program of programs) {
      await t.step(`${program.heading}, line ${program.line}`, async () => {
        const calls = await run(program, `${folder}/${program.line}`, server.origin);
        assertPrinted(program, calls, server.origin);
      });
    }
    await Deno.remove(folder, { recursive: true });
  },
});

async function run(program: PageProgram, folder: string, origin: string): Promise<Call[]> {
  const calls: Call[] = [];
  scope.readmePrints = (...call) => void calls.push(call);
  try {
    await Deno.mkdir(folder);
    for (const [name, text] of Object.entries(filesOf(program, origin, "readmePrints"))) {
      await Deno.writeTextFile(`${folder}/${name}`, text);
    }
    await import(`file://${folder}/${MAIN}`);
    return calls;
  } finally {
    delete scope.readmePrints;
  }
}
