/** A fetch that was replaced before the client was loaded: `node replaced.mjs <server>`. */

// deno-lint-ignore-file no-console -- the test reads what it prints
import process from "node:process";

const [, , server = ""] = process.argv;
const nativeFetch = globalThis.fetch;
let seen = 0;
globalThis.fetch = (input, init) => {
  seen++;
  return nativeFetch(input, init);
};

const { create } = await import("../../../mod.ts");
const api = create({ baseURL: server });
for (let left = 5; left > 0; left--) await api.get("/ok");
console.log(JSON.stringify({ "a fetch that was replaced before": [seen, 5] }));
