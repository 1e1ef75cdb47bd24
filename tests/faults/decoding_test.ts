import { assertEquals } from "@std/assert";
import { create, isAxError } from "../../mod.ts";
import { sharedFaultServer } from "../support/fault_server.ts";
import { bothStyles } from "../support/styles.ts";
import { DECODING_ROWS, rowUrl } from "./decoding.ts";

const faults = sharedFaultServer();
const api = create();

for (const row of DECODING_ROWS) {
  const expected = row.elsewhere?.Deno ?? row.expected;
  bothStyles(`${row.name}: ${expected || "nothing"}`, async (t) => {
    const url = rowUrl(faults, row);
    const outcome = await t.get(api, url).then(({ data = "" }) => data, codeOf);
    assertEquals(outcome, expected);
    // A stream knows nothing of types.
    if (row.name.includes("types")) return;
    const stream = await t.stream(api, url);
    const text = await textOf(stream.iterText()).catch(codeOf);
    assertEquals(text, expected);
  });
}

async function textOf(chunks: AsyncIterable<string> | Iterable<string>): Promise<string> {
  let text = "";
  for await (const chunk of chunks) text += chunk;
  return text;
}

function codeOf(error: unknown): string {
  return isAxError(error) ? error.code : `no error of ours: ${error}`;
}
