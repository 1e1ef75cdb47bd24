/** All checks in a program that is one file: it has no module of its own for a twin. */
import * as client from "@ax/client";
import * as testing from "@ax/client/testing";
import { check } from "./check.mjs";

const entries = { "@ax/client": client, "@ax/client/testing": testing };

check((name) => Promise.resolve(entries[name]), undefined, process.argv[2])
  .then((report) => console.log(JSON.stringify(report)));
