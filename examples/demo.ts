/**
 * One client, both call styles, side by side: `deno task demo`.
 *
 * @module
 */

// deno-lint-ignore-file no-console -- a demo talks to its terminal
import {
  CancelToken,
  concurrent,
  FixedDelay,
  type Flow,
  isAxError,
  type RequestConfig,
  run,
  runSync,
  syncSupport,
} from "@ax/client";
import { connect, type Connection, type User } from "./github.ts";
import { startServer } from "./server.ts";

/** One line of the table: something to do, as it is written in each style. */
interface Row {
  what: string;
  async: () => Promise<unknown>;
  sync: () => unknown;
}

/** How something ended, and how long it took. */
interface Outcome {
  text: string;
  ms: number;
}

function rowsOf({ github, api }: Connection): Row[] {
  /** A line about one GET. */
  const get = (what: string, url: string, config: RequestConfig = {}): Row => ({
    what,
    async: async () => summary(await api.get<{ message: string }>(url, config)),
    sync: () => summary(api.getSync<{ message: string }>(url, config)),
  });
  const cancelToken = new CancelToken();
  cancelToken.cancel("no longer needed");
  const retried = { maxRetries: 2, retryStrategy: new FixedDelay({ delay: 30 }) };
  const everybody = ["ada", "grace", "linus", "margaret"];
  const names = (users: readonly User[]) => users.map(({ name }) => name.split(" ")[0]).join(", ");

  /** Written once, for both styles. */
  function* together(): Flow<string> {
    return names(yield* concurrent(everybody.map((login) => github.flow.user(login))));
  }

  return [
    {
      what: "await api.get / api.getSync",
      async: async () => (await api.get<{ name: string }>("/users/ada")).data.name,
      sync: () => api.getSync<{ name: string }>("/users/ada").data.name,
    },
    {
      what: "an SDK operation",
      async: () => github.user("grace"),
      sync: () => github.userSync("grace"),
    },
    {
      what: "one built from two others",
      async: () => github.profile("ada"),
      sync: () => github.profileSync("ada"),
    },
    {
      what: "a POST with json",
      async: () => github.openIssue("notes", "Both ways"),
      sync: () => github.openIssueSync("notes", "Both ways"),
    },
    {
      what: "4 users at once",
      async: async () => names(await Promise.all(everybody.map((login) => github.user(login)))),
      sync: () => names(api.allSync(everybody.map((login) => github.flow.user(login)))),
    },
    {
      what: "4 at once, in a flow",
      async: () => run(together()),
      sync: () => runSync(together()),
    },
    get("404", "/users/nobody"),
    get("a timeout of 150 ms", "/slow", { timeout: 150 }),
    get("503, no retry", "/down"),
    get("503, 2 retries in vain", "/down", retried),
    get("503 twice, then fine", "/flaky", retried),
    get("cancelled by a token", "/slow", { cancelToken }),
  ];
}

function summary({ status, attempts, data }: {
  status: number;
  attempts: number;
  data: { message: string };
}): string {
  return `${status} "${data.message}", attempt ${attempts}`;
}

/** Errors as text, with what makes them comparable. */
function failure(error: unknown): string {
  if (!isAxError(error)) return String(error);
  const { name, response, attempts } = error;
  const status = response ? ` ${response.status}` : "";
  return `${name}${status}, attempt ${attempts}`;
}

async function measure(work: () => unknown): Promise<Outcome> {
  const start = performance.now();
  let text: string;
  try {
    // What a sync call returned goes through `await` unchanged.
    const result = await work();
    text = typeof result === "string" ? result : JSON.stringify(result);
  } catch (error) {
    text = failure(error);
  }
  return { text, ms: performance.now() - start };
}

function table(rows: string[][]): string {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  return rows.map((row) =>
    row.map((cell, i) =>
      /^\d+ ms$/.test(cell) ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)
    ).join("  ").trimEnd()
  ).join("\n");
}

/** How often a timer of this thread fires while some work is done. */
async function ticksDuring(work: () => unknown): Promise<number> {
  let ticks = 0;
  const timer = setInterval(() => ticks++, 10);
  await work();
  clearInterval(timer);
  return ticks;
}

const { supported, reason } = syncSupport();
if (!supported) throw new Error(`No sync calls here: ${reason}`);

using server = await startServer();
const connection = connect(server.url, "not-a-real-token");
using api = connection.api;
// Otherwise the first sync call's time would hold the start of its worker.
await api.warmSync();

const lines = [["what", "async result", "", "sync result", "", "same?"]];
let same = true;
for (const { what, async, sync } of rowsOf(connection)) {
  const [a, b] = [await measure(async), await measure(sync)];
  same &&= a.text === b.text;
  const [msA, msB] = [a, b].map(({ ms }) => `${Math.round(ms)} ms`) as [string, string];
  lines.push([what, a.text, msA, b.text, msB, a.text === b.text ? "yes" : "NO"]);
}
console.log(table(lines));

const waiting = { timeout: 100, validateStatus: false } as const;
const free = await ticksDuring(() => api.get("/slow", waiting).catch(() => {}));
const blocked = await ticksDuring(() => {
  try {
    api.getSync("/slow", waiting);
  } catch {
    // The timeout is what this waits for.
  }
});
console.log(`
While a call waited 100 ms, a 10 ms timer of this thread fired ${free} times during the async one
and ${blocked} times during the sync one. One middleware measured all ${connection.log.length} calls.`);
if (!same) throw new Error("The two call styles differ");
