import { base64 } from "./header_value.ts";

/** A token as it is kept: plain data, so any store can hold it. */
export interface OAuth2Token {
  /** What requests carry. */
  readonly accessToken: string;
  /** What the next token is got with, where the server gave one. */
  readonly refreshToken?: string | undefined;
  /** When it ends, in milliseconds since the epoch; unknown where the server did not say. */
  readonly expiresAt?: number | undefined;
  /** When it was given, in milliseconds since the epoch. */
  readonly issuedAt?: number | undefined;
  /** What it allows, where the server said so. */
  readonly scope?: string | undefined;
}

/** What identifies a client to a token endpoint. */
export interface TokenClient {
  readonly clientId: string;
  readonly clientSecret: string | undefined;
  /** Where the secret stands (RFC 6749, section 2.3.1). */
  readonly clientAuth: "basic" | "body";
  readonly scope: string | undefined;
  readonly params: Readonly<Record<string, string>>;
}

/** An answer of a token endpoint. */
export interface TokenAnswer {
  readonly status: number;
  readonly contentType: string | null;
  readonly text: string;
}

/** Why there is no token in an answer. */
export interface TokenRefusal {
  /** The end of a message: `it was refused with "invalid_grant"`. */
  readonly why: string;
  /** The server's code (RFC 6749, section 5.2). */
  readonly error?: string | undefined;
  /** The server's words. */
  readonly description?: string | undefined;
}

/** The request for a token: by a refresh token, or by the client's own credentials without one. */
export function tokenRequest(
  client: TokenClient,
  refreshToken: string | undefined,
): { headers: Record<string, string>; form: Record<string, string> } {
  const { clientId, clientSecret, clientAuth, scope, params } = client;
  const inHeader = clientSecret !== undefined && clientAuth === "basic";
  return {
    headers: {
      accept: "application/json",
      ...inHeader && {
        authorization: `Basic ${base64(`${formEncode(clientId)}:${formEncode(clientSecret)}`)}`,
      },
    },
    form: {
      ...params,
      grant_type: refreshToken === undefined ? "client_credentials" : "refresh_token",
      ...refreshToken !== undefined && { refresh_token: refreshToken },
      ...scope !== undefined && { scope },
      ...!inHeader && { client_id: clientId },
      ...!inHeader && clientSecret !== undefined && { client_secret: clientSecret },
    },
  };
}

function formEncode(text: string): string {
  return new URLSearchParams([["", text]]).toString().slice(1);
}

/** Reads the answer to a request that was made with `refreshToken`. */
export function readAnswer(
  answer: TokenAnswer,
  refreshToken: string | undefined,
  at: number,
): OAuth2Token | TokenRefusal {
  const { status, contentType } = answer;
  const body = parseRecord(answer.text);
  if (!body) {
    const type = contentType?.split(";")[0]?.trim() || "no content type";
    return { why: `it answered ${status} with ${type}, and not with JSON` };
  }
  const error = text(body.error);
  if (error !== undefined) {
    const description = text(body.error_description);
    const words = description === undefined ? "" : ` (${printable(description)})`;
    return { why: `it was refused with "${printable(error)}"${words}`, error, description };
  }
  const accessToken = text(body.access_token);
  if (status < 200 || status > 299) return { why: `it answered ${status} without an error code` };
  if (accessToken === undefined) return { why: `it answered ${status} without an access token` };
  if (!/^[\x21-\x7e]+$/.test(accessToken)) {
    return { why: "it gave an access token that no header can carry" };
  }
  const type = text(body.token_type);
  if (type !== undefined && type.toLowerCase() !== "bearer") {
    return { why: `it gave a token of the type "${printable(type)}", and only "Bearer" is known` };
  }
  const seconds = Number(body.expires_in ?? NaN);
  return {
    accessToken,
    // Without one in the answer the old one stays good; one that nobody asked for is not kept.
    ...refreshToken !== undefined && { refreshToken: text(body.refresh_token) ?? refreshToken },
    ...Number.isFinite(seconds) && { expiresAt: at + seconds * 1000 },
    issuedAt: at,
    ...text(body.scope) !== undefined && { scope: text(body.scope) },
  };
}

/** Reads a token that a store gave; `undefined` for what is none. */
export function readToken(value: unknown): OAuth2Token | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { accessToken, refreshToken, expiresAt, issuedAt, scope } = value as OAuth2Token;
  const texts = [refreshToken, scope].every((it) => it === undefined || typeof it === "string");
  const times = [expiresAt, issuedAt].every((it) => it === undefined || Number.isFinite(it));
  if (typeof accessToken !== "string" || !/^[\x21-\x7e]+$/.test(accessToken)) return undefined;
  return texts && times ? { accessToken, refreshToken, expiresAt, issuedAt, scope } : undefined;
}

/**
 * Whether a token may still be used. One that lives shorter than twice the margin is used for half
 * of its life, or each call would ask for another.
 */
export function isFresh(token: OAuth2Token, at: number, margin: number): boolean {
  const { expiresAt, issuedAt } = token;
  if (expiresAt === undefined) return true;
  const half = issuedAt === undefined ? margin : (expiresAt - issuedAt) / 2;
  return at < expiresAt - Math.max(0, Math.min(margin, half));
}

function parseRecord(json: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? value as Record<string, unknown>
      : undefined;
  } catch {
    return undefined;
  }
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** What a server says, cut, and without what could forge lines of a log. */
function printable(words: string): string {
  // deno-lint-ignore no-control-regex -- those are the ones it is about
  return words.slice(0, 200).replace(/[\x00-\x1f\x7f-\x9f\u2028\u2029]+/g, " ");
}
