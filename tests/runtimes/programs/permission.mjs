/** Both call styles under whatever permissions there are. The argument is the server's URL. */
// deno-lint-ignore-file no-console -- the test reads what it prints
import { create } from "@ax/client";
import { api as twin } from "./twin.mjs";

const url = Deno.args[0];
const api = create({ timeout: 5_000 });
const report = [];
for (const verb of ["get", "getSync"]) {
  try {
    report.push((await api[verb](`${url}/json`)).status);
  } catch (error) {
    report.push(`${error.code}: ${error.message.replaceAll(url, "URL")}`);
  }
}
try {
  report.push(twin.getSync(`${url}/echo`).data["x-twin"]);
} catch (error) {
  report.push(`${error.code}`);
}
console.log(JSON.stringify(report));
