import { ERROR_AT, ERROR_BYTES, EXITED, FAILED, STATE } from "./channel.ts";

/** The error slot holds no more. */
const MAX_ERROR_BYTES = 1900;

/**
 * Runs before the source of every worker. A blocked parent gets no events, so a worker that cannot
 * go on says so in shared memory. Deno tells of rejections by events, Node by `process`.
 */
const BOOT: string = `
const { memory, bell, source, tolerant } = start;
const words = new Int32Array(memory), bells = new Int32Array(bell);
const leave = (state) => {
  if (Atomics.load(words, ${STATE}) >= ${EXITED}) return;
  Atomics.store(words, ${STATE}, state);
  Atomics.add(bells, 0, 1);
  Atomics.notify(bells, 0);
};
const fail = (error) => {
  const text = new TextEncoder().encode(String(error?.message ?? error));
  const slot = text.subarray(0, ${MAX_ERROR_BYTES});
  new Uint8Array(memory, ${ERROR_AT}).set(slot);
  Atomics.store(words, ${ERROR_BYTES}, slot.length);
  leave(${FAILED});
};
let booted = false;
let last;
const stray = (error) => {
  if (!tolerant || !booted) return fail(error);
  // Deno tells of a throw in a timer both ways.
  if (error !== last) console.error("Uncaught in an async function of a sync call:", error);
  last = error;
};
const failed = (event) => {
  event.preventDefault();
  stray(event.reason ?? event.error ?? event.message);
};
const { process } = globalThis;
process?.on("uncaughtException", stray);
process?.on("unhandledRejection", stray);
process?.on("exit", () => leave(${EXITED}));
globalThis.addEventListener?.("unload", () => leave(${EXITED}));
globalThis.addEventListener?.("error", failed);
globalThis.addEventListener?.("unhandledrejection", failed);
try {
  (run ?? Function("start", source + "\\n//# sourceURL=ax-client-worker.js"))(start);
  booted = true;
} catch (error) {
  fail(error);
}
`;

/**
 * The module that every worker starts from: a file or a `blob:` could not be found everywhere. It
 * is as short as can be, because it is the base URL of the thread, and Deno copies that for every
 * request: with the whole source in it, a fetch took three times as long.
 */
export const BOOT_URL: string = "data:text/javascript," + encodeURIComponent(
  'const{workerData:d}=process.getBuiltinModule("node:worker_threads");Function("start","run",d.boot)(d)',
);

/** What a worker starts with, besides what its own source needs. */
export interface Boot {
  readonly boot: string;
  readonly source: string;
  readonly tolerant: boolean;
}

/** Makes the source of a worker ready for {@linkcode BOOT_URL}. */
export function bootOf(source: string, tolerant = false): Boot {
  return { boot: BOOT, source, tolerant };
}

/**
 * The whole script of a worker in a browser. It is a file there, so that a page's policy need not
 * allow `eval`; its start is the first message.
 */
export function webBoot(source: string): string {
  return `const run = (start) => {${source}
};
onmessage = ({ data: start }) => {
  onmessage = null;
  ${BOOT}
};`;
}
