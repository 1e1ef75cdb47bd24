/** A word for a POSIX shell that comes to exactly these characters, as UTF-8. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** A word that comes to exactly these bytes; it may not end in a line break, nor hold a NUL. */
export function quoteBytes(bytes: Uint8Array): string {
  return isPlain(bytes) ? quote(new TextDecoder().decode(bytes)) : `"$(printf ${format(bytes)})"`;
}

/** Whether bytes are ASCII that can be seen. */
function isPlain(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte >= 0x20 && byte < 0x7f);
}

/** Commands that print exactly these bytes, whatever they are. */
export function printBytes(bytes: Uint8Array): string {
  const commands: string[] = [];
  for (let at = 0; at < bytes.length || at === 0; at += PIECE) {
    commands.push(`printf ${format(bytes.subarray(at, at + PIECE))}`);
  }
  return commands.length === 1 ? commands.join() : `{ ${commands.join("; ")}; }`;
}

/** An argument may have 128 kB on Linux, where `printf` is no builtin; a byte takes up to four. */
const PIECE = 24_000;

function format(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) {
    const character = String.fromCharCode(byte);
    if (character === "%") text += "%%";
    else if (byte < 0x20 || byte >= 0x7f || character === "'" || character === "\\") {
      text += `\\${byte.toString(8).padStart(3, "0")}`;
    } else text += character;
  }
  return `'${text}'`;
}
