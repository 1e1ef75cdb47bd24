/** The same answers in other runtimes, with the npm copy. */

import { assertEquals } from "@std/assert";
import { sharedFaultServer } from "../support/fault_server.ts";
import { copyFolder, otherRuntimes, outputOf } from "../sync/programs.ts";
import { DECODING_ROWS, rowUrl } from "./decoding.ts";

const faults = sharedFaultServer();

const PROGRAM = `
import { readFileSync } from "node:fs";
import { create } from "./ax.mjs";

const urls = JSON.parse(readFileSync(new URL("urls.json", import.meta.url), "utf8"));
const outcomes = [];
for (const dispatch of [true, false]) {
  const api = create({ timeout: 5_000, network: { dispatch } });
  for (const url of urls) {
    outcomes.push(await api.get(url).then(({ data = "" }) => data, ({ code }) => code));
    try {
      outcomes.push(api.getSync(url).data ?? "");
    } catch ({ code }) {
      outcomes.push(code);
    }
  }
}
console.log(JSON.stringify(outcomes));
`;

for (const runtime of await otherRuntimes()) {
  Deno.test(`${runtime.name} decodes what the other runtimes decode`, async (t) => {
    await using folder = await copyFolder();
    await folder.write(
      "urls.json",
      JSON.stringify(DECODING_ROWS.map((row) => rowUrl(faults, row))),
    );
    const main = await folder.write("main.mjs", PROGRAM);
    const output = await outputOf(runtime, [main]);
    // Bun itself says what it could not decode.
    const line = output.split("\n").find((line) => line.startsWith("["));
    const outcomes = JSON.parse(line ?? output) as string[];
    for (const way of ["below fetch", "by fetch"]) {
      for (const { name, expected, elsewhere = {} } of DECODING_ROWS) {
        const places = [`${runtime.name} ${way}`, runtime.name];
        const place = places.find((place) => elsewhere[place] !== undefined) ?? "";
        for (const style of ["async", "sync"]) {
          await t.step(
            `${name} [${style}, ${way}]`,
            () => assertEquals(outcomes.shift(), elsewhere[place] ?? expected),
          );
        }
      }
    }
  });
}
