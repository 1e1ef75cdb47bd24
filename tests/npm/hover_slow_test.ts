/** What an editor shows: a text for each member, with unit and default; completion in plugins. */
import { assert, assertEquals } from "@std/assert";
import { createRequire } from "node:module";
import { withPrograms } from "../../scripts/npm_project.ts";
import { npm, provide } from "../../scripts/tools.ts";
import { skipped } from "../support/skipped.ts";

/** What users see in a hover. */
const SHOWN: Record<string, string> = {
  client: "ax.Client",
  flow: "ax.FlowVerbs",
  config: "ax.RequestConfig",
  clientConfig: "ax.ClientConfig",
  verbConfig: 'NonNullable<Parameters<ax.Client["get"]>[1]>',
  streamConfig: "ax.StreamConfig",
  pageConfig: "ax.PaginateConfig",
  resolved: "ax.ResolvedConfig",
  change: "ax.ConfigChange",
  response: "ax.AxResponse",
  stream: "ax.StreamResponse",
  syncStream: "ax.SyncStreamResponse",
  flowStream: "ax.FlowStream",
  network: "ax.NetworkOptions",
  statusError: "ax.HTTPStatusError",
  timeoutError: "ax.TimeoutError",
  token: "ax.CancelToken",
  route: "testing.MockRoute",
  clock: "testing.VirtualClock",
};

const PROGRAM = `
import type * as ax from "@ax/client";
import type * as testing from "@ax/client/testing";
import type { LoggerCallOptions } from "@ax/client/plugins/logger";
${Object.entries(SHOWN).map(([name, type]) => `declare const ${name}: ${type};`).join("\n")}
client.get("/", { context: { logger: { /*here*/ } satisfies LoggerCallOptions } });
`;

/** The part of TypeScript that is used. */
interface Shown {
  readonly name: string;
  getDocumentationComment(checker: unknown): { text: string }[];
  getJsDocTags(): { name: string }[];
}

const tool = await provide("typescript");
const withNpm = (await npm(".", ["--version"])).code === 0;

Deno.test("editors show a text for each member, and complete the options of a plugin", async (t) => {
  if (!withNpm) return await skipped(t, "npm is not installed");
  if ("missing" in tool) return await skipped(t, tool.missing);
  // deno-lint-ignore no-explicit-any -- its types come with the tool
  const ts: any = createRequire(`${tool.folder}/package.json`)("typescript");
  await withPrograms("tests/npm/consumer", async (cwd) => {
    const file = `${await Deno.realPath(cwd)}/hover.mts`;
    await Deno.writeTextFile(file, PROGRAM);
    const options = {
      strict: true,
      module: ts.ModuleKind.NodeNext,
      moduleResolution: ts.ModuleResolutionKind.NodeNext,
      target: ts.ScriptTarget.ES2022,
      lib: ["lib.es2022.d.ts", "lib.dom.d.ts", "lib.dom.iterable.d.ts"],
      types: [],
    };
    const service = ts.createLanguageService({
      getCompilationSettings: () => options,
      getScriptFileNames: () => [file],
      getScriptVersion: () => "1",
      getScriptSnapshot: (path: string) => {
        const text = ts.sys.readFile(path);
        return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text);
      },
      getCurrentDirectory: () => cwd,
      getDefaultLibFileName: ts.getDefaultLibFilePath,
      fileExists: ts.sys.fileExists,
      readFile: ts.sys.readFile,
      directoryExists: ts.sys.directoryExists,
    });
    const program = service.getProgram();
    const checker = program.getTypeChecker();
    const silent: string[] = [];
    for (const statement of program.getSourceFile(file).statements) {
      const declared = statement.declarationList?.declarations[0];
      if (!declared) continue;
      for (const member of checker.getTypeAtLocation(declared).getProperties() as Shown[]) {
        const text = member.getDocumentationComment(checker).map(({ text }) => text).join("");
        const tags = member.getJsDocTags().map(({ name }) => name);
        const isOption = /onfig$/.test(declared.name.text);
        const problem = isOption && WITH_DEFAULT.test(member.name) && !tags.includes("default")
          ? "has no default"
          : problemOf(member.name, text);
        if (problem) silent.push(`${declared.name.text}.${member.name} ${problem}`);
      }
    }
    assertEquals(silent, []);
    const { entries = [] } = service.getCompletionsAtPosition(
      file,
      PROGRAM.indexOf("/*here*/"),
      {},
    );
    const names = entries.map(({ name }: Shown) => name);
    assert(names.includes("headers") && names.includes("body"), names.slice(0, 20).join());
  });
});

const LANGUAGE = /^(?:name|message|stack|cause|__@.*)$/;
const WITH_DEFAULT =
  /^(?:method|allowAbsoluteUrls|protocols|headers|timeout|totalTimeout|maxRetries|retryStrategy|retryOnStatus|retryMethods|maxRetryAfter|validateStatus|followRedirects|maxRedirects|parseJSON|stringifyJSON|responseType|maxResponseSize|maxRequestSize)$/;

function problemOf(name: string, text: string): string | undefined {
  if (LANGUAGE.test(name)) return undefined;
  if (text === "" || /^See\b/.test(text)) return "says nothing";
  if (/^(?:timeout|totalTimeout|maxRetryAfter|retryAfter)$/.test(name)) {
    if (!/milliseconds/i.test(text) && !/TimeoutError/.test(text)) return "has no unit";
  }
  if (/^max\w+Size$/.test(name) && !/bytes/.test(text)) return "has no unit";
  const blocks = /Sync$/.test(name) && !/^(?:warmSync|sleepSync)$/.test(name);
  if (blocks && !/block/.test(text)) return "does not say that it blocks";
  return undefined;
}
