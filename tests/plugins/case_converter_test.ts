// deno-lint-ignore-file camelcase -- keys in other cases are what is tested
import { assertEquals, assertThrows } from "@std/assert";
import { assertType, type IsExact } from "@std/testing/types";
import { type Client, create, HTTPStatusError } from "../../mod.ts";
import {
  type CamelKeys,
  caseConverter,
  type CaseConverterOptions,
  type SnakeKeys,
} from "../../src/plugins/case_converter.ts";
import { MockTransport } from "../../src/testing/mod.ts";
import { bothStyles } from "../support/styles.ts";

const URL_A = "https://api.example.com/a";

function bench(options?: CaseConverterOptions): { api: Client; transport: MockTransport } {
  const transport = new MockTransport();
  return { api: create({ transport }).plugin(caseConverter(options)), transport };
}

interface ApiUser {
  user_id: number;
  home_address: { zip_code: string };
}

assertType<
  IsExact<CamelKeys<ApiUser>, { userId: number; homeAddress: { zipCode: string } }>
>(true);
assertType<IsExact<SnakeKeys<CamelKeys<ApiUser>>, ApiUser>>(true);

bothStyles("caseConverter() converts keys on their way out and in", async (t) => {
  const { api, transport } = bench();
  const answer: ApiUser = { user_id: 1, home_address: { zip_code: "1010" } };
  transport.on("POST", URL_A).reply(200, answer);
  const json = { fullName: "Ada", theList: [{ itemNo: 1 }] };
  const { data } = await t.post<CamelKeys<ApiUser>>(api, URL_A, { json });
  assertEquals(data, { userId: 1, homeAddress: { zipCode: "1010" } });
  assertEquals(transport.requests[0]?.json(), { full_name: "Ada", the_list: [{ item_no: 1 }] });
  assertEquals(json.fullName, "Ada");
});

bothStyles("caseConverter() converts the data of a refused status", async (t) => {
  const { api, transport } = bench();
  transport.on("GET", URL_A).reply(422, { error_code: "bad_name" });
  const error = await t.fails(t.get(api, URL_A), HTTPStatusError);
  assertEquals(error.response?.data, { errorCode: "bad_name" });
});

bothStyles("caseConverter() leaves what is no JSON", async (t) => {
  const { api, transport } = bench();
  transport.on("POST", URL_A).replyOnce(200, "snake_case").replyOnce(204).reply(200, [null, 1]);
  assertEquals((await t.post(api, URL_A, { form: { aB: 1 } })).data, "snake_case");
  assertEquals(transport.requests[0]?.text(), "aB=1");
  assertEquals((await t.post(api, URL_A, { data: "aB" })).data, undefined);
  assertEquals((await t.post(api, URL_A, { json: null })).data, [null, 1]);
});

bothStyles("caseConverter() writes other cases, and either side alone", async (t) => {
  const { api, transport } = bench({ request: "kebab", response: false });
  transport.on("POST", URL_A).reply(200, { a_b: 1 });
  const json = { fullName: 1 };
  assertEquals((await t.post(api, URL_A, { json })).data, { a_b: 1 });
  const context = { caseConverter: { request: false, response: "pascal" } };
  assertEquals((await t.post(api, URL_A, { json, context })).data, { AB: 1 });
  const off = { caseConverter: false };
  assertEquals((await t.post(api, URL_A, { json, context: off })).data, { a_b: 1 });
  assertEquals(transport.requests.map((request) => request.json()), [
    { "full-name": 1 },
    { fullName: 1 },
    { fullName: 1 },
  ]);
});

bothStyles("caseConverter() keeps the keys that it is told to keep", async (t) => {
  const { api, transport } = bench({ keep: (key) => /^[0-9a-f-]{36}$/.test(key) });
  const id = "ae0e8400-e29b-41d4-a716-446655440000";
  transport.on("GET", URL_A).reply(200, { by_id: { [id]: { a_b: 1 } } });
  assertEquals((await t.get(api, URL_A)).data, { byId: { [id]: { aB: 1 } } });
});

bothStyles("caseConverter() comes before transformResponse and schema", async (t) => {
  const { api, transport } = bench();
  transport.on("GET", URL_A).reply(200, { user_id: 1 });
  const seen: unknown[] = [];
  await t.get(api, URL_A, { transformResponse: (data) => (seen.push(data), data) });
  assertEquals(seen, [{ userId: 1 }]);
});

bothStyles("caseConverter() converts JSON as deep as a server sends it", async (t) => {
  const { api, transport } = bench();
  const depth = 5_000;
  const text = '{"a_b":'.repeat(depth) + "1" + "}".repeat(depth);
  transport.on("GET", URL_A).reply(200, text, { "content-type": "application/json" });
  let data = (await t.get<{ aB: unknown }>(api, URL_A)).data;
  for (let n = 1; n < depth; n++) data = data.aB as { aB: unknown };
  assertEquals(data, { aB: 1 });
});

bothStyles("caseConverter() leaves streams", async (t) => {
  const { api, transport } = bench();
  transport.on("GET", URL_A).reply(200, { a_b: 1 });
  const stream = await t.stream(api, URL_A);
  assertEquals(new TextDecoder().decode(await stream.read()), '{"a_b":1}');
});

Deno.test("caseConverter() refuses a case that is none", () => {
  const options = { request: "upper" } as unknown as CaseConverterOptions;
  assertThrows(() => caseConverter(options), TypeError, '"request" must be "camel"');
});
