import { CookieJar, MemoryCookieStore } from "tough-cookie";
import type { Jar } from "../cookie_jar.ts";
import { fileSystem, readWhole, writeWhole } from "./files.ts";
import { checkNames } from "../option_names.ts";

/** Options of {@linkcode fileJar}. */
export interface FileJarOptions {
  /** Observes a file that cannot be read as a jar, or that cannot be written. */
  onError?: ((error: Error) => void) | undefined;
}

/** A jar that is kept in a file. */
export interface FileJar extends Jar {
  /** Writes the file now; `cookies` does so after each response that sets a cookie. */
  save(): void;
  /**
   * Tells what would be sent.
   *
   * @param url To which URL.
   * @returns The `cookie` field; empty for none.
   */
  getCookieStringSync(url: string): string;
  /** Drops all cookies, as logging out everywhere; {@linkcode FileJar.save} writes that down. */
  removeAllCookiesSync(): void;
}

/**
 * A cookie jar in a JSON file, for programs that go on with a session when they start again. The
 * file is read now and written whole after each response that sets a cookie, session cookies
 * included; only the user who runs the program can read it. Of several programs that use one file,
 * the last one to write wins.
 *
 * A file that was damaged, cut in half for instance, is an empty jar: `onError` gets the reason, and
 * the next cookie replaces the file.
 *
 * @param path The path of the file; it need not exist yet, its folder must.
 * @param options What observes failures.
 * @returns A jar for `cookies`.
 * @throws {TypeError} If the runtime has no files.
 *
 * @example Usage
 * ```ts
 * import { create } from "jsr:@ax/client";
 * import { cookies, fileJar } from "jsr:@ax/client/plugins/cookies";
 *
 * create().plugin(cookies({ jar: fileJar("cookies.json") }));
 * ```
 */
export function fileJar(path: string, options: FileJarOptions = {}): FileJar {
  checkNames(options, ["onError"], "fileJar()");
  const files = fileSystem("fileJar()");
  const { onError } = options;
  const bytes = readWhole(files, path);
  let jar = new CookieJar();
  try {
    if (bytes) jar = parseJar(new TextDecoder().decode(bytes));
  } catch (cause) {
    onError?.(
      new TypeError(`Cannot read the cookies in "${path}": it is no jar; starting an empty one`, {
        cause,
      }),
    );
  }
  return Object.assign(jar, {
    save(): void {
      try {
        writeWhole(files, path, new TextEncoder().encode(JSON.stringify(jar.toJSON())));
      } catch (cause) {
        onError?.(new Error(`Cannot write the cookies to "${path}"`, { cause }));
      }
    },
  });
}

/** All or nothing: a jar with a few of the cookies would be a session that half works. */
function parseJar(text: string): CookieJar {
  return CookieJar.deserializeSync(JSON.parse(text), new MemoryCookieStore());
}
