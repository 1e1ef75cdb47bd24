/** Imports every entry, and must be over at once: no permission, thread, timer or listener. */
// deno-lint-ignore-file no-console -- the test reads what it prints
import "@ax/client";
import "@ax/client/testing";

console.log("imported");
