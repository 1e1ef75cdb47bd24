/**
 * A progress bar that also moves while the thread is blocked:
 * `deno run --allow-net examples/download.ts`.
 *
 * @module
 */

// deno-lint-ignore-file no-console -- an example talks to its terminal
import { create, type Progress } from "@ax/client";
// @ts-types="npm:@types/cli-progress@^3.11"
import cliProgress from "npm:cli-progress@^3.12";
import { startServer } from "./server.ts";

/** Shows a download, and gives what hears of its progress. */
function showProgress(style: string): (progress: Progress) => void {
  const bar = new cliProgress.SingleBar({
    format: `${style} {bar} {percentage}% | {value} of {total} KiB | {speed}`,
    // Timers do not run while the thread is blocked, so each update draws by itself.
    synchronousUpdate: true,
    linewrap: null,
  }, cliProgress.Presets.shades_classic);
  bar.start(1, 0, { speed: "" });
  return ({ loaded, total = loaded, fraction, rate = 0 }) => {
    bar.setTotal(inKiB(total));
    bar.update(inKiB(loaded), { speed: `${inKiB(rate)} KiB/s` });
    if (fraction === 1) bar.stop();
  };
}

function inKiB(bytes: number): number {
  return Math.round(bytes / 1024);
}

using server = await startServer();
using api = create({
  baseURL: server.url,
  headers: { authorization: "Bearer not-a-real-token" },
});

const awaited = await api.get("/archive", { onDownloadProgress: showProgress("async") });
console.log("async:", awaited.bytes().length, "bytes");

const blocking = api.getSync("/archive", { onDownloadProgress: showProgress("sync ") });
console.log("sync: ", blocking.bytes().length, "bytes");
