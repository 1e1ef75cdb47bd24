/** What an editor shows of the public names. */

import { assertEquals } from "@std/assert";
import { packageExports } from "../scripts/check_exports.ts";

/** What `deno doc --json` tells, as far as it is looked at. */
interface Doc {
  readonly nodes: Readonly<Record<string, { readonly symbols: readonly DocSymbol[] }>>;
}

interface DocSymbol {
  readonly name: string;
  readonly declarations: readonly {
    readonly kind: string;
    readonly jsDoc?: JsDoc;
    readonly def?: {
      readonly properties?: readonly Member[];
      readonly methods?: readonly Member[];
    };
  }[];
}

interface JsDoc {
  readonly doc?: string;
  readonly tags?: readonly { readonly kind: string; readonly value?: string }[];
}

interface Member {
  readonly name: string;
  readonly optional?: boolean;
  readonly jsDoc?: JsDoc;
  readonly tsType?: unknown;
}

const UNIT =
  /milliseconds?|bytes?|how many|times longer|status|attempts?|most (?:pages|items)|requests|number|fraction|loaded|epoch|version|`Infinity`|members|answered/i;

async function symbols(): Promise<DocSymbol[]> {
  const entries = Object.values(packageExports()) as string[];
  const args = ["doc", "--json", ...entries];
  const { stdout } = await new Deno.Command(Deno.execPath(), { args, stderr: "null" }).output();
  const { nodes } = JSON.parse(new TextDecoder().decode(stdout)) as Doc;
  return Object.values(nodes).flatMap(({ symbols }) => symbols).filter(({ declarations }) =>
    declarations.some(({ kind }) => kind !== "reference")
  );
}

function membersOf({ name, declarations }: DocSymbol): [string, Member][] {
  return declarations.flatMap(({ def }) =>
    [...def?.properties ?? [], ...def?.methods ?? []].map((member): [string, Member] => {
      return [`${name}.${member.name}`, member];
    })
  );
}

const all = await symbols();
const members = all.flatMap(membersOf);

Deno.test("every public name and each of its members says what it is", () => {
  const silent = all.filter(({ declarations }) => declarations.every(({ jsDoc }) => !jsDoc?.doc))
    .map(({ name }) => name);
  assertEquals([...new Set(silent)], []);
  const short = members.filter(([, { jsDoc }]) => (jsDoc?.doc ?? "").trim().length < 4);
  assertEquals([...new Set(short.map(([name]) => name))], []);
  const elsewhere = members.filter(([, { jsDoc }]) => /^See /.test(jsDoc?.doc ?? ""));
  assertEquals(elsewhere.map(([name]) => name), []);
});

Deno.test("each member that is a number says its unit", () => {
  const numbers = members.filter(([, { tsType }]) => /"number"/.test(JSON.stringify(tsType) ?? ""));
  const unclear = numbers.filter(([, { jsDoc }]) => !UNIT.test(jsDoc?.doc ?? ""));
  assertEquals([...new Set(unclear.map(([name]) => name))], []);
});

Deno.test("each option that is a number, a switch or a list says its default", () => {
  const options = members.filter(([name, { optional, tsType }]) =>
    optional && /^(?:Request|Client|Paginate)Config|^(?!AxError)\w*Options\b/.test(name) &&
    /"(?:number|boolean|array)"/.test(JSON.stringify(tsType) ?? "")
  );
  // One in words is none to Deno.
  const unclear = options.filter(([, { jsDoc }]) =>
    !jsDoc?.tags?.some(({ kind, value }) => kind === "default" || value?.startsWith("@default"))
  );
  assertEquals([...new Set(unclear.map(([name]) => name))], []);
});
