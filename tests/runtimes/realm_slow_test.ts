/**
 * The package in a realm of its own, as plain Jest loads it: its `Error`, `Uint8Array` and `Object`
 * are other ones than those of the platform's classes.
 */

import { assertEquals } from "@std/assert";
import { bundleFiles } from "../../scripts/esbuild.ts";
import { sharedFaultServer, unusedPort } from "../support/fault_server.ts";
import { sharedServer } from "../support/server.ts";
import { otherRuntimes, outputOf, programFolder } from "../sync/programs.ts";

const server = sharedServer();
const faults = sharedFaultServer();

const HOST = `
import { readFileSync } from "node:fs";
import { createContext, runInContext } from "node:vm";

// What jest-environment-node hands on.
const names = Object.getOwnPropertyNames(globalThis).filter((name) =>
  !Object.getOwnPropertyNames(runInContext("globalThis", createContext())).includes(name) ||
  ["Uint8Array", "ArrayBuffer"].includes(name)
);
const context = createContext();
for (const name of names) {
  Object.defineProperty(context, name, { value: globalThis[name], writable: true, configurable: true });
}
context.globalThis = context;
const read = (name) => readFileSync(new URL(name, import.meta.url), "utf8");
runInContext(read("ax.js"), context, { filename: "ax.js" });
runInContext("(async () => {" + read("inner.js") + "})()", context, { filename: "inner.js" })
  .then((lines) => console.log(lines.join("\\n")), (error) => console.log("failed", error));
`;

const inner = (): string => `
const lines = [];
const say = async (name, call) => {
  for (const style of ["", "Sync"]) {
    try {
      lines.push([name, JSON.stringify(await call(style))].join(" "));
    } catch (error) {
      lines.push([name, error.code ?? error.name, error.cause?.name].filter(Boolean).join(" "));
    }
  }
};
const api = ax.create({ baseURL: ${JSON.stringify(server.url)}, timeout: 5000 });
await say("json", async (s) => (await api["post" + s]("/echo", { json: { a: 1 } })).data.body);
await say("text", async (s) => (await api["post" + s]("/echo", { data: "hi" })).data.body);
const bytes = new TextEncoder().encode("hi");
await say("bytes", async (s) => (await api["post" + s]("/echo", { data: bytes })).data.body);
await say("blob", async (s) => (await api["post" + s]("/echo", { data: new Blob(["hi"]) })).data.body);
await say("files", async (s) => (await api["post" + s]("/echo", { files: { a: new Blob(["hi"]) } })).data.body.includes("hi"));
await say("form", async (s) => {
  const data = new FormData();
  data.append("a", new Blob(["hi"]));
  return (await api["post" + s]("/echo", { data })).data.body.includes("hi");
});
await say("url", async (s) => (await api["get" + s](new URL(${
  JSON.stringify(server.url)
} + "/json"))).status);
await say("broken", (s) => api["get" + s]("/broken-json"));
await say("status", (s) => api["get" + s]("/status/404"));
await say("refused", (s) => api["get" + s]("http://127.0.0.1:${unusedPort()}", { allowAbsoluteUrls: true }));
await say("reset", (s) => api["get" + s]("${faults.url}/reset", { allowAbsoluteUrls: true }));
await say("misuse", (s) => api["get" + s]("/json", { nope: 1 }));
const transport = { send: async () => { throw new TypeError("mine"); }, sendSync: () => { throw new TypeError("mine"); } };
await say("mistake", (s) => api["get" + s]("/json", { transport }));
return lines;
`;

const EXPECTED = [
  'json "{\\"a\\":1}"',
  'text "hi"',
  'bytes "hi"',
  'blob "hi"',
  "files true",
  "form true",
  "url 200",
  "broken AX_DECODE SyntaxError",
  "status AX_STATUS",
  "refused AX_NETWORK TypeError",
  "reset AX_NETWORK TypeError",
  "misuse TypeError",
  "mistake TypeError",
];

for (const runtime of await otherRuntimes()) {
  if (!runtime.name.startsWith("Node")) continue;
  Deno.test(`${runtime.name} runs the package in a realm of its own`, async () => {
    await using folder = await programFolder();
    const [bundle] = await bundleFiles({
      entryPoints: ["mod.ts"],
      format: "iife",
      globalName: "ax",
    });
    await folder.write("ax.js", bundle?.text ?? "");
    await folder.write("inner.js", inner());
    const host = await folder.write("host.mjs", HOST);
    const lines = (await outputOf(runtime, ["--no-warnings", host])).split("\n");
    assertEquals(lines, EXPECTED.flatMap((line) => [line, line]));
  });
}
