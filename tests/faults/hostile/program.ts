/** Runs the rows in Node: a line of JSON for each. */
// deno-lint-ignore-file no-console -- the test reads what it prints

import process from "node:process";
// As a user's program has it: the npm copy.
import * as ax from "@ax/client";
import { outcomeOf, rowsIn } from "./rows.ts";
import type { Package, Place, Servers } from "./kit.ts";

/** What came of one row. */
export interface Report {
  readonly name: string;
  readonly place: Place;
  readonly outcome: unknown;
  /** What was thrown where nobody could catch it. */
  readonly strays: readonly string[];
}

let strays: string[] = [];
for (const event of ["uncaughtException", "unhandledRejection"]) {
  process.on(event, (error: unknown) => strays.push(String(error)));
}

const WAYS: readonly Place["way"][] = ["fetch", "dispatch"];
const servers = JSON.parse(process.argv[2] ?? "") as Servers;
const module = import.meta.resolve("@ax/client");
const major = Number(process.versions.node.split(".")[0]);

for (const style of ["async", "sync"] as const) {
  for (const way of WAYS) {
    const place: Place = { runtime: "node", major, style, way };
    // One worker for all rows, but those that start their own.
    let keeper: { close(): void } | undefined;
    for (const row of rowsIn(place)) {
      if (!row.alone && style === "sync") keeper ??= keep();
      const outcome = await outcomeOf(row, ax as Package, module, servers, place);
      await new Promise((resolve) => setTimeout(resolve, 5));
      console.log(JSON.stringify({ name: row.name, place, outcome, strays } satisfies Report));
      strays = [];
    }
    keeper?.close();
  }
}
// What a runtime keeps open after a hostile answer is not looked at here.
process.exit();

/** A client that holds the worker. */
function keep(): { close(): void } {
  const api = ax.create({ baseURL: servers.url });
  api.getSync("/ok");
  return api;
}
