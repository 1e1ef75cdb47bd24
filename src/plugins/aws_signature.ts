import { hash, hmac } from "./hashes.ts";

/** Keys of AWS: of a user, or, with a session token, temporary ones. */
export interface AwsCredentials {
  /** The public part, such as `AKIDEXAMPLE`. */
  readonly accessKeyId: string;
  /** The secret part; it is never sent. */
  readonly secretAccessKey: string;
  /** The token of temporary keys; sent as `x-amz-security-token`. */
  readonly sessionToken?: string | undefined;
}

/** What a signature is valid for. */
export interface AwsScope {
  readonly region: string;
  readonly service: string;
  /** When it is made, in milliseconds since the epoch. */
  readonly at: number;
}

/** A request that is to be signed, as it is sent. */
export interface AwsRequest {
  readonly method: string;
  readonly host: string;
  readonly path: string;
  /** Without its `?`. */
  readonly query: string;
  readonly headers: Headers;
  /** The hash of the body, or a constant that stands for it. */
  readonly payload: string;
}

/** The constant in place of the hash of a body that is not signed. */
export const UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD";

const ALGORITHM = "AWS4-HMAC-SHA256";

/** What the way to the server may add or change. */
const NOT_SIGNED: ReadonlySet<string> = new Set([
  "accept-encoding",
  "authorization",
  "cache-control",
  "connection",
  "content-length",
  "expect",
  "from",
  "keep-alive",
  "max-forwards",
  "pragma",
  "referer",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "user-agent",
  "x-amzn-trace-id",
]);

/** Services that take the path as it is, encoded once: a key may hold `//` and `..`. */
const KEEPS_PATH: ReadonlySet<string> = new Set([
  "s3",
  "s3express",
  "s3-object-lambda",
  "s3-outposts",
]);

/** Whether a service is one of S3's, whose bodies need not be signed. */
export function isS3(service: string): boolean {
  return KEEPS_PATH.has(service);
}

/** An instant as AWS writes it: `20150830T123600Z`. */
export function awsDate(at: number): string {
  return new Date(at).toISOString().replace(/\.\d+|[:-]/g, "");
}

/** Encodes all but the unreserved characters of RFC 3986. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** What is no percent-encoded UTF-8 stays as it stands. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function canonicalPath(path: string, service: string): string {
  const segments = path.split("/").slice(1);
  if (isS3(service)) return `/${segments.map((segment) => encode(decode(segment))).join("/")}`;
  const kept: string[] = [];
  for (const segment of segments) {
    if (segment === "..") kept.pop();
    else if (segment !== "" && segment !== ".") kept.push(encode(segment));
  }
  const ending = kept.length > 0 && /\/\.{0,2}$/.test(path) ? "/" : "";
  return `/${kept.join("/")}${ending}`;
}

function canonicalQuery(query: string): string {
  const pairs = query.split("&").filter((piece) => piece !== "").map((piece) => {
    const mark = piece.indexOf("=");
    const parts = mark < 0 ? [piece, ""] : [piece.slice(0, mark), piece.slice(mark + 1)];
    const [name = "", value = ""] = parts.map((part) => encode(decode(part.replaceAll("+", " "))));
    return { name, value };
  });
  // By code unit, as everything is ASCII now; the name counts first, and not its "=".
  pairs.sort((a, b) => order(a.name, b.name) || order(a.value, b.value));
  return pairs.map(({ name, value }) => `${name}=${value}`).join("&");
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Signs a request: the value of its `authorization` header. `x-amz-date` is there already. */
export function signAws(
  request: AwsRequest,
  credentials: AwsCredentials,
  { region, service, at }: AwsScope,
): string {
  const entries = [...request.headers, ["host", request.host] as [string, string]]
    .map(([name, value]) => ({ name: name.toLowerCase(), value }))
    .filter(({ name }) => !NOT_SIGNED.has(name))
    .sort((a, b) => order(a.name, b.name));
  const names = entries.map(({ name }) => name).join(";");
  const canonical = [
    request.method,
    canonicalPath(request.path, service),
    canonicalQuery(request.query),
    ...entries.map(({ name, value }) => `${name}:${value.trim().replace(/ +/g, " ")}`),
    "",
    names,
    request.payload,
  ].join("\n");
  const date = awsDate(at);
  const scope = [date.slice(0, 8), region, service, "aws4_request"];
  let key: string | Uint8Array = `AWS4${credentials.secretAccessKey}`;
  for (const part of scope) key = hmac(part, { key, encoding: "bytes" });
  const signature = hmac([ALGORITHM, date, scope.join("/"), hash(canonical)].join("\n"), { key });
  const credential = `${credentials.accessKeyId}/${scope.join("/")}`;
  return `${ALGORITHM} Credential=${credential}, SignedHeaders=${names}, Signature=${signature}`;
}
