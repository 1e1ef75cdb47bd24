/** All checks from an ES module; the argument is the probe server's URL. */
// deno-lint-ignore-file no-console -- the test reads what it prints
import { check } from "./check.mjs";

const entries = {
  "@ax/client": () => import("@ax/client"),
  "@ax/client/testing": () => import("@ax/client/testing"),
};
const report = await check((name) => entries[name](), () => import("./twin.mjs"), process.argv[2]);
console.log(JSON.stringify(report));
