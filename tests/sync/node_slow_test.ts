/** How sync calls go under the options of Node. */

import { assertEquals } from "@std/assert";
import { sharedServer } from "../support/server.ts";
import { otherRuntimes, outputOf, programFolder } from "./programs.ts";

const server = sharedServer();
const nodes = (await otherRuntimes()).filter(({ name }) => name.startsWith("Node"));

/** Says in which thread it runs, and makes a sync call of its own. */
const PRELOAD = `
  const { isMainThread } = process.getBuiltinModule("node:worker_threads");
  const { writeSync } = process.getBuiltinModule("node:fs");
  writeSync(1, isMainThread ? "preload\\n" : "preload in a worker\\n");
`;

for (const node of nodes) {
  Deno.test(`${node.name} runs a preload once, also one that makes sync calls`, async () => {
    await using folder = await programFolder();
    const call = `api.getSync(${JSON.stringify(`${server.url}/json`)}).status`;
    const main = await folder.write(
      "main.mjs",
      `import * as api from "./ax.mjs"; console.log(${call});`,
    );
    const module = await folder.write(
      "preload.mjs",
      `import * as api from "./ax.mjs"; ${PRELOAD} ${call};`,
    );
    const script = await folder.write("preload.cjs", PRELOAD);
    const expected = "preload\n200";
    assertEquals(await outputOf(node, ["--import", module, main]), expected);
    assertEquals(await outputOf(node, [`--require=${script}`, main]), expected);
    const options = `--import="${module}" --max-http-header-size=20000 --max-old-space-size=900`;
    assertEquals(await outputOf(node, [main], { NODE_OPTIONS: options }), expected);
    assertEquals(await outputOf(node, ["-r", script, "--max-old-space-size=900", main]), expected);
  });

  Deno.test(`${node.name} keeps the network's options beside a preload`, async () => {
    await using folder = await programFolder();
    const large = JSON.stringify(`${server.url}/headers?x-a=${"a".repeat(20_000)}`);
    const main = await folder.write(
      "main.mjs",
      `import { getSync } from "./ax.mjs";
      const statusOf = () => {
        try {
          return getSync(${large}).status;
        } catch ({ message }) {
          return message.includes("headers are larger") ? "too large" : message;
        }
      };
      console.log(statusOf());`,
    );
    const script = await folder.write("preload.cjs", "");
    const wide = "--max-http-header-size=90000";
    assertEquals(await outputOf(node, ["-r", script, main]), "too large");
    assertEquals(await outputOf(node, ["-r", script, wide, main]), "200");
    const env = { NODE_OPTIONS: `--require ${script} ${wide}` };
    assertEquals(await outputOf(node, [main], env), "200");
  });

  Deno.test(`${node.name} makes sync calls where code from strings is forbidden`, async () => {
    await using folder = await programFolder();
    const main = await folder.write(
      "main.mjs",
      `import { getSync, syncSupport } from "./ax.mjs";
      console.log(syncSupport().supported, getSync(${
        JSON.stringify(`${server.url}/json`)
      }).status);`,
    );
    const forbidding = ["--disallow-code-generation-from-strings", main];
    assertEquals(await outputOf(node, forbidding), "true 200");
  });

  Deno.test(`${node.name} tells of the permission that it lacks`, async () => {
    await using folder = await programFolder();
    const main = await folder.write(
      "main.mjs",
      `import { getSync, syncSupport } from "./ax.mjs";
      process.removeAllListeners("warning");
      const { supported, reason } = syncSupport();
      console.log(supported, reason);
      try {
        console.log(getSync(${JSON.stringify(`${server.url}/json`)}).status);
      } catch ({ code }) {
        console.log(code);
      }`,
    );
    const permission = node.name === "Node 20" ? "--experimental-permission" : "--permission";
    const args = ["--no-warnings", permission, "--allow-fs-read=*", main];
    assertEquals(
      await outputOf(node, args),
      "false Node runs with --permission, add --allow-worker\nAX_SYNC_UNAVAILABLE",
    );
    assertEquals(await outputOf(node, ["--allow-worker", ...args]), "true undefined\n200");
  });

  Deno.test(`${node.name} sends a blob, or says how to send the file that it is`, async () => {
    await using folder = await programFolder();
    const url = JSON.stringify(`${server.url}/echo`);
    const main = await folder.write(
      "main.mjs",
      `import { openAsBlob, writeFileSync } from "node:fs";
      import { postSync } from "./ax.mjs";
      writeFileSync(new URL("file.txt", import.meta.url), "from a file");
      const file = await openAsBlob(new URL("file.txt", import.meta.url));
      for (const data of [new Blob(["from memory"]), file]) {
        try {
          console.log(postSync(${url}, { data }).data.body);
        } catch ({ name, message }) {
          console.log(name, message.includes('give its bytes ("fs.readFileSync()")'));
        }
      }`,
    );
    const output = await outputOf(node, ["--no-warnings", main]);
    const [memory, fromFile] = output.split("\n");
    assertEquals([memory, fromFile], ["from memory", "TypeError true"]);
  });
}
