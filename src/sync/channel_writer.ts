import {
  ALIVE,
  FRAME_HEAD,
  joinTexts,
  LENGTH_BYTES,
  NONE,
  PART_BYTES,
  POSTED,
  type Posted,
  READ,
  ring,
  RING_BYTES,
  Shared,
  SKIP,
  STATE,
  WAITING,
  WRITTEN,
} from "./channel.ts";

/** The members of a message port that a channel needs; those of Node and of browsers differ. */
export interface ChannelPort {
  postMessage(message: unknown, transfer?: ArrayBuffer[]): void;
  close(): void;
}

/** A longer head travels in the body, behind its length. */
const MAX_HEAD_LENGTH = 16 * 1024;

const encoder: TextEncoder = /* @__PURE__ */ new TextEncoder();

/** A message on its way through the ring alone. */
interface Queued<Message> {
  readonly message: Message;
  /** Empty where the body starts with it. */
  readonly head: string;
  body: Uint8Array<ArrayBuffer> | undefined;
  /** How much of the body is written. */
  at: number;
}

/** The worker's end: what it sends to the caller. */
export class ChannelWriter<Message> extends Shared {
  #number = 0;
  #queue: Queued<Message>[] = [];
  #ringing = false;

  /** @param port Missing where the caller could not receive from it. */
  constructor(
    memory: SharedArrayBuffer,
    readonly bell: Int32Array,
    readonly port: ChannelPort | undefined,
  ) {
    super(memory);
  }

  /**
   * Sends an object that survives JSON, or a list of texts, and bytes that the receiver will own;
   * whether they were copied, so that the sender may free them.
   */
  send(message: Message, bytes?: Uint8Array<ArrayBuffer>): boolean {
    if (!this.port) {
      const item = queued(message, bytes);
      this.#queue.push(item);
      this.flush();
      return !this.#queue.includes(item);
    }
    const size = bytes ? bytes.byteLength : NONE;
    const copied = size <= PART_BYTES && this.#writeFrame(headOf(message), bytes, size);
    if (copied) this.#number = (this.#number + 1) | 0;
    else this.#post(message, bytes);
    this.#ringSoon();
    return copied;
  }

  /** Writes what had no room before. */
  flush(): void {
    for (let next = this.#queue[0]; next; next = this.#queue[0]) {
      if (this.#writePart(next)) continue;
      Atomics.store(this.words, WAITING, 1);
      // The caller may have read everything just before, and would not look again.
      if (!this.#writePart(next)) break;
    }
    this.#ringSoon();
  }

  /** Drops what nobody waits for any more; what is partly written is cut off. */
  discard(matches: (message: Message) => boolean): void {
    this.#queue = this.#queue.filter(({ at, message }) => at > 0 || !matches(message));
    const [begun] = this.#queue;
    // One whose head is in its body would not parse any more.
    if (begun?.head && matches(begun.message)) begun.body = begun.body?.subarray(0, begun.at);
  }

  /** Sends a message that only a structured clone keeps. */
  sendClone(message: Message): void {
    this.#post(message, undefined);
    ring(this.bell);
  }

  enter(state: number): void {
    Atomics.store(this.words, STATE, state);
    ring(this.bell);
  }

  /** Answers a ping. */
  alive(): void {
    Atomics.add(this.words, ALIVE, 1);
    ring(this.bell);
  }

  /** Once for all that is sent now: each ring may wake the caller, which takes its time. */
  #ringSoon(): void {
    if (this.#ringing) return;
    this.#ringing = true;
    queueMicrotask(() => {
      this.#ringing = false;
      ring(this.bell);
    });
  }

  #post(message: Message, bytes: Uint8Array<ArrayBuffer> | undefined): void {
    // A view of a part may share its memory with chunks that others still hold, and all empty ones
    // of Node share one memory.
    const isOwn = bytes && bytes.byteLength > 0 && bytes.byteLength === bytes.buffer.byteLength;
    const whole = isOwn ? bytes : bytes?.slice();
    const posted: Posted<Message> = { number: this.#number, message, memory: whole?.buffer };
    if (whole) this.port?.postMessage(posted, [whole.buffer]);
    else this.port?.postMessage(posted);
    this.#number = (this.#number + 1) | 0;
    Atomics.add(this.words, POSTED, 1);
  }

  #writePart(next: Queued<Message>): boolean {
    const { head, body, at } = next;
    const part = body?.subarray(at, at + PART_BYTES);
    const left = body ? body.byteLength - at : NONE;
    if (!this.#writeFrame(at > 0 ? "" : head, part, left)) return false;
    next.at += PART_BYTES;
    if (left > PART_BYTES) return true;
    this.#queue.shift();
    this.#number = (this.#number + 1) | 0;
    return true;
  }

  #writeFrame(head: string, part: Uint8Array | undefined, left: number): boolean {
    const partBytes = part?.byteLength ?? 0;
    const most = FRAME_HEAD + 3 * head.length + partBytes;
    if (most > RING_BYTES / 4) return false;
    const end = Atomics.load(this.words, WRITTEN);
    const free = RING_BYTES - ((end - Atomics.load(this.words, READ)) >>> 0);
    const at = end & (RING_BYTES - 1);
    // Where all was read it begins again, in memory that both threads have in their caches. What is
    // skipped takes room until it is read, so not too early.
    const again = free === RING_BYTES && at > RING_BYTES / 4;
    const skipped = again || at + most > RING_BYTES ? RING_BYTES - at : 0;
    if (skipped + most + 4 > free) return false;
    if (skipped > 0) this.frameWords[(at >> 2) + 1] = SKIP;
    const start = skipped > 0 ? 0 : at;
    const body = this.frames.subarray(start + FRAME_HEAD);
    const headBytes = this.port ? encoder.encodeInto(head, body).written : copyText(head, body);
    if (part) body.set(part, headBytes);
    this.frameWords[start >> 2] = this.#number;
    this.frameWords[(start >> 2) + 1] = headBytes;
    this.frameWords[(start >> 2) + 2] = left;
    const size = (FRAME_HEAD + headBytes + partBytes + 3) & ~3;
    Atomics.store(this.words, WRITTEN, (end + skipped + size) | 0);
    return true;
  }
}

function headOf(message: unknown): string {
  return Array.isArray(message) ? joinTexts(message) : JSON.stringify(message);
}

/** Browsers do not encode into shared memory. */
function copyText(text: string, into: Uint8Array): number {
  const bytes = encoder.encode(text);
  into.set(bytes);
  return bytes.byteLength;
}

function queued<Message>(message: Message, bytes?: Uint8Array<ArrayBuffer>): Queued<Message> {
  const head = headOf(message);
  if (head.length <= MAX_HEAD_LENGTH) return { message, head, body: bytes, at: 0 };
  const text = encoder.encode(head);
  const body = new Uint8Array(LENGTH_BYTES + text.byteLength + (bytes?.byteLength ?? 0));
  new DataView(body.buffer).setInt32(0, text.byteLength);
  body.set(text, LENGTH_BYTES);
  if (bytes) body.set(bytes, LENGTH_BYTES + text.byteLength);
  return { message, head: "", body, at: 0 };
}
