/**
 * Listing the TypeScript files below a folder.
 *
 * @module
 */

/** Returns the paths of all `.ts` files below `folder`, with forward slashes, sorted. */
export async function sourceFiles(folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (const entry of entriesOf(folder)) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) found.push(...await sourceFiles(path));
    else if (entry.name.endsWith(".ts")) found.push(path);
  }
  return found.sort();
}

async function* entriesOf(folder: string): AsyncGenerator<Deno.DirEntry> {
  try {
    yield* Deno.readDir(folder);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
