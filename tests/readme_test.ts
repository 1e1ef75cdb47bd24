/** The programs of the README, as they stand there, with a server of ours in place of public ones. */
import { assert, assertEquals } from "@std/assert";
import { joined, observed, placedAt, programsOf, promised } from "./support/page_programs.ts";
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
    await using server = await startPageServer();
    for (const { heading, line, code } of programs) {
      await t.step(`${heading}, line ${line}`, async () => {
        const printed = await run(code, `${folder}/line_${line}.ts`, server);
        for (const { line, text } of promised(code)) {
          const found = printed.find((it) => it.line === line)?.text;
          const wanted = placedAt(text, server.origin);
          if (!wanted.endsWith("…")) assertEquals(found, wanted, `line ${line} of the program`);
          else assert(found?.startsWith(wanted.slice(0, -1)), found);
        }
      });
    }
    await Deno.remove(folder, { recursive: true });
  },
});

async function run(code: string, file: string, { origin }: PageServer) {
  const calls: [number, ...unknown[]][] = [];
  scope.readmePrints = (...call: [number, ...unknown[]]) => void calls.push(call);
  try {
    await Deno.writeTextFile(file, placedAt(observed(code, "readmePrints"), origin));
    await import(`file://${file}`);
    return joined(calls);
  } finally {
    delete scope.readmePrints;
  }
}
