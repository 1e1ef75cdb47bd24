import { assert, assertEquals } from "@std/assert";
import { sharedFaultServer } from "../support/fault_server.ts";

const server = sharedFaultServer();

// Node does not repeat a request whose kept connection was gone; the client does, where it may.
const PROGRAM = `
import process from "node:process";
import { create } from ${JSON.stringify(import.meta.resolve("../../mod.ts"))};
const [, , baseURL, style] = process.argv;
const api = create({ baseURL });
const send = async (url, config) => {
  // Time for undici to put the last connection back.
  await new Promise((resolve) => setTimeout(resolve, 20));
  const response = style === "sync"
    ? api.requestSync({ url, ...config })
    : await api.request({ url, ...config });
  return \`\${response.status}/\${response.attempts}\`;
};
for (const how of ["reset", "end"]) {
  const get = \`/stale-then-ok?how=\${how}&key=\${style}-\${how}\`;
  console.log(how, await send(get), await send(get));
  await send(\`/ok?key=warm\`);
  const post = send(get + "-post", { method: "POST", json: 1 });
  console.log(how, await post.catch((error) => error.code));
}
`;

async function hasNode(): Promise<boolean> {
  try {
    return (await new Deno.Command("node", { args: ["--version"] }).output()).success;
  } catch {
    return false;
  }
}

async function run(command: string, args: string[]): Promise<string> {
  const signal = AbortSignal.timeout(20_000);
  const child = new Deno.Command(command, { args, signal });
  const { stdout, stderr, success } = await child.output();
  const decoder = new TextDecoder();
  assert(success, decoder.decode(stderr));
  return decoder.decode(stdout);
}

const node = await hasNode();

for (const style of ["async", "sync"]) {
  Deno.test({
    name: `a kept connection that is gone is not noticed in Node [${style}]`,
    ignore: !node, // Without Node on the path there is nothing to test.
    async fn() {
      const folder = await Deno.makeTempDir();
      try {
        await Deno.writeTextFile(`${folder}/program.ts`, PROGRAM);
        const output = `${folder}/program.mjs`;
        const bundle = ["bundle", "-q", "--platform", "deno", "-o", output, `${folder}/program.ts`];
        await run(Deno.execPath(), bundle);
        const lines = (await run("node", [output, server.url, style])).trim().split("\n");
        for (const how of ["reset", "end"]) {
          const [got, posted] = lines.filter((line) => line.startsWith(how));
          assertEquals(got, `${how} 200/1 200/1`);
          const { requests } = await server.log(`${style}-${how}`);
          assertEquals(requests.length, 3);
          assertEquals((await server.log(`${style}-${how}-post`)).requests.length, 1);
          assertEquals(posted, `${how} AX_NETWORK`);
        }
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    },
  });
}
