import { quote, readChallenges } from "./challenges.ts";
import { hash, type HashAlgorithm } from "./hashes.ts";
import type { User } from "./user.ts";

/** How much of a request the answer protects: method and URL, or its body too. */
export type DigestProtection = "auth" | "auth-int";

/** A challenge that can be answered (RFC 7616, section 3.3). */
export interface DigestChallenge {
  readonly realm: string;
  readonly nonce: string;
  readonly opaque: string | undefined;
  readonly hash: HashAlgorithm;
  /** Whether the key is bound to the nonce: an algorithm with `-sess`. */
  readonly session: boolean;
  /** The algorithm as the server wrote it; `undefined` where it left it out. */
  readonly algorithm: string | undefined;
  /** What the server offers; none where it is of the time before RFC 2617. */
  readonly protections: readonly DigestProtection[];
  /** Whether the last answer was right and only its nonce too old. */
  readonly stale: boolean;
  /** Whether the name is sent as a hash. */
  readonly userhash: boolean;
}

/** What the answers to one challenge share. */
export interface DigestSession {
  readonly challenge: DigestChallenge;
  /** The nonce to use: that of the challenge, or a later one of the server. */
  nonce: string;
  readonly cnonce: string;
  /** How many answers were given with the nonce. */
  count: number;
}

/** The request that an answer is for. */
export interface DigestRequest {
  readonly method: string;
  /** Path and query, as they are sent. */
  readonly target: string;
  readonly protection: DigestProtection | undefined;
  /** The body; it counts with `auth-int` only. */
  readonly body: Uint8Array;
}

/** The algorithms, the strongest first. */
const HASHES: readonly (readonly [name: string, hash: HashAlgorithm])[] = [
  ["sha-512-256", "sha512-256"],
  ["sha-256", "sha256"],
  ["md5", "md5"],
];

/**
 * Chooses the challenge with the strongest algorithm from a `www-authenticate` header, the server's
 * first where two are alike; `undefined` where there is none that can be answered.
 */
export function chooseDigest(header: string): DigestChallenge | undefined {
  let best: DigestChallenge | undefined;
  let bestRank = HASHES.length;
  for (const { scheme, params } of readChallenges(header)) {
    if (scheme !== "digest") continue;
    const challenge = readDigest(params);
    const rank = HASHES.findIndex(([, known]) => known === challenge?.hash);
    if (!challenge || rank >= bestRank) continue;
    best = challenge;
    bestRank = rank;
  }
  return best;
}

function readDigest(params: ReadonlyMap<string, string>): DigestChallenge | undefined {
  const realm = params.get("realm");
  const nonce = params.get("nonce");
  const algorithm = params.get("algorithm");
  const [name, session] = splitSession(algorithm?.toLowerCase() ?? "md5");
  const known = HASHES.find(([each]) => each === name);
  const offered = params.get("qop")?.toLowerCase().split(/[\s,]+/) ?? [];
  const protections = (["auth", "auth-int"] as const).filter((each) => offered.includes(each));
  if (realm === undefined || nonce === undefined || !known) return undefined;
  if (params.has("qop") && protections.length === 0) return undefined;
  return {
    realm,
    nonce,
    opaque: params.get("opaque"),
    hash: known[1],
    session,
    algorithm,
    protections,
    stale: params.get("stale")?.toLowerCase() === "true",
    userhash: params.get("userhash")?.toLowerCase() === "true",
  };
}

function splitSession(algorithm: string): [name: string, session: boolean] {
  const session = algorithm.endsWith("-sess");
  return [session ? algorithm.slice(0, -"-sess".length) : algorithm, session];
}

/** Text as one character for each byte of its UTF-8, as header values of the server are. */
function byteText(text: string): string {
  let bytes = "";
  for (const byte of new TextEncoder().encode(text)) bytes += String.fromCharCode(byte);
  return bytes;
}

function digest(algorithm: HashAlgorithm, ...parts: readonly string[]): string {
  const text = parts.join(":");
  const bytes = new Uint8Array(text.length);
  for (let index = 0; index < text.length; index++) bytes[index] = text.charCodeAt(index);
  return hash(bytes, { algorithm });
}

/** The name as the header carries it: hashed, quoted, or encoded as RFC 8187 says. */
function writeUsername(challenge: DigestChallenge, username: string): string {
  const { hash: algorithm, realm, userhash } = challenge;
  const bytes = byteText(username);
  if (userhash) return `username="${digest(algorithm, bytes, realm)}", userhash=true`;
  if (/^[\x20-\x7e]*$/.test(username)) return `username=${quote(username)}`;
  const encoded = encodeURIComponent(username).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `username*=UTF-8''${encoded}`;
}

/** Answers a challenge: the value of an `authorization` header. It counts in the session. */
export function answerDigest(
  session: DigestSession,
  user: User,
  request: DigestRequest,
): string {
  const { challenge, nonce, cnonce } = session;
  const { hash: algorithm, realm, opaque } = challenge;
  const { method, target, protection, body } = request;
  const count = (++session.count).toString(16).padStart(8, "0");
  // RFC 7616, section 3.4.2: the key of a session stays that of its first nonce.
  const secret = digest(algorithm, byteText(user.username), realm, byteText(user.password));
  const key = challenge.session ? digest(algorithm, secret, challenge.nonce, cnonce) : secret;
  const about = protection === "auth-int"
    ? digest(algorithm, method, target, hash(body, { algorithm }))
    : digest(algorithm, method, target);
  const response = protection
    ? digest(algorithm, key, nonce, count, cnonce, protection, about)
    : digest(algorithm, key, nonce, about);
  const parts = [
    writeUsername(challenge, user.username),
    `realm=${quote(realm)}`,
    `nonce=${quote(nonce)}`,
    `uri=${quote(target)}`,
    `response="${response}"`,
    ...challenge.algorithm === undefined ? [] : [`algorithm=${challenge.algorithm}`],
    ...opaque === undefined ? [] : [`opaque=${quote(opaque)}`],
    ...protection ? [`qop=${protection}`, `nc=${count}`] : [],
    ...protection || challenge.session ? [`cnonce="${cnonce}"`] : [],
  ];
  return `Digest ${parts.join(", ")}`;
}
