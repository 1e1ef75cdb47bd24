import type { BodyPart } from "./message.ts";
import { entriesOf, kindOf, tagOf } from "./pairs.ts";

/** The content of one file. */
export type FileContent = Blob | Uint8Array | ArrayBuffer | string;

/** One file: its content alone, or with a name and a media type. */
export type FileInput = FileContent | {
  /** The file name sent; by default that of a `File`, `blob` for a `Blob`, `file` otherwise. */
  name?: string | undefined;
  /** The bytes, or a string that is sent as UTF-8. */
  content: FileContent;
  /** The media type sent; by default that of the `Blob`, else `application/octet-stream`. */
  type?: string | undefined;
};

/** What a user may give as `files`: by field name, or as pairs. */
export type Files =
  | Record<string, FileInput | readonly FileInput[]>
  | Iterable<readonly [string, FileInput]>;

/** One field of a form, ready to be written. */
export type MultipartEntry = readonly [name: string, value: string | NamedFile];

/** A file with everything that its part says. */
interface NamedFile {
  readonly name: string;
  readonly type: string;
  readonly content: BodyPart;
}

let encoder: TextEncoder | undefined;

/** A text in UTF-8. */
export function encodeText(text: string): Uint8Array {
  return (encoder ??= new TextEncoder()).encode(text);
}

let sizeOfBlob: (() => number) | undefined;

/**
 * Whether a value is a `Blob` or a `File` of the platform.
 *
 * @throws {TypeError} If it is one of another library: the platform would send its name, not it.
 */
export function isBlob(value: unknown): value is Blob {
  if (!/^(?:Blob|File)$/.test(tagOf(value))) return false;
  sizeOfBlob ??= Object.getOwnPropertyDescriptor(Blob.prototype, "size")?.get;
  try {
    sizeOfBlob?.call(value);
    return true;
  } catch {
    throw new TypeError(
      `Cannot send a ${
        tagOf(value)
      } that is not of this runtime, such as jsdom's: give its bytes, ` +
        `as "await blob.arrayBuffer()" reads them`,
    );
  }
}

/**
 * The bytes of a buffer or a view; `undefined` for anything else. Memory that other threads share
 * is copied: it could change on the way, and nothing but a copy can be sent.
 */
export function viewBytes(value: unknown): Uint8Array | undefined {
  const isView = ArrayBuffer.isView(value);
  if (!isView && !/^(?:Shared)?ArrayBuffer$/.test(tagOf(value))) return undefined;
  const view = isView ? value : new Uint8Array(value as ArrayBuffer);
  const isShared = tagOf(view.buffer) === "SharedArrayBuffer";
  // One of another realm would not pass as bytes everywhere.
  if (view instanceof Uint8Array && !isShared) return view;
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  return isShared ? Uint8Array.from(bytes) : bytes;
}

/** Makes a boundary from two random numbers, 0 ≤ x < 1. */
export function newBoundary(random: number, random2: number): string {
  const part = (number: number) => Math.floor(number * 2 ** 52).toString(16).padStart(13, "0");
  return `----axclient${part(random)}${part(random2)}`;
}

/** Reads the entries of a `FormData`. */
export function formDataEntries(form: FormData): MultipartEntry[] {
  return Array.from(form, ([name, value]): MultipartEntry => [
    name,
    typeof value === "string" ? value : namedFile(name, value),
  ]);
}

/** Reads the entries of `files`. */
export function fileEntries(files: Files): MultipartEntry[] {
  const forms = "an object or pairs of field names and files";
  if (tagOf(files) === "FormData") {
    throw new TypeError('Cannot use a FormData as "files": give it as "data"');
  }
  if (fileContent(files)) throw new TypeError(`Cannot use one file as "files": give ${forms}`);
  return entriesOf<unknown>(files, "files", forms).flatMap(([name, input]) =>
    (Array.isArray(input) ? input : [input])
      .filter((file) => file !== undefined)
      .map((file): MultipartEntry => [name, namedFile(name, file)])
  );
}

function namedFile(field: string, input: unknown): NamedFile {
  const fail = (problem: string): never => {
    throw new TypeError(`Cannot encode file "${field}": ${problem}`);
  };
  type Given = { readonly [Key in "content" | "name" | "type"]?: unknown } | null | undefined;
  const given = (fileContent(input) ? { content: input } : input) as Given;
  const source = given?.content;
  const content = fileContent(source) ?? fail(adviceFor(input, source));
  const blob: Partial<File> | undefined = isBlob(source) ? source : undefined;
  const name = given?.name ?? blob?.name ?? (blob ? "blob" : "file");
  const type = given?.type ?? (blob?.type || "application/octet-stream");
  if (typeof name !== "string") fail('its "name" must be a string');
  if (typeof type !== "string" || !/^[\t\x20-\x7e]+$/.test(type)) {
    fail('its "type" must be a media type such as "text/plain"');
  }
  return { name, type, content } as NamedFile;
}

function adviceFor(input: unknown, content: unknown): string {
  const isNamed = typeof input === "object" && input !== null && "content" in input;
  const source = isNamed ? content : input;
  if (typeof source === "object" && source !== null && isStream(source)) {
    return 'it is a stream, give text, bytes or a Blob; a stream goes into "data", as the whole body';
  }
  return isNamed
    ? `its "content" must be text, bytes or a Blob, got ${kindOf(content)}`
    : "give a File, a Blob, bytes, a string or { name, content, type }";
}

function isStream(value: object): boolean {
  return "getReader" in value || Symbol.asyncIterator in value || "next" in value;
}

function fileContent(value: unknown): BodyPart | undefined {
  if (typeof value === "string") return encodeText(value);
  return isBlob(value) ? value : viewBytes(value);
}

/** Encodes entries as `multipart/form-data`, as the HTML standard says. */
export function encodeMultipart(entries: readonly MultipartEntry[], boundary: string): BodyPart[] {
  const parts: BodyPart[] = [];
  let text = "";
  for (const [name, value] of entries) {
    text += `--${boundary}\r\n` +
      `Content-Disposition: form-data; name="${escapeName(normalizeNewlines(name))}"`;
    if (typeof value === "string") {
      text += `\r\n\r\n${normalizeNewlines(value)}\r\n`;
      continue;
    }
    text += `; filename="${escapeName(value.name)}"\r\nContent-Type: ${value.type}\r\n\r\n`;
    parts.push(encodeText(text), value.content);
    text = "\r\n";
  }
  parts.push(encodeText(`${text}--${boundary}--\r\n`));
  return parts;
}

function normalizeNewlines(text: string): string {
  return text.replace(/\r\n|\r|\n/g, "\r\n");
}

function escapeName(name: string): string {
  return name.replace(/[\r\n"]/g, (character) => encodeURIComponent(character));
}
