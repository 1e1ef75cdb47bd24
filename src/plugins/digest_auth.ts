/**
 * A plugin that answers digest challenges as RFC 7616 says.
 *
 * ```ts
 * import { create } from "jsr:@ax/client";
 * import { digestAuth } from "jsr:@ax/client/plugins/digest-auth";
 *
 * const api = create({ baseURL: "https://api.example.com" })
 *   .plugin(digestAuth({ username: "ada", password: "secret" }));
 * ```
 *
 * @module
 */
import { AxError, type AxResponse, call, mask, type Operation, random } from "../public.ts";
import type { Next, Plugin, ResolvedConfig } from "../public.ts";
import { readParams } from "./challenges.ts";
import { answerDigest, chooseDigest } from "./digest_answer.ts";
import type { DigestProtection, DigestSession } from "./digest_answer.ts";
import { assertHashes, hmac } from "./hashes.ts";
import { type HopBody, hopBody, readHopBody } from "./hop_body.ts";
import { guard, type OriginList, readOrigins } from "./origin_guard.ts";
import { readUser, type User } from "./user.ts";
import { checkNames } from "./option_names.ts";

export type { OriginList } from "./origin_guard.ts";

/** Options of {@linkcode digestAuth}. */
export interface DigestAuthOptions {
  /** The name; without a colon, which ends it. */
  username: string;
  /** The password; it is never sent. */
  password: string;
  /**
   * The origins whose challenges are answered.
   *
   * @default the origin of `baseURL`
   */
  origins?: OriginList | undefined;
}

/**
 * Answers the digest challenges of a server as RFC 7616 says: MD5, SHA-256, SHA-512-256 and their
 * `-sess` forms, `auth` and `auth-int`, `userhash`, and the nonces that a server renews. Of several
 * challenges the one with the strongest algorithm is answered; a body of bytes is protected where
 * the server offers it.
 *
 * The first request to an origin is sent twice, the later ones carry an answer at once. A body that
 * is a stream cannot be sent twice: make a call without a body first. A call that has an
 * `authorization` header already is left alone, and so is one with `context: { digestAuth: false }`.
 *
 * @param options The name and password.
 * @returns The plugin.
 * @throws {TypeError} If they are not what a challenge can be answered with, or the runtime has no
 * synchronous hashes (`node:crypto`).
 *
 * @example Usage
 * ```ts
 * import { create } from "jsr:@ax/client";
 * import { digestAuth } from "jsr:@ax/client/plugins";
 * import { MockTransport } from "jsr:@ax/client/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const challenge = 'Digest realm="api", nonce="n0nce", qop="auth", algorithm=SHA-256';
 * const transport = new MockTransport();
 * transport.on("GET", "https://api.example.com/me")
 *   .replyOnce(401, "", { "www-authenticate": challenge }).reply(200, { name: "Ada" });
 * const api = create({ baseURL: "https://api.example.com", transport })
 *   .plugin(digestAuth({ username: "ada", password: "secret" }));
 *
 * assertEquals((await api.get("/me")).data, { name: "Ada" });
 * assertEquals(api.getSync("/me").data, { name: "Ada" });
 * const sent = transport.requests.map(({ headers }) => headers.get("authorization"));
 * assertEquals([sent[0], sent[2]?.includes("nc=00000002")], [null, true]);
 * ```
 */
export function digestAuth(options: DigestAuthOptions): Plugin {
  checkNames(options, OPTIONS, '"digestAuth"');
  const user = readUser("digestAuth", options);
  const origins = readOrigins("digestAuth", options.origins);
  assertHashes('"digestAuth"');
  const answers = new DigestAnswers(user);
  return {
    name: "digestAuth",
    attach(client) {
      guard<void>(client, {
        name: "digestAuth",
        header: "authorization",
        origins,
        fallback: "none",
        *prepare() {},
        send: (request, next) => answers.send(request, next),
      });
    },
  };
}

/** The answers of one user, with the sessions at each origin. */
class DigestAnswers {
  readonly #user: User;
  readonly #sessions = new Map<string, DigestSession>();

  constructor(user: User) {
    this.#user = user;
  }

  *send(request: ResolvedConfig, next: Next): Generator<Operation, AxResponse, unknown> {
    const { origin } = new URL(request.url);
    const body = hopBody(request.data);
    let session = this.#sessions.get(origin);
    // Whether the answer that was sent is to a challenge of this hop.
    let answered = false;
    for (let again = 0;; again++) {
      if (session) {
        request.headers.set("authorization", yield* this.#answer(session, request, body));
      }
      const response = yield* next(request);
      if (session) renew(session, response);
      if (response.status !== 401) return response;
      const challenge = chooseDigest(response.headers.get("www-authenticate") ?? "");
      // A server that says "stale" without end is not followed without end.
      const refused = answered && (!challenge?.stale || again > 1);
      if (refused || !challenge) {
        if (refused) this.#sessions.delete(origin);
        return response;
      }
      session = {
        challenge,
        nonce: challenge.nonce,
        cnonce: yield* newNonce(this.#user),
        count: 0,
      };
      this.#sessions.set(origin, session);
      if (body.kind === "stream") {
        throw refuse(request, "its body is a stream that has been sent; call without a body first");
      }
      answered = true;
    }
  }

  *#answer(
    session: DigestSession,
    request: ResolvedConfig,
    body: HopBody,
  ): Generator<Operation, string, unknown> {
    const { pathname, search } = new URL(request.url);
    const protection = protectionFor(session, body);
    const bytes = protection === "auth-int"
      ? yield* readHopBody(
        body,
        (read) => call(read),
        (why, cause) => refuse(request, why, cause),
      )
      : new Uint8Array(0);
    const { method } = request;
    return answerDigest(session, this.#user, {
      method,
      target: pathname + search,
      protection,
      body: bytes,
    });
  }
}

/** The body is protected where there is one at hand; of a request without one it says nothing. */
function protectionFor(
  { challenge: { protections } }: DigestSession,
  body: HopBody,
): DigestProtection | undefined {
  const hasBytes = body.kind === "bytes" && body.bytes.byteLength > 0;
  if (hasBytes && protections.includes("auth-int")) return "auth-int";
  return protections[0];
}

/** Takes the nonce that a server wants to see next (RFC 7616, section 3.5). */
function renew(session: DigestSession, response: AxResponse): void {
  const next = readParams(response.headers.get("authentication-info") ?? "").get("nextnonce");
  if (!next || next === session.nonce) return;
  session.nonce = next;
  session.count = 0;
}

/**
 * A number for one use. Chance may be foreseen, so the secret goes into it: a server must not be
 * able to choose what is hashed with the password.
 */
function* newNonce({ password }: User): Generator<Operation, string, unknown> {
  const chance = [yield* random(), yield* random(), yield* random()];
  return hmac(chance.join(), { key: password }).slice(0, 32);
}

function refuse(request: ResolvedConfig, why: string, cause?: unknown): AxError {
  const { method, url, redact } = request;
  const named = `"${method} ${mask(String(url), redact)}"`;
  return new AxError(`Cannot answer the digest challenge of ${named}: ${why}`, {
    request: { method, url, redact },
    cause,
  });
}

const OPTIONS: readonly string[] = ["username", "password", "origins"];
