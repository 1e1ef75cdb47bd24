/**
 * Prints what each plugin costs: bytes minified, and minified and compressed, with the libraries
 * behind it and without the client, which a program that uses one has anyway. Fails where `.` or
 * `./web` holds one.
 *
 * @module
 */

// deno-lint-ignore-file no-console -- a script talks to its terminal
import { packageExports } from "./check_exports.ts";
import { kB, type Size, sizeOf } from "./check_size.ts";
import { bundleFiles } from "./esbuild.ts";
import { readImports } from "./module_graph.ts";
import { cacheFolder, exists, npm } from "./tools.ts";

/** The size of a plugin's entry, and the npm packages in it. */
export interface PluginSize extends Size {
  /** The entry: `./plugins/cache`. */
  readonly entry: string;
  readonly packages: readonly string[];
}

/** What a plugin of esbuild is given. */
interface PluginBuild {
  onResolve(
    options: { filter: RegExp },
    resolve: (args: { path: string; importer: string; pluginData?: unknown }) => unknown,
  ): void;
  resolve(path: string, options: Record<string, unknown>): Promise<unknown>;
}

type Entries = readonly (readonly [entry: string, file: string])[];

/** The entries of plugins, from `exports`. */
export function pluginEntries(exports: Readonly<Record<string, string>>): Entries {
  return Object.entries(exports).filter(([entry]) => entry.startsWith("./plugins"));
}

/** A package as npm installs it, of `npm:@scope/name@^1/sub`, or of what the import map says. */
export function npmPackage(
  specifier: string,
  imports: Readonly<Record<string, string>>,
): { readonly name: string; readonly range: string } | undefined {
  const mapped = specifier.startsWith("npm:") ? specifier : imports[specifier];
  const [, name, range] = /^npm:((?:@[^/@]+\/)?[^/@]+)@?([^/]*)/.exec(mapped ?? "") ?? [];
  return name ? { name, range: `${name}@${range || "*"}` } : undefined;
}

/** The imports of packages below an entry's own code. */
async function packagesOf(files: readonly string[]): Promise<Map<string, Set<string>>> {
  const imports = await readImports(files);
  const reached = (from: string, seen: Set<string>): Set<string> => {
    for (const { from: other, to, typeOnly } of imports) {
      // The client's side is not the plugin's.
      if (other !== from || typeOnly || seen.has(to) || to === "src/public.ts") continue;
      seen.add(to);
      reached(to, seen);
    }
    return seen;
  };
  return new Map(files.map((file) => [file, reached(file, new Set())]));
}

/** Installs packages once; returns the folder that has them. */
async function install(ranges: readonly string[]): Promise<string> {
  const folder = `${cacheFolder()}/plugins-${ranges.join("+").replaceAll("/", "_")}`;
  if (await exists(`${folder}/node_modules`)) return folder;
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeTextFile(`${folder}/package.json`, '{ "private": true }');
  const args = ["install", "--no-audit", "--no-fund", "--loglevel=error", ...ranges];
  const { code, output } = await npm(folder, args);
  if (code !== 0) throw new Error(`Cannot install ${ranges.join(", ")}: ${output}`);
  return folder;
}

/** Bundles an entry with its packages, without the client. */
async function bundlePlugin(file: string, folder: string): Promise<string> {
  const { imports } = JSON.parse(Deno.readTextFileSync("deno.json")) as {
    imports: Record<string, string>;
  };
  const [bundled] = await bundleFiles({
    stdin: { contents: `export * from "${file}";`, resolveDir: Deno.cwd(), loader: "ts" },
    minify: true,
    plugins: [{
      name: "plugin-alone",
      setup(build: PluginBuild): void {
        build.onResolve({ filter: /\/public\.ts$/ }, ({ path, importer }) => {
          return path.startsWith("../") && importer.includes("/src/plugins/")
            ? { path: "@ax/client", external: true }
            : undefined;
        });
        build.onResolve({ filter: /^[^./]/ }, ({ path, importer, pluginData }) => {
          const found = pluginData ? undefined : npmPackage(path, imports);
          if (!found || !importer.includes("/src/plugins/")) return undefined;
          const options = { resolveDir: folder, kind: "import-statement", pluginData: { found } };
          return build.resolve(found.name, options);
        });
      },
    }],
  });
  return bundled?.text ?? "";
}

/** Measures entries. */
export async function pluginSizes(entries: Entries): Promise<PluginSize[]> {
  const { imports } = JSON.parse(Deno.readTextFileSync("deno.json")) as {
    imports: Record<string, string>;
  };
  const reached = await packagesOf(entries.map(([, file]) => file.replace(/^\.\//, "")));
  const packages = new Map(
    [...reached].map(([file, paths]) => [
      file,
      [...paths].flatMap((path) => npmPackage(path, imports) ?? []),
    ]),
  );
  const ranges = new Set([...packages.values()].flat().map(({ range }) => range));
  const folder = ranges.size === 0 ? Deno.cwd() : await install([...ranges].sort());
  const sizes: PluginSize[] = [];
  for (const [entry, file] of entries) {
    const names = packages.get(file.replace(/^\.\//, "")) ?? [];
    sizes.push({
      entry,
      packages: [...new Set(names.map(({ name }) => name))].sort(),
      ...sizeOf(await bundlePlugin(file, folder)),
    });
  }
  return sizes;
}

/** The entries without plugins that hold code of one. */
export async function entriesWithPlugins(
  exports: Readonly<Record<string, string>>,
): Promise<string[]> {
  const found: string[] = [];
  for (const entry of [".", "./web"]) {
    const file = exports[entry];
    if (!file) continue;
    const imports = await readImports([file.replace(/^\.\//, "")]);
    if (imports.some(({ to }) => to.startsWith("src/plugins/"))) found.push(entry);
  }
  return found;
}

async function main(): Promise<number> {
  const exports = packageExports();
  console.log("compressed  minified  entry, and its libraries");
  for (const { entry, packages, raw, gzip } of await pluginSizes(pluginEntries(exports))) {
    const libraries = packages.length > 0 ? `  (${packages.join(", ")})` : "";
    console.log(`${kB(gzip).padStart(10)}${kB(raw).padStart(10)}  ${entry}${libraries}`);
  }
  const wrong = await entriesWithPlugins(exports);
  for (const entry of wrong) console.error(`"${entry}" holds a plugin: it must have none`);
  return wrong.length === 0 ? 0 : 1;
}

if (import.meta.main) Deno.exit(await main());
