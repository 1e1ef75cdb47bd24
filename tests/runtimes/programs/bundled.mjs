/** All checks in a program that is one file: it has no module of its own for a twin. */
// deno-lint-ignore-file no-console -- the test reads what it prints
import { watching } from "./watch_import.mjs";
import * as client from "@ax/client";
import * as testing from "@ax/client/testing";
import { check } from "./check.mjs";

const entries = { "@ax/client": client, "@ax/client/testing": testing };

const effects = watching.stop();
check((name) => Promise.resolve(entries[name]), undefined, process.argv[2])
  .then((report) =>
    console.log(JSON.stringify({ ...report, import: effects.length === 0 || effects.join() }))
  );
