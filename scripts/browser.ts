/**
 * Pages that use the package: bundled from the npm copy, served cross-origin isolated, opened in
 * headless Chromium.
 *
 * @module
 */

import { bundleFiles } from "./esbuild.ts";
import { npmProject } from "./npm_project.ts";
import { exists } from "./tools.ts";

const PLAYWRIGHT = "npm:playwright-core@1.65.1";

/** The part of playwright-core's page that is used. */
export interface Page {
  goto(url: string): Promise<unknown>;
  evaluate<T>(script: string): Promise<T>;
  click(selector: string): Promise<void>;
  waitForSelector(selector: string): Promise<unknown>;
  on(event: "pageerror", listener: (error: Error) => void): void;
  on(event: "console", listener: (message: { type(): string; text(): string }) => void): void;
  screenshot(options: { path: string; fullPage?: boolean }): Promise<unknown>;
  /** The dedicated workers that run. */
  workers(): readonly unknown[];
  close(): Promise<void>;
}

/** How a page is shown. */
export interface PageOptions {
  readonly colorScheme?: "dark" | "light";
  readonly viewport?: { readonly width: number; readonly height: number };
}

/** The part of playwright-core's browser that is used. */
export interface Browser {
  newPage(options?: PageOptions): Promise<Page>;
  version(): string;
  close(): Promise<void>;
}

interface Playwright {
  chromium: { launch(options: Record<string, unknown>): Promise<Browser> };
}

/** Without these, Chromium asks for hosts of its maker's at each start. */
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

const PROGRAMS = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** Starts headless Chromium, or says why it cannot be had. `CHROMIUM` names another program. */
export async function openChromium(): Promise<Browser | { missing: string }> {
  const given = Deno.env.get("CHROMIUM");
  const candidates = given === undefined ? PROGRAMS : [given];
  const found = await Promise.all(candidates.map(exists));
  const executablePath = candidates.find((_, index) => found[index]);
  if (executablePath === undefined) return { missing: `no Chromium at ${candidates.join(", ")}` };
  let playwright: Playwright;
  try {
    playwright = await import(PLAYWRIGHT) as Playwright;
  } catch (error) {
    return { missing: `${PLAYWRIGHT} cannot be loaded: ${(error as Error).message}` };
  }
  return await playwright.chromium.launch({ executablePath, headless: true, args: FLAGS });
}

/**
 * Bundles programs of one folder against the npm copy; their names end in `.js` then. What they
 * import later has a file of its own, unless each of them is to be one script.
 */
export async function bundlePrograms(
  folder: string,
  names: string[],
  { splitting = true }: { readonly splitting?: boolean } = {},
): Promise<Map<string, string>> {
  const { folder: project } = await npmProject();
  const files = await bundleFiles({
    entryPoints: names.map((name) => `${folder}/${name}`),
    nodePaths: [`${project}/node_modules`],
    outdir: "/",
    splitting,
    chunkNames: "chunk-[hash]",
    external: [],
  });
  return new Map(files.map(({ path, text }) => [path.slice(path.lastIndexOf("/")), text]));
}

/** What is served: files by path, and whatever else `answer` answers. */
export interface Site {
  readonly files: ReadonlyMap<string, string>;
  answer(request: Request): Response | Promise<Response>;
  /** Whether the page may share memory. */
  readonly isolated: boolean;
  readonly port?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Serves a site on 127.0.0.1. */
export function serve(site: Site): Deno.HttpServer<Deno.NetAddr> {
  const { files, isolated, port = 0 } = site;
  return Deno.serve({ port, hostname: "127.0.0.1", onListen() {} }, async (request) => {
    const { pathname } = new URL(request.url);
    const path = pathname === "/" ? "/index.html" : pathname;
    const text = files.get(path);
    const type = path.endsWith(".html") ? "text/html" : "text/javascript";
    const response = text === undefined
      ? await site.answer(request)
      : new Response(text, { headers: { "content-type": `${type}; charset=utf-8` } });
    const headers = new Headers({ ...Object.fromEntries(response.headers), ...site.headers });
    if (isolated) {
      headers.set("cross-origin-opener-policy", "same-origin");
      headers.set("cross-origin-embedder-policy", "require-corp");
    }
    const { status } = response;
    return new Response(response.body, { status, headers });
  });
}
