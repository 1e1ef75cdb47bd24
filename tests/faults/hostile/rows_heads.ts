/** Heads of responses that no client should have to read, and headers that no runtime sends. */

import { answer, response } from "../../support/answers.ts";
import { isNodeFetch, type Row, told } from "./kit.ts";

const INVALID = "NetworkError: Cannot reach REQUEST: the answer is not valid HTTP";

/** Lines that HTTP parsers let through in one version only. */
const LINES: readonly [what: string, line: string][] = [
  ["a name with a space", "x y: 1"],
  ["an empty name", ": 1"],
  ["a name with a space before its colon", "x-a : 1"],
  ["a name in brackets", "(x): 1"],
  ["a name outside of ASCII", "x\xe4: 1"],
  ["a control character in its value", "x-a: a\x01b"],
  ["a value outside of ASCII", "x-a: \xe4"],
  ["a folded value", "x-a: a\r\n b"],
  ["a broken cookie", "set-cookie: \xff=\xfe"],
];

/** Whether the parts of a response can be looked at, in every way that a program does. */
async function look(
  kit: Parameters<Row["run"]>[0],
  status: string,
  line: string,
): Promise<string> {
  using api = kit.ax.create({
    baseURL: kit.servers.url,
    timeout: 2_000,
    ...isNodeFetch(kit) && { network: { dispatch: false } },
  });
  const path = answer(response("ok", `content-type: text/plain\r\n${line}\r\n`, "length", status));
  const shown = (value: unknown): void => {
    JSON.stringify(value);
    String(value);
  };
  try {
    const answered = kit.style === "async" ? await api.get(path) : api.getSync(path);
    shown(answered);
    shown([...answered.headers, ...answered.headers.getSetCookie()]);
    return `${answered.status} ${answered.text()}`;
  } catch (error) {
    shown(error);
    const { response: answered } = error as { response?: { headers: Headers; text(): string } };
    shown([...answered?.headers ?? []]);
    return `${told(error)}${answered ? `: ${answered.text()}` : ""}`;
  }
}

const lines: readonly Row[] = LINES.map(([what, line]) => ({
  name: `a response header of ${what} leaves a response that can be read, or is an error`,
  run: async (kit) => [await look(kit, "200 OK", line), await look(kit, "404 Not Found", line)],
  expected: () => [
    ["200 ok", "HTTPStatusError: REQUEST failed: status 404 Not Found: ok"],
    [INVALID, INVALID],
  ],
}));

/** What a message quotes of a head is cut. */
const long: Row = {
  name: "a reason, a type and a coding of 5 kB are cut in messages",
  async run({ call }) {
    const much = "a".repeat(5_000);
    const heads: readonly [headers: string, status: string][] = [
      ["", `404 ${much}`],
      [`content-type: ${much}+json\r\n`, "200 OK"],
      [`content-encoding: gzip, ${much}, gzip\r\n`, "200 OK"],
    ];
    const seen: unknown[] = [];
    for (const [headers, status] of heads) {
      const message = await call(answer(response("no", headers, "length", status)));
      seen.push([message.split(":")[0], message.length < 3_000]);
    }
    return seen;
  },
  expected: () => [[["HTTPStatusError", true], ["DecodeError", true], ["DecodeError", true]]],
};

const misuse: readonly Row[] = [
  ["connection", "upgrade"],
  ["connection", "keep-alive, x"],
  ["expect", "100-continue"],
  ["upgrade", "websocket"],
  ["keep-alive", "timeout=5"],
  ["transfer-encoding", "chunked"],
  ["host", "example.com"],
  ["content-length", "7"],
].map(([name = "", value = ""]) => ({
  name: `a header "${name}: ${value}" that cannot be sent is a TypeError, and never tried`,
  run: async ({ call, requests }) => {
    const error = await call("/ok", {
      method: "PUT",
      data: "hello",
      headers: { [name]: value },
      maxRetries: 3,
      retryStrategy: { getDelay: () => 1 },
    });
    return [error.replace(/:[^:]*$/, ""), await requests()];
  },
  expected: () => [[`TypeError: Cannot send header "${name}"`, 0]],
}));

/** Rows about heads and headers. */
export const headRows: readonly Row[] = [...lines, long, ...misuse];
