// deno-lint-ignore-file camelcase -- keys in other cases are what is tested
import { assertEquals } from "@std/assert";
import { assertType, type IsExact } from "@std/testing/types";
import {
  type KeyInCase,
  keyInCase,
  type KeysInCase,
  keysInCase,
} from "../../src/plugins/case_words.ts";

// The same rows at run time and in types: what one says the other must say too.
const KEYS = {
  user_id: ["userId", "user_id", "user-id", "UserId"],
  userId: ["userId", "user_id", "user-id", "UserId"],
  UserID: ["userId", "user_id", "user-id", "UserId"],
  "user-id": ["userId", "user_id", "user-id", "UserId"],
  HTMLParser: ["htmlParser", "html_parser", "html-parser", "HtmlParser"],
  HTML5Parser: ["html5Parser", "html5_parser", "html5-parser", "Html5Parser"],
  parseHTML: ["parseHtml", "parse_html", "parse-html", "ParseHtml"],
  URL: ["url", "url", "url", "Url"],
  a: ["a", "a", "a", "A"],
  line_2: ["line2", "line_2", "line-2", "Line2"],
  line2: ["line2", "line2", "line2", "Line2"],
  a__b: ["aB", "a_b", "a-b", "AB"],
  _id: ["_id", "_id", "_id", "_Id"],
  __typename: ["__typename", "__typename", "__typename", "__Typename"],
  _userId: ["_userId", "_user_id", "_user-id", "_UserId"],
  $ref: ["$ref", "$ref", "$ref", "$Ref"],
  "straße_nr": ["straßeNr", "straße_nr", "straße-nr", "StraßeNr"],
  class_: ["class_", "class_", "class_", "class_"],
  "3d": ["3d", "3d", "3d", "3d"],
  "a.b_c": ["a.b_c", "a.b_c", "a.b_c", "a.b_c"],
  "@id": ["@id", "@id", "@id", "@id"],
  "": ["", "", "", ""],
  _: ["_", "_", "_", "_"],
  "550e8400-e29b": ["550e8400-e29b", "550e8400-e29b", "550e8400-e29b", "550e8400-e29b"],
} as const;

type Rows = typeof KEYS;
type Converted = {
  -readonly [K in keyof Rows]: readonly [
    KeyInCase<K, "camel">,
    KeyInCase<K, "snake">,
    KeyInCase<K, "kebab">,
    KeyInCase<K, "pascal">,
  ];
};
assertType<IsExact<Converted, { -readonly [K in keyof Rows]: Rows[K] }>>(true);

for (const [key, [camel, snake, kebab, pascal]] of Object.entries(KEYS)) {
  Deno.test(`keyInCase() writes "${key}" in each case`, () => {
    assertEquals(keyInCase(key, "camel"), camel);
    assertEquals(keyInCase(key, "snake"), snake);
    assertEquals(keyInCase(key, "kebab"), kebab);
    assertEquals(keyInCase(key, "pascal"), pascal);
  });
}

interface ApiUser {
  readonly user_id: number;
  home_address?: { zip_code: string; line_2: string | null };
  pets: { pet_name: string }[];
  pair: [{ a_b: 1 }, string];
  created_at: Date;
  raw: Uint8Array;
  extra_data: Record<string, { some_key: unknown }>;
}

interface User {
  readonly userId: number;
  homeAddress?: { zipCode: string; line2: string | null };
  pets: { petName: string }[];
  pair: [{ aB: 1 }, string];
  createdAt: Date;
  raw: Uint8Array;
  extraData: Record<string, { someKey: unknown }>;
}

assertType<IsExact<KeysInCase<ApiUser, "camel">, User>>(true);
// deno-lint-ignore no-explicit-any -- what an untyped call has
assertType<IsExact<KeysInCase<any, "camel">, any>>(true);
assertType<IsExact<KeysInCase<unknown, "camel">, unknown>>(true);
assertType<IsExact<KeysInCase<string | null, "camel">, string | null>>(true);
assertType<IsExact<KeysInCase<User[], "snake">[number]["user_id"], number>>(true);

Deno.test("keysInCase() converts nested objects and arrays and copies them", () => {
  const given = { user_id: 1, the_list: [{ a_b: 1 }, ["x", { c_d: null }]] };
  const converted = keysInCase(given, "camel");
  assertEquals(converted, { userId: 1, theList: [{ aB: 1 }, ["x", { cD: null }]] });
  assertEquals(given.the_list.length, 2);
});

Deno.test("keysInCase() leaves instances and objects with toJSON as they are", () => {
  const date = new Date(0);
  const own = { toJSON: () => ({ a_b: 1 }), c_d: 1 };
  class Point {
    x_y = 1;
  }
  const point = new Point();
  const converted = keysInCase({ a_date: date, own_json: own, the_point: point }, "camel");
  assertEquals(converted.aDate, date);
  assertEquals(converted.ownJson as unknown === own, true);
  assertEquals(converted.thePoint as unknown === point, true);
});

Deno.test("keysInCase() leaves the keys that keep names", () => {
  const given = { "ae0e-e29b": { a_b: 1 } };
  const kept: unknown = keysInCase(given, "camel", (key) => key.includes("-"));
  assertEquals(kept, { "ae0e-e29b": { aB: 1 } });
});

Deno.test("keysInCase() goes as deep as the data", () => {
  let deep: unknown = 1;
  for (let n = 0; n < 100_000; n++) deep = { a_b: deep };
  let converted = keysInCase(deep, "camel");
  let depth = 0;
  while (typeof converted === "object") {
    converted = (converted as { aB: unknown }).aB;
    depth++;
  }
  assertEquals(depth, 100_000);
});

Deno.test("keysInCase() ends on data that holds itself", () => {
  const loop: { a_b?: unknown } = {};
  loop.a_b = loop;
  const converted = keysInCase(loop, "camel");
  assertEquals(converted.aB === converted, true);
});

Deno.test("keysInCase() takes __proto__ for a key as any other", () => {
  const converted = keysInCase(JSON.parse('{"__proto__": {"is_admin": true}}'), "camel");
  assertEquals(converted.isAdmin, undefined);
  assertEquals(JSON.stringify(converted), '{"__proto__":{"isAdmin":true}}');
});

Deno.test("keysInCase() lets the later of two keys win that become one", () => {
  assertEquals(keysInCase({ user_id: 1, userId: 2 }, "camel") as unknown, { userId: 2 });
});
