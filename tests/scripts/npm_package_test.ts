import { assertEquals, assertMatch } from "@std/assert";
import { completeTypes, repositoryFields } from "../../scripts/npm_package.ts";

Deno.test("repositoryFields() takes the place from the workflow, or says nothing", () => {
  assertEquals(repositoryFields({}), {});
  const env = { GITHUB_SERVER_URL: "https://git.test", GITHUB_REPOSITORY: "ax/client" };
  assertEquals(repositoryFields(env).repository, {
    type: "git",
    url: "git+https://git.test/ax/client.git",
  });
});

Deno.test("completeTypes() brings the types of disposal along where they are used", () => {
  assertEquals(completeTypes("export {};\n"), "export {};\n");
  const complete = completeTypes("[Symbol.asyncDispose](): void;\n");
  assertMatch(complete, /^\/\/\/ <reference lib="esnext\.disposable" \/>\n\[Symbol/);
  assertEquals(completeTypes(complete), complete);
});
