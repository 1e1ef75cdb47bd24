/**
 * Makes each call of the parity suite by Node's fetch and by its dispatcher, and prints what came
 * of it: `node program.mjs <server> <style>`.
 */

// deno-lint-ignore-file no-console -- the test reads what it prints
import process from "node:process";
import { createKit, failure, type Kit, NODE, type PortName, type Row, type Seen } from "./kit.ts";
import { codingRows } from "./rows_codings.ts";
import { failureRows } from "./rows_failures.ts";
import { requestRows } from "./rows_requests.ts";
import { responseRows } from "./rows_responses.ts";
import { tlsRows } from "./rows_tls.ts";

/** What is printed for a row, as JSON on a line of its own. */
export interface RowReport {
  readonly name: string;
  readonly fetch: Seen;
  readonly dispatch: Seen;
  readonly better?: Row["better"];
}

const [, , server = "", style = "async"] = process.argv;
const stray: string[] = [];
for (const event of ["uncaughtException", "unhandledRejection"]) {
  process.on(event, (error: unknown) => stray.push(`${event}: ${error}`));
}

const MAX_MS = 10_000;

async function outcomeOf(row: Row, kit: Kit): Promise<Seen> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const hung = new Promise<Seen>((resolve) => {
    timer = setTimeout(() => resolve({ hung: true }), MAX_MS);
  });
  const run = async (): Promise<Seen> => {
    try {
      for (let left = row.repeat ?? 0; left > 0; left--) await row.run(kit).catch(() => {});
      return { value: await row.run(kit) };
    } catch (error) {
      return { error: failure(error) };
    }
  };
  const outcome = await Promise.race([run(), hung]);
  clearTimeout(timer);
  return outcome;
}

interface Logged {
  readonly sockets: readonly { readonly closedBy: string | null }[];
  readonly requests: readonly {
    readonly method: string;
    readonly url: string;
    readonly headers: readonly [string, string][];
    readonly length: number;
    readonly sum: number;
  }[];
}

async function ask(key: string): Promise<Logged> {
  return await (await fetch(`${server}/__log?key=${key}`)).json() as Logged;
}

/** What the server has seen. */
async function logOf(key: string, log: Row["log"]): Promise<unknown> {
  if (log === "none") return undefined;
  const { requests } = await ask(key);
  return requests.map(({ method, url, headers, length, sum }) => ({
    ...{ method, url },
    headers: headers.filter(([name]) => name !== "x-test-key"),
    ...log !== "heads" && { length, sum },
  }));
}

/** Whether the client closes each connection that it has used. */
async function isClosed(key: string): Promise<boolean> {
  for (let tries = 0; tries < 100; tries++) {
    const { sockets } = await ask(key);
    if (sockets.length > 0 && sockets.every(({ closedBy }) => closedBy === "client")) return true;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return false;
}

async function report(row: Row, port: PortName): Promise<Seen> {
  const key = `${style}-${port}-${NODE}-${row.name.replaceAll(/\W+/g, "-")}`;
  const outcome = await outcomeOf(row, createKit(style as Kit["style"], port, { server, key }));
  const log = await logOf(key, row.log);
  const closed = row.closes && await isClosed(key);
  return { ...outcome, log, closed, stray: stray.splice(0) };
}

/** Each port gets to know the origin; the dispatcher is used from the third call on. */
async function warm(): Promise<void> {
  for (const port of ["fetch", "dispatch"] as const) {
    const kit = createKit(style as Kit["style"], port, { server, key: "warm" });
    for (let left = 5; left > 0; left--) {
      await kit.request("/ok");
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

await warm();
const [only] = process.argv.slice(4);
const rows = [...requestRows, ...responseRows, ...codingRows, ...failureRows, ...tlsRows];
for (const row of rows) {
  if (only !== undefined && !row.name.includes(only)) continue;
  if (row.awaited && style === "sync") continue;
  const { nodes = [NODE], fatal } = row.better ?? {};
  const better = nodes.includes(NODE) ? row.better : undefined;
  const line: RowReport = {
    name: row.name,
    fetch: better && fatal ? {} : await report(row, "fetch"),
    dispatch: await report(row, "dispatch"),
    ...better && { better },
  };
  console.log(JSON.stringify(line));
}
process.exit(0);
