/** Async user functions in whole programs: permissions, output, exit, modules that misbehave. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { bundleFiles } from "../../scripts/esbuild.ts";
import { captureCommand, type RunResult } from "../../scripts/run_deno.ts";
import { sharedServer } from "../support/server.ts";
import { otherRuntimes } from "../sync/programs.ts";

const server = sharedServer();
const MOD = new URL("../../mod.ts", import.meta.url).href;
const LIMIT_MS = 20_000;

/** A module that defines a client with an async middleware. */
const API = `
export const api = create({ module: import.meta.url, timeout: 5000 });
api.use(async (request, next) => {
  console.log("said in the worker");
  request.headers.set("x-env", process.env.AX_TEST_VALUE + process.argv.slice(2));
  return await next(request);
});
`;

/** A program that calls it, and says how many threads it has started. */
const MAIN = `
const threads = process.getBuiltinModule("node:worker_threads");
let started = 0, ended = 0;
const { Worker } = threads;
threads.Worker = class extends Worker {
  constructor(...args) { super(...args).on("exit", () => ended++); started++; }
};
const { api, after } = await import("./api.EXT");
const call = () => {
  try {
    const { data } = api.getSync(process.argv[2] + "/echo");
    return "x-env " + data.headers["x-env"];
  } catch (error) {
    return error.name + ": " + error.message;
  }
};
console.log(call());
console.log(call().startsWith("x-env") ? "again" : call());
END
`;

interface Program {
  readonly api?: string;
  readonly main?: string;
  readonly extension?: "ts" | "mjs";
  /** Where the package is. */
  readonly mod?: string;
  /** Code at the end of the program. */
  readonly end?: string;
}

async function inFolder<T>(program: Program, use: (folder: string) => Promise<T>): Promise<T> {
  const { api = API, main = MAIN, extension = "ts", mod = MOD, end = "" } = program;
  const folder = await Deno.realPath(await Deno.makeTempDir());
  const head = `import { create } from ${JSON.stringify(mod)};\n`;
  const process = 'import process from "node:process";\n';
  try {
    await Deno.writeTextFile(`${folder}/api.${extension}`, process + head + api);
    const text = main.replaceAll("EXT", extension).replace("END", end);
    await Deno.writeTextFile(`${folder}/main.${extension}`, process + head + text);
    return await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const ENV = { AX_TEST_VALUE: "same", NO_COLOR: "1" };

function deno(folder: string, permissions: string[], args = [server.url]): Promise<RunResult> {
  const command = ["run", "--no-check", "--quiet", ...permissions, `${folder}/main.ts`, ...args];
  return captureCommand(Deno.execPath(), command, { env: ENV, limitMs: LIMIT_MS });
}

const ALLOWED = ["--allow-net", "--allow-read", "--allow-env"];

Deno.test("a Deno program calls, prints what the worker says, and ends", () =>
  inFolder({}, async (folder) => {
    const { code, output } = await deno(folder, ALLOWED, [server.url, "more"]);
    assertEquals(code, 0, output);
    assertStringIncludes(output, `x-env same${server.url},more`);
    assertEquals(output.match(/said in the worker/g)?.length, 2);
  }));

Deno.test("close() of the last client ends the user worker, whatever timers it has", () => {
  const api = API.replace("console.log", "setInterval(() => {}, 10); console.log");
  const end = `
    api.close();
    while (ended < started) await new Promise((resolve) => setTimeout(resolve, 10));
    console.log("closed", started);`;
  return inFolder({ api, end }, async (folder) => {
    const { code, output } = await deno(folder, ALLOWED);
    assertEquals(code, 0, output);
    assertStringIncludes(output, "closed 2");
  });
});

Deno.test("without --allow-read the error says so, and nothing asks", () =>
  inFolder({}, async (folder) => {
    const { code, output } = await deno(folder, [
      "--allow-net",
      "--allow-env",
      `--deny-read=${folder}`,
    ]);
    assertEquals(code, 0, output);
    assertStringIncludes(output, "SyncBridgeError: Cannot run middleware 0 in a sync call");
    assertStringIncludes(output, "--allow-read");
  }));

const withPython = await present("python3", ["-c", "import pty"]);

Deno.test({
  name: "without --allow-read nothing asks on a terminal either",
  ignore: !withPython,
  fn: () =>
    inFolder({}, async (folder) => {
      const args = ["run", "--no-check", "--allow-net", "--allow-env", `${folder}/main.ts`];
      const spawn = `import pty, sys; sys.exit(pty.spawn(${
        JSON.stringify([Deno.execPath(), ...args, server.url])
      }) >> 8)`;
      const { code, output } = await captureCommand("python3", ["-c", spawn], {
        env: ENV,
        limitMs: LIMIT_MS,
      });
      assertEquals(code, 0, output);
      assertStringIncludes(output, "--allow-read");
      assertEquals(/Allow\?|requests? read access/i.test(output), false, output);
    }),
});

Deno.test("a module that makes a sync call while it loads starts no worker after worker", () => {
  const api = `${API}
    const own = create();
    export const status = own.getSync(${
    JSON.stringify(server.url)
  } + "/count?key=careless").status;`;
  return inFolder({ api, end: 'console.log("threads", started);' }, async (folder) => {
    const { code, output } = await deno(folder, ALLOWED);
    assertEquals(code, 0, output);
    assertEquals(
      output.match(/SyncBridgeError: Cannot .* while module ".*api\.ts" loads/g)?.length,
      2,
    );
    // One for requests, one for functions, and none of theirs.
    assertStringIncludes(output, "threads 2");
    assertEquals((await server.requests("careless")).length, 1);
  });
});

Deno.test("a module that makes an async call while it loads is told so", () => {
  const api = `${API}
    export const status = (await create().get(${
    JSON.stringify(server.url)
  } + "/count?key=eager")).status;`;
  return inFolder({ api }, async (folder) => {
    const { output } = await deno(folder, ALLOWED);
    assertStringIncludes(output, "Cannot send a request while module");
    assertStringIncludes(output, "api.ts");
    assertEquals((await server.requests("eager")).length, 1);
  });
});

for (const { name, command: [program = "", ...first] } of await otherRuntimes()) {
  Deno.test({
    name: `${name}: twins of JavaScript modules, output, exit, and entry modules`,
    fn: () =>
      inFolder({ extension: "mjs", mod: "./ax.mjs" }, async (folder) => {
        await bundleTo(`${folder}/ax.mjs`);
        const run = (main: string) =>
          captureCommand(program, [...first, main, server.url, "more"], {
            env: ENV,
            limitMs: LIMIT_MS,
          });
        const { code, output } = await run(`${folder}/main.mjs`);
        assertEquals(code, 0, output);
        assertStringIncludes(output, `x-env same${server.url},more`);
        assertEquals(output.match(/said in the worker/g)?.length, 2, output);
        // A program whose entry is the module itself, also by another path.
        await Deno.symlink(`${folder}/api.mjs`, `${folder}/link.mjs`);
        const own = `
        try {
          api.getSync(process.argv[2] + "/echo");
        } catch (error) {
          console.log(error.name + ": " + error.message);
        }
        console.log("awaited", (await api.get(process.argv[2] + "/echo")).status);`;
        await Deno.writeTextFile(`${folder}/api.mjs`, own, { append: true });
        for (const entry of ["api.mjs", "link.mjs"]) {
          const { code, output } = await run(`${folder}/${entry}`);
          assertEquals(code, 0, output);
          assertStringIncludes(output, "SyncBridgeError: Cannot run middleware 0 in a sync call");
          assertStringIncludes(output, "the program's entry");
          assertStringIncludes(output, "awaited 200");
        }
      }),
  });
}

Deno.test({
  name: "node: a preload that makes sync calls finds its twin, and starts no worker after worker",
  ignore: !await present("node", ["--version"]),
  fn: () =>
    inFolder({ extension: "mjs", mod: "./ax.mjs" }, async (folder) => {
      await bundleTo(`${folder}/ax.mjs`);
      // A worker's output before its start may be lost.
      const seen = `${folder}/seen.txt`;
      const preload = `
        import { appendFileSync } from "node:fs";
        const say = (text) => appendFileSync(${JSON.stringify(seen)}, text + "\\n");
        const { api } = await import("./api.mjs");
        try {
          say("preloaded " + api.getSync(${JSON.stringify(server.url)} + "/echo").status);
        } catch (error) {
          say("in the worker " + error.name);
        }`;
      await Deno.writeTextFile(`${folder}/preload.mjs`, preload);
      const args = ["--import", `${folder}/preload.mjs`, `${folder}/main.mjs`, server.url];
      const { code, output } = await captureCommand("node", args, { env: ENV, limitMs: LIMIT_MS });
      assertEquals(code, 0, output);
      const lines = (await Deno.readTextFile(seen)).trim().split("\n").sort();
      assertEquals(lines, ["in the worker SyncBridgeError", "preloaded 200"]);
      assertStringIncludes(output, "again");
    }),
});

const BUNDLES: [command: string, format: "esm" | "cjs", why: string][] = [
  ["deno", "esm", "or a bundle in one file"],
  ["node", "esm", "or a bundle in one file"],
  ["node", "cjs", 'its client\'s "module" is empty'],
];

for (const [command, format, why] of BUNDLES) {
  Deno.test({
    name:
      `${command}: an SDK in a bundle of one ${format} file starts, awaits, and says why not sync`,
    ignore: !await present(command, ["--version"]),
    fn: () =>
      inFolder({ extension: "mjs", mod: new URL(MOD).pathname }, async (folder) => {
        const main = `
          import { api } from "./api.mjs";
          const say = async (name, call) => {
            try {
              console.log(name, (await call()).status);
            } catch (error) {
              console.log(name, error.name + ": " + error.message);
            }
          };
          say("awaited", () => api.get(process.argv[2] + "/echo"))
            .then(() => say("blocked", () => api.getSync(process.argv[2] + "/echo")));`;
        await Deno.writeTextFile(`${folder}/main.mjs`, main);
        const outfile = `${folder}/bundle.${format === "esm" ? "mjs" : "cjs"}`;
        const options = { entryPoints: [`${folder}/main.mjs`], outfile, format, platform: "node" };
        await bundleFiles({ ...options, write: true, logLevel: "silent" });
        const [run, ...args] = command === "deno"
          ? [Deno.execPath(), "run", "--quiet", ...ALLOWED, outfile]
          : [command, outfile];
        const env = { env: ENV, limitMs: LIMIT_MS };
        const { code, output } = await captureCommand(run as string, [...args, server.url], env);
        assertEquals(code, 0, output);
        assertStringIncludes(output, "awaited 200");
        assertStringIncludes(output, "blocked SyncBridgeError: Cannot run middleware 0");
        assertStringIncludes(output, why);
      }),
  });
}

async function bundleTo(path: string): Promise<void> {
  const args = ["bundle", "--no-check", "--quiet", "-o", path, new URL(MOD).pathname];
  const { code, output } = await captureCommand(Deno.execPath(), args);
  assertEquals(code, 0, output);
}

async function present(command: string, args: string[]): Promise<boolean> {
  const result = await captureCommand(command, args).catch(() => undefined);
  return result?.code === 0;
}
