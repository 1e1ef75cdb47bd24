/** The programs of the README, as they stand there, with a server of ours in place of public ones. */
import { assert, assertEquals } from "@std/assert";
import {
  type Call,
  joined,
  observed,
  type PageProgram,
  placedAt,
  type Printed,
  programsOf,
  promised,
} from "./support/page_programs.ts";
import { type PageServer, startPageServer } from "./support/page_server.ts";

const README = await Deno.readTextFile(new URL("../README.md", import.meta.url));
const programs = programsOf(README);

/** Where a program of the page finds what stands in for `console.log`. */
const scope = globalThis as unknown as Record<string, unknown>;

Deno.test("the README shows results", () => {
  const results = programs.flatMap(({ code }) => promised(code));
  assert(programs.length >= 20 && results.length >= 40, `${programs.length}, ${results.length}`);
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
        const printed = await run(program, `${folder}/${program.line}`, server);
        for (const { line, text } of promised(program.code)) {
          const found = printed.find((it) => it.line === line)?.text;
          assertEquals(found, placedAt(text, server.origin), `line ${line} of the program`);
        }
      });
    }
    await Deno.remove(folder, { recursive: true });
  },
});

async function run(
  { code, files }: PageProgram,
  folder: string,
  { origin }: PageServer,
): Promise<Printed[]> {
  const calls: Call[] = [];
  scope.readmePrints = (...call: Call) => void calls.push(call);
  try {
    await Deno.mkdir(folder);
    const all = { ...files, "main.ts": observed(code, "readmePrints") };
    for (const [name, text] of Object.entries(all)) {
      await Deno.writeTextFile(`${folder}/${name}`, placedAt(text, origin));
    }
    await import(`file://${folder}/main.ts`);
    return joined(calls);
  } finally {
    delete scope.readmePrints;
  }
}
