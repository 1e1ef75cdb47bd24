/**
 * A server that wants credentials: a token endpoint with an API behind it, and digest challenges
 * that it checks itself. It runs in a worker of its own; `?key=` tells the tests apart.
 */

import { shared } from "./server.ts";
import { openLink } from "./worker_link.ts";

/** How the token endpoint answers: with a token, an error, or a web page. */
export type TokenMode = "token" | "refuse" | "html";

/** What the server saw of one test. */
export interface AuthRecord {
  /** Forms and headers that came to the token endpoint. */
  tokens: { authorization: string | null; form: Record<string, string> }[];
  /** The `authorization` header of each request to the API, and how it was answered. */
  calls: { authorization: string | null; status: number; body: string }[];
}

/** Questions that the server's worker answers; those about a mode put it after the key. */
export interface AuthOps {
  port: number;
  record: AuthRecord;
  /** Makes the token that was given last invalid. */
  revoke: void;
  /** `key mode`: how the token endpoint answers from now on. */
  mode: void;
  close: void;
}

/** A running server. */
export interface AuthServer {
  readonly url: string;
  record(key: string): Promise<AuthRecord>;
  revoke(key: string): Promise<void>;
  answer(key: string, mode: TokenMode): Promise<void>;
  close(): Promise<void>;
}

/** A server for all tests of a file. */
export function sharedAuthServer(): AuthServer {
  return shared(startAuthServer);
}

async function startAuthServer(): Promise<AuthServer> {
  const link = openLink<AuthOps>(new URL("./auth_worker.ts", import.meta.url));
  const port = await link.ask("port");
  return {
    url: `http://127.0.0.1:${port}`,
    record: (key) => link.ask("record", key),
    revoke: (key) => link.ask("revoke", key),
    answer: (key, mode) => link.ask("mode", `${key} ${mode}`),
    async close() {
      await link.ask("close");
      link.terminate();
    },
  };
}
