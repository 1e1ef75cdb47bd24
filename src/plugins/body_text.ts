/** What stands where a secret was; as `mask` writes it. */
const MASKED = "***";

/** Names of fields that hold secrets in most bodies, without `_` and `-`. */
const SECRET_FIELDS = new Set([
  ...["password", "passwd", "passphrase", "secret", "clientsecret", "privatekey"],
  ...["token", "accesstoken", "refreshtoken", "idtoken", "sessiontoken", "clientassertion"],
  ...["apikey", "xapikey", "authorization", "cookie", "setcookie", "proxyauthorization"],
]);

/** Larger bodies are not read for a log: their size is all it says. */
const MAX_BYTES = 1 << 20;

/** Whether a content type is text that a person can read. */
export function isText(type: string): boolean {
  return /^text\/|[/+](json|xml|x-ndjson)\b|^application\/(x-www-form-urlencoded|javascript)\b/
    .test(type.toLowerCase());
}

/**
 * A body as text with the secret fields of JSON and forms masked: those of known names and those in
 * `redact`, compared without regard to case, `_` and `-`. Text of other kinds is taken as it is.
 */
export function maskBody(text: string, type: string, redact: readonly string[]): string {
  const secret = secretField(redact);
  const lower = type.toLowerCase();
  if (/^application\/x-www-form-urlencoded\b/.test(lower)) {
    return text.split("&").map((pair) => {
      const [name = ""] = pair.split("=", 1);
      return name !== pair && secret(decoded(name)) ? `${name}=${MASKED}` : pair;
    }).join("&");
  }
  if (!/[/+]json\b/.test(lower)) return text;
  try {
    return JSON.stringify(maskFields(JSON.parse(text), secret));
  } catch {
    // No JSON, or too deep to be written: text of another kind.
    return text;
  }
}

/** A body for a log: masked first, then cut; of what is no text, or too large, its size. */
export function previewBody(
  bytes: Uint8Array,
  type: string,
  redact: readonly string[],
  maxCharacters: number,
): string {
  const size = bytes.byteLength;
  if (size === 0) return "";
  if (!isText(type) || size > MAX_BYTES) return `<${size} bytes of ${type || "no type"}>`;
  return cut(maskBody(new TextDecoder().decode(bytes), type, redact), maxCharacters);
}

/** The first characters of a text, and how many are left out. */
export function cut(text: string, maxCharacters: number): string {
  if (text.length <= maxCharacters) return text;
  return `${text.slice(0, maxCharacters)}… (${text.length - maxCharacters} more)`;
}

function secretField(redact: readonly string[]): (name: string) => boolean {
  const more = new Set(redact.map(plain));
  return (name) => {
    const key = plain(name);
    return SECRET_FIELDS.has(key) || more.has(key);
  };
}

function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[_-]/g, "");
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name.replaceAll("+", " "));
  } catch {
    return name;
  }
}

/** Masks in place what was just parsed; without recursion, as it may be deep. */
function maskFields(value: unknown, secret: (name: string) => boolean): unknown {
  const left: unknown[] = [value];
  for (let item = left.pop(); item !== undefined; item = left.pop()) {
    if (typeof item !== "object" || item === null) continue;
    const record = item as Record<string, unknown>;
    for (const [name, member] of Object.entries(record)) {
      if (!Array.isArray(item) && secret(name)) record[name] = MASKED;
      else left.push(member);
    }
  }
  return value;
}
