import { assertEquals } from "@std/assert";

Deno.test("importing mod.ts holds nothing: a program that only imports it ends at once", async () => {
  const url = new URL("../mod.ts", import.meta.url).href;
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--no-check", `import ${JSON.stringify(url)}; console.log("done")`],
  }).output();
  const text = new TextDecoder();
  assertEquals([code, text.decode(stdout).trim()], [0, "done"], text.decode(stderr));
});
