import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { CookieJar } from "tough-cookie";
import { type FileJar, fileJar } from "../../../src/plugins/cookies.ts";

const URL_OF_ALL = "https://example.com/";

function set(jar: FileJar, field: string): void {
  jar.setCookieSync(field, URL_OF_ALL, {
    http: true,
    now: new Date(),
    ignoreError: false,
    sameSiteContext: "strict",
  });
}

function withFile(test: (path: string) => void): () => void {
  return () => {
    const folder = Deno.makeTempDirSync();
    try {
      test(`${folder}/cookies.json`);
    } finally {
      Deno.removeSync(folder, { recursive: true });
    }
  };
}

Deno.test(
  "fileJar() has the cookies again that it saved",
  withFile((path) => {
    const jar = fileJar(path);
    const fields = [
      "session=1; Path=/",
      "kept=2; Expires=Fri, 01 Jan 2100 00:00:00 GMT; Path=/; Secure; HttpOnly; SameSite=Lax",
      "wide=3; Domain=example.com; Path=/a",
    ];
    for (const field of fields) set(jar, field);
    jar.save();
    const again = CookieJar.fromJSON(Deno.readTextFileSync(path));
    assertEquals(again.getSetCookieStringsSync(`${URL_OF_ALL}a`), fields);
    assertEquals(fileJar(path).getCookieStringSync(`${URL_OF_ALL}a`), "wide=3; session=1; kept=2");
  }),
);

Deno.test(
  "fileJar() writes a file that only its owner can read, and nothing else",
  withFile((path) => {
    fileJar(path).save();
    const folder = path.slice(0, path.lastIndexOf("/"));
    assertEquals([...Deno.readDirSync(folder)].map(({ name }) => name), ["cookies.json"]);
    if (Deno.build.os !== "windows") assertEquals((Deno.statSync(path).mode ?? 0) & 0o777, 0o600);
  }),
);

Deno.test(
  "fileJar() is empty, says why, and writes anew when its file was cut in half",
  withFile((path) => {
    const jar = fileJar(path);
    set(jar, "a=1");
    set(jar, "b=2");
    jar.save();
    const text = Deno.readTextFileSync(path);
    for (const broken of [text.slice(0, text.length / 2), "", "null", "[]", '{"cookies":1}']) {
      Deno.writeTextFileSync(path, broken);
      const errors: Error[] = [];
      const empty = fileJar(path, { onError: (error) => errors.push(error) });
      assertEquals(empty.getCookieStringSync(URL_OF_ALL), "", broken);
      assertEquals(errors.length, 1, broken);
      assertStringIncludes(errors[0]?.message ?? "", `Cannot read the cookies in "${path}"`);
      assertEquals(fileJar(path).getCookieStringSync(URL_OF_ALL), "");
      set(empty, "c=3");
      empty.save();
      assertEquals(fileJar(path).getCookieStringSync(URL_OF_ALL), "c=3");
    }
  }),
);

Deno.test(
  "fileJar() tells onError when it cannot write",
  withFile((path) => {
    const errors: Error[] = [];
    const jar = fileJar(`${path}/no/folder`, { onError: (error) => errors.push(error) });
    jar.save();
    assertEquals(errors.map(({ message }) => message), [
      `Cannot write the cookies to "${path}/no/folder"`,
    ]);
    fileJar(`${path}/no/folder`).save();
  }),
);

Deno.test(
  "fileJar() throws when the file cannot be read at all",
  withFile((path) => {
    Deno.mkdirSync(path);
    assertThrows(() => fileJar(path));
  }),
);

Deno.test("CookieJar.fromJSON() throws when the text was cut in half", () => {
  const jar = new CookieJar();
  jar.setCookieSync("a=1", URL_OF_ALL);
  const text = JSON.stringify(jar);
  assertEquals(CookieJar.fromJSON(text).getCookieStringSync(URL_OF_ALL), "a=1");
  assertThrows(() => CookieJar.fromJSON(text.slice(0, text.length / 2)), SyntaxError);
});
