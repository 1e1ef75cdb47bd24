/** What other runtimes print, also of an error that nobody catches. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { copyFolder, DENO, otherRuntimes, outputOf, programFolder } from "./sync/programs.ts";

const PROGRAM = `
import { create } from "./ax.mjs";

// Bun prints the lines of the program where an error was made.
const secret = "plant" + "ed";
const there = \`https://me:\${secret}-there@other.example.com/x?token=\${secret}-token\`;
const answer = {
  status: 200,
  headers: { location: there, link: \`<\${there}>; rel="next"\`, "set-cookie": \`a=\${secret}-cookie\` },
  body: new TextEncoder().encode("text"),
};
const transport = { send: async () => answer, sendSync: () => answer };
const api = create({
  baseURL: \`https://me:\${secret}-password@api.example.com\`,
  headers: { "x-api-key": \`\${secret}-key\`, "x-own": \`\${secret}-own\` },
  params: { token: \`\${secret}-token\` },
  redact: ["token", "x-own"],
  transport,
});
api.interceptors.request.use((request) => console.log(request, request.headers));
const response = await api.get("/a");
const failing = api.extend();
failing.interceptors.response.use(() => {
  throw new Error(\`Cannot read \${there}: \${secret}-key\`);
});
const error = await failing.get("/a").catch((error) => error);
for (const value of [api, api.defaults, response, response.request, response.headers, error]) {
  console.log(value);
  console.log(\`\${value} \${JSON.stringify(value)}\`);
}
console.log(await api.stream("/b"));
try {
  api.getSync("/c", { responseType: "json" });
} catch (error) {
  console.error(error, error.response.headers);
}
const proxies = ["http://me:SECRET-pass@ho st:1", "me:SECRET-pass@127.0.0.1:1",
  "ftp://me:SECRET-pass@127.0.0.1:1", "http://me:SECRET-pass@127.0.0.1:1",
  "http://me:SECRET%2Dpass@127.0.0.1:1"];
for (const proxy of proxies.map((proxy) => proxy.replace("SECRET", secret))) {
  const behind = create({ baseURL: "http://127.0.0.1:1", timeout: 2000, network: { proxy } });
  console.log(await behind.get("/").catch((error) => error));
  try {
    behind.getSync("/");
  } catch (error) {
    console.log(error);
  }
}
if (globalThis.process?.argv.includes("uncaught")) failing.getSync("/d");
`;

for (const runtime of [DENO, ...await otherRuntimes()]) {
  Deno.test(`${runtime.name} prints no secret`, async () => {
    await using folder = await (runtime === DENO ? programFolder() : copyFolder());
    const main = await folder.write("main.mjs", PROGRAM);
    const printed = await outputOf(runtime, [main]);
    assertMatch(printed, /api\.example\.com/);
    assert((printed.match(/(?:Type|Network)Error: /g)?.length ?? 0) >= 10, printed);
    assertEquals(printed.match(/.*planted.*/), null);
    const uncaught = await outputOf(runtime, [main, "uncaught"]);
    assertMatch(uncaught, /exit 1:[^]*InterceptorError: The response interceptor failed/);
    assertEquals(uncaught.match(/.*planted.*/g), null);
  });
}
