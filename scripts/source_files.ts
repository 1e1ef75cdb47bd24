/**
 * Listing the files below a folder.
 *
 * @module
 */

/** Returns the paths of all `.ts` files below `folder`, or of others, with forward slashes, sorted. */
export async function sourceFiles(folder: string, name: RegExp = /\.ts$/): Promise<string[]> {
  const found: string[] = [];
  for await (const entry of entriesOf(folder)) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) found.push(...await sourceFiles(path, name));
    else if (name.test(entry.name)) found.push(path);
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
