import { assertEquals, assertStringIncludes } from "@std/assert";
import {
  type Entered,
  functionOrder,
  isOver,
  linesOf,
  sizeOf,
  verdictOf,
  wayOf,
} from "../../scripts/walk/way.ts";

const LOG = [
  "function,full-parse,7,10,90,0.1,100,open",
  "function,interpreter,7,10,90,0.1,101,open",
  "function,interpreter,8,10,90,0.1,102,send",
  "function,interpreter,7,200,290,0.1,103,close",
  "function,baseline,8,10,90,0.1,104,send",
].join("\n");

function entered(file: string, name: string, at: string, count = 1): Entered {
  return { file, name, count, at };
}

const ENTERED = [
  entered("src/a.ts", "close", "7:290"),
  entered("src/b.ts", "<instance_members_initializer>", "8:5"),
  entered("src/b.ts", "send", "8:90", 3),
  entered("src/a.ts", "open", "7:90"),
];

Deno.test("functionOrder() ranks by the first compilation, whatever the script", () => {
  assertEquals([...functionOrder(LOG)], [["7:90", 0], ["8:90", 1], ["7:290", 2]]);
});

Deno.test("wayOf() orders files by their first function, V8's own functions last", () => {
  const way = wayOf(ENTERED, functionOrder(`function,interpreter,8,1,5,0.1,99,\n${LOG}`));
  assertEquals(way.map(({ file, functions }) => [file, functions.map(({ name }) => name)]), [
    ["src/a.ts", ["open", "close"]],
    ["src/b.ts", ["send", "<instance_members_initializer>"]],
  ]);
  assertEquals(sizeOf(way), { files: 2, functions: 4 });
  assertEquals(linesOf(way).slice(3, 5), ["src/b.ts", "     3  send"]);
});

Deno.test("a way is over its budget by files or by functions", () => {
  const size = { files: 2, functions: 4 };
  assertEquals(isOver(size, { files: 2, functions: 4 }), false);
  assertEquals(isOver(size, { files: 1, functions: 4 }), true);
  assertEquals(isOver(size, { files: 2, functions: 3 }), true);
  assertStringIncludes(verdictOf("get", size, { files: 1, functions: 9 }), "over the budget of 1");
});

Deno.test("linesOf() shortens the text of a function without a name", () => {
  const [, line = ""] = linesOf([
    { file: "src/a.ts", functions: [entered("src/a.ts", `() => ${"x".repeat(90)}`, "7:90")] },
  ]);
  assertEquals(line.length, 8 + 60);
  assertEquals(line.endsWith("…"), true);
});
