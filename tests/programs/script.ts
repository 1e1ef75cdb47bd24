/** A script as one first writes it: no await anywhere, progress, a 401, and exit codes. */
// deno-lint-ignore-file no-console -- a script talks to its terminal
import { create, HTTPStatusError, isAxError, type Progress } from "../../mod.ts";

const [url = "", token] = Deno.args;

const api = create({
  baseURL: url,
  timeout: 5_000,
  maxRetries: 1,
  headers: { authorization: token && `Bearer ${token}` },
});

function show({ loaded, fraction = 0 }: Progress): void {
  console.error(`${Math.round(fraction * 100)} % (${loaded} bytes)`);
}

try {
  const { data } = api.getSync<{ authorization: string }>("/auth", {
    params: { expect: "Bearer right" },
  });
  const archive = api.getSync("/stream", {
    params: { size: 300_000, length: true },
    onDownloadProgress: show,
  });
  console.log(`${archive.bytes().length} bytes for ${data.authorization.length} characters`);
} catch (error) {
  if (error instanceof HTTPStatusError && error.status === 401) {
    console.error("Log in first: the server said 401");
    Deno.exit(2);
  }
  if (!isAxError(error)) throw error;
  console.error(error.message);
  Deno.exit(3);
}
