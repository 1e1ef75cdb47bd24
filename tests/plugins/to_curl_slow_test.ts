import { assertEquals } from "@std/assert";
import type { RequestConfig } from "../../mod.ts";
import { toCurl } from "../../src/plugins/to_curl.ts";
import { sharedServer } from "../support/server.ts";
import { skipped } from "../support/skipped.ts";

const server = sharedServer();
const hasCurl = await new Deno.Command("curl", { args: ["--version"], stdout: "null" }).output()
  .then(({ success }) => success, () => false);

function curlTest(name: string, test: () => Promise<void>): void {
  Deno.test(`toCurl() sends ${name} through sh and curl`, async (t) => {
    if (!hasCurl) return await skipped(t, "curl is not installed");
    await test();
  });
}

/** Runs a script in a plain shell, from its standard input as a file would be. */
async function sh(script: string): Promise<string> {
  const child = new Deno.Command("sh", {
    args: ["-s"],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
    env: { http_proxy: "", no_proxy: "*" },
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(`${script}\n`));
  await writer.close();
  const { code, stdout, stderr } = await child.output();
  const text = new TextDecoder();
  if (code !== 0) throw new Error(`sh ended with ${code}: ${text.decode(stderr)}`);
  return text.decode(stdout);
}

const EVERY_BYTE = Uint8Array.from({ length: 256 }, (_, byte) => byte);
const NASTY = 'it\'s $HOME `id` "q" \\ ! % & * ~ #\n\tü€😀 -- @file';

const BODIES: Readonly<Record<string, RequestConfig>> = {
  "JSON with everything a shell knows": { json: { text: NASTY } },
  "a form": { form: { a: NASTY, b: "=&+" } },
  "text that begins with @": { data: "@/etc/hostname" },
  "text of line breaks": { data: "\n\na\n\n" },
  "text with carriage returns and a bell": { data: "a\r\nb\x07" },
  "text with a byte order mark": { data: "\ufefftext" },
  "every byte there is": { data: EVERY_BYTE },
  "a single NUL": { data: new Uint8Array(1) },
  "an empty body": { data: new Uint8Array(0) },
  "300 kB of bytes": { data: Uint8Array.from({ length: 300_000 }, (_, n) => n * 7) },
  "300 kB of text": { data: "it's %d ".repeat(40_000) },
};

for (const [name, body] of Object.entries(BODIES)) {
  curlTest(name, async () => {
    const key = `curl-${name}`;
    const url = `${server.url}/echo?brief&key=${encodeURIComponent(key)}`;
    const request = { method: "POST", url, ...body } as const;
    await sh(`${toCurl(request, { secrets: true })} --silent --show-error`);
    const [received] = await server.requests(key);
    const expected = typeof body.data === "string"
      ? new TextEncoder().encode(body.data)
      : body.data as Uint8Array | undefined;
    if (expected) assertEquals(received?.body, expected);
    else if (body.json) assertEquals(JSON.parse(received?.text ?? ""), body.json);
    else assertEquals([...new URLSearchParams(received?.text)], Object.entries(body.form ?? {}));
    assertEquals(received?.method, "POST");
  });
}

curlTest("the same URL and headers", async () => {
  const key = "curl-headers";
  const headers = {
    "x-quote": 'it\'s "$HOME" `id` \\ %s',
    "x-latin": "café",
    "x-empty": "",
    accept: "application/json",
  };
  const url = `${server.url}/echo/{a}/[1-3]?key=${key}&q=it's%20$HOME&r=%2F`;
  const output = await sh(`${toCurl({ url, headers })} --silent`);
  const [received] = await server.requests(key);
  assertEquals(received?.method, "GET");
  const echoed = JSON.parse(output) as { url: string; headers: Record<string, string> };
  const { pathname, search } = new URL(url);
  assertEquals(echoed.url, pathname + search);
  for (const [name, value] of Object.entries(headers)) assertEquals(echoed.headers[name], value);
  assertEquals(echoed.headers["content-type"], undefined);
});

for (const method of ["HEAD", "DELETE", "PROPFIND", "GET"]) {
  curlTest(method, async () => {
    const key = `curl-${method}`;
    await sh(`${toCurl({ method, url: `${server.url}/json?key=${key}` })} --silent`);
    assertEquals((await server.requests(key)).map((request) => request.method), [method]);
  });
}
