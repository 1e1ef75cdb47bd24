import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { captureCommand } from "../../scripts/run_deno.ts";
import { unusedPort } from "../support/fault_server.ts";
import { sharedServer } from "../support/server.ts";

const server = sharedServer();

function run(...args: string[]) {
  const script = new URL("script.ts", import.meta.url).pathname;
  const command = ["run", "--no-prompt", "--quiet", "--allow-net", script, ...args];
  return captureCommand(Deno.execPath(), command, { env: { NO_COLOR: "1" }, limitMs: 30_000 });
}

Deno.test("a script shows its progress, and ends with 0", async () => {
  const { code, output } = await run(server.url, "right");
  assertEquals(code, 0, output);
  assertMatch(output, /^100 % \(300000 bytes\)$/m);
  assertStringIncludes(output, "300000 bytes for 12 characters");
});

Deno.test("a 401 has an exit code of its own", async () => {
  for (const token of [[], ["wrong"]]) {
    const { code, output } = await run(server.url, ...token);
    assertEquals([code, output.trim()], [2, "Log in first: the server said 401"]);
  }
});

Deno.test("a server that is down is told with its attempts, and has another exit code", async () => {
  const url = `http://127.0.0.1:${unusedPort()}`;
  const { code, output } = await run(url, "right");
  assertEquals(code, 3, output);
  assertStringIncludes(output, "failed 2 times");
  assertStringIncludes(output, "\n  attempt 1: ");
  assertStringIncludes(output, "connection refused");
  assertEquals(output.includes("    at "), false, output);
});

Deno.test("misuse ends with 1, and a stack that names the line", async () => {
  const { code, output } = await run("localhost:3000", "right");
  assertEquals(code, 1, output);
  assertStringIncludes(output, "start it with http:// or https://");
  assertStringIncludes(output, "script.ts:");
});
