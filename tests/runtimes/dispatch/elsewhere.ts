/** Something at the place of Node's dispatcher in another runtime: `bun elsewhere.mjs <server>`. */

// deno-lint-ignore-file no-console -- the test reads what it prints
import process from "node:process";
import { create } from "../../../mod.ts";

const [, , server = ""] = process.argv;
let asked = 0;
for (const place of [1, 2]) {
  Object.defineProperty(globalThis, Symbol.for(`undici.globalDispatcher.${place}`), {
    value: { dispatch: () => asked++ },
  });
}
const api = create({ baseURL: server });
const statuses: number[] = [];
for (let left = 4; left > 0; left--) statuses.push((await api.get("/ok")).status);
console.log(JSON.stringify({
  "a dispatcher where there is no Node": [[asked, ...statuses], [0, 200, 200, 200, 200]],
}));
