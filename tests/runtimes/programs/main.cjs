/** All checks from a CommonJS module. */
// deno-lint-ignore-file no-console -- the test reads what it prints
async function main() {
  const { check } = await import("./check.mjs");
  const report = await check(require, () => require("./twin.cjs"), process.argv[2]);
  console.log(JSON.stringify(report));
}

main();
