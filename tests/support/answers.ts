/** Answers of the fault server, byte by byte: paths of its route `bytes`. */

const encoder = new TextEncoder();

/** Bytes of a text with one character a byte. */
export function latin1(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}

/** Pieces in one. */
export function joined(...pieces: readonly (string | Uint8Array)[]): Uint8Array<ArrayBuffer> {
  const parts = pieces.map((piece) => typeof piece === "string" ? latin1(piece) : piece);
  const whole = new Uint8Array(parts.reduce((size, { length }) => size + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** The path of an answer in pieces; `query` says how it goes on, see the route. */
export function answer(pieces: string | Uint8Array | readonly Uint8Array[], query = ""): string {
  const list = Array.isArray(pieces) ? pieces : [pieces as string | Uint8Array];
  const params = list.map((piece) => {
    const bytes = typeof piece === "string" ? encoder.encode(piece) : piece as Uint8Array;
    const text = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
    return `bytes=${encodeURIComponent(btoa(text))}`;
  });
  return `/bytes?${params.join("&")}${query && `&${query}`}`;
}

/** How a body tells its end: by its length, by chunks, or with its connection. */
export type Framing = "length" | "chunked" | "close";

/** A response, its body framed in a way; `headers` are whole lines. */
export function response(
  body: string | Uint8Array,
  headers = "",
  framing: Framing = "length",
  status = "200 OK",
): Uint8Array<ArrayBuffer> {
  const bytes = typeof body === "string" ? latin1(body) : body;
  const start = `HTTP/1.1 ${status}\r\n${headers}`;
  if (framing === "close") return joined(`${start}\r\n`, bytes);
  if (framing === "length") {
    return joined(`${start}content-length: ${bytes.length}\r\n\r\n`, bytes);
  }
  const chunk = bytes.length > 0 ? joined(`${bytes.length.toString(16)}\r\n`, bytes, "\r\n") : "";
  return joined(`${start}transfer-encoding: chunked\r\n\r\n`, chunk, "0\r\n\r\n");
}

/** What the route is told so that the body ends as it is framed. */
export function ending(framing: Framing): string {
  return framing === "close" ? "how=end&ms=0" : "";
}
