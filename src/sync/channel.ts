/*
 * One channel joins a thread that may block (the caller) with one worker: a message port in both
 * directions, and shared memory from the worker to the caller.
 *
 * Shared memory, per worker:
 *
 *   byte  0  Int32 STATE      see below
 *         4  Int32 ALIVE      counted up by the worker for every ping
 *         8  Int32 POSTED     how many messages the worker has sent over the port instead
 *        12  Int32 WRITTEN    end of the frames, counted in bytes since the start, wraps at 2^32
 *        16  Int32 READ       how far the caller has read them, counted the same way
 *        20  Int32 ERROR      length of the text in the error slot
 *        24  Int32 WAITING    1 while the worker has more than the ring can take
 *        64  error slot       why STATE is FAILED: name, message, stack and code as JSON
 *      4096  frames           a ring
 *
 *   frame    Int32 number | Int32 head bytes (-1: go on at the start of the ring) | Int32 body
 *            bytes (-1: none) | head | body | padding to 4 bytes
 *   head     an object as JSON, or a list of texts as `joinTexts` joins them
 *
 *   STATE    STARTING ──► READY ──► EXITED      the worker's last word, where it has one
 *                └──────────┴─────► FAILED      with a text in the error slot
 *
 * Every message of the worker carries a number. What is large, does not fit at the moment, or must
 * be cloned goes over the port; the reader merges both lanes by number.
 *
 * A browser's blocked thread cannot take messages from a port, so there everything goes through the
 * ring: a large body in parts of PART_BYTES, each a frame with the message's number. Body bytes then
 * says how much is left, this part included; the head comes with the first part. When the ring is
 * full, the worker keeps the rest, sets WAITING, and goes on when the caller says that it has read.
 *
 * The bell is memory of its own, one Int32 per blocking thread, shared by all of its workers: who
 * has written adds one and notifies. The caller reads the bell, looks for messages, and only then
 * waits for it to change, so no message is missed and a stale `notify` costs one more look.
 */
import { joinChunks } from "../http/chunks.ts";

/** The worker has not said a word yet. */
export const STARTING = 0;
/** The worker listens. */
export const READY = 1;
/** The worker ended as it was asked to, or by itself. */
export const EXITED = 2;
/** The worker cannot go on; the error slot says why. */
export const FAILED = 3;

/** The word of the state. */
export const STATE = 0;
/** The word that counts the answers to pings. */
export const ALIVE = 1;
/** The word that counts the messages on the port. */
export const POSTED = 2;
/** The word with the end of the frames. */
export const WRITTEN = 3;
/** The word that says how far the frames have been read. */
export const READ = 4;
/** The word with the length of the text in the error slot. */
export const ERROR_BYTES = 5;
/** The word that says that the worker waits for room. */
export const WAITING = 6;

/** Where the error slot starts, in bytes. */
export const ERROR_AT = 64;
const RING_AT = 4096;
/** The size of the error slot. */
export const ERROR_SLOT_BYTES: number = RING_AT - ERROR_AT;
/** The size of the ring, a power of two. */
export const RING_BYTES: number = 1 << 20;
/** The bytes of a frame before its head. */
export const FRAME_HEAD = 12;
/** As head bytes: go on at the start of the ring. */
export const SKIP = -1;
/** As body bytes: no body. */
export const NONE = -1;
/** The length of a head that travels in the body. */
export const LENGTH_BYTES = 4;

/** Larger bodies are transferred over the port: copying them twice would cost more. */
export const PART_BYTES: number = 128 * 1024;

const SEPARATOR = "\n";

/**
 * Texts as one, of which the first is a number: what is joined and split takes a thread that runs
 * cold half of the time of JSON, which stands in where a text has the separator in it.
 */
export function joinTexts(texts: readonly string[]): string {
  for (const text of texts) if (text.includes(SEPARATOR)) return JSON.stringify(texts);
  return texts.join(SEPARATOR);
}

/**
 * What a head stands for: an object, or the texts that {@linkcode joinTexts} has joined.
 *
 * @throws {SyntaxError} Where it is neither.
 */
export function parseHead(head: string): unknown {
  if (head.startsWith("{") || head.startsWith("[")) return JSON.parse(head);
  const texts = head.split(SEPARATOR);
  if (Number.isNaN(Number(texts[0]))) throw new SyntaxError("Cannot read a message: it is none");
  return texts;
}

/** A message as it was received. */
export interface Received<Message> {
  readonly message: Message;
  readonly bytes: Uint8Array<ArrayBuffer> | undefined;
}

/** What goes over the port. */
export interface Posted<Message> {
  readonly number: number;
  readonly message: Message;
  /** Memory, not a view of it: Deno walks through every element of a view that it receives. */
  readonly memory: ArrayBuffer | undefined;
}

/**
 * The memory of a new channel.
 *
 * @throws {RangeError} Where there is none left.
 */
export function allocate(): SharedArrayBuffer {
  return new SharedArrayBuffer(RING_AT + RING_BYTES);
}

/** Wakes the thread that the bell belongs to. */
export function ring(bell: Int32Array): void {
  Atomics.add(bell, 0, 1);
  Atomics.notify(bell, 0);
}

/** What both ends share. */
export class Shared {
  /** The words before the error slot. */
  readonly words: Int32Array;
  protected readonly frames: Uint8Array<SharedArrayBuffer>;
  protected readonly frameWords: Int32Array;

  constructor(protected readonly memory: SharedArrayBuffer) {
    this.words = new Int32Array(memory, 0, 16);
    this.frames = new Uint8Array(memory, RING_AT, RING_BYTES);
    this.frameWords = new Int32Array(memory, RING_AT, RING_BYTES / 4);
  }
}

const decoder: TextDecoder = /* @__PURE__ */ new TextDecoder();

/** A message of which parts have arrived. */
interface Partial {
  readonly head: string;
  readonly parts: Uint8Array<ArrayBuffer>[];
}

/** The caller's end: what it receives from the worker. No length in the memory is trusted. */
export class ChannelReader<Message> extends Shared {
  readonly #take: () => unknown;
  readonly #onRoom: () => void;
  #partial: Partial | undefined;
  #number = 0;
  #taken = 0;
  #held: Posted<Message> | undefined;

  /**
   * @param memory What {@linkcode allocate} returned.
   * @param take Takes the next message from the port, `undefined` where there is none.
   * @param onRoom Lets a worker that waits for room go on.
   */
  constructor(memory: SharedArrayBuffer, take: () => unknown, onRoom: () => void = () => {}) {
    super(memory);
    this.#take = take;
    this.#onRoom = onRoom;
  }

  /**
   * The next message, without blocking.
   *
   * @throws {SyntaxError} Where the worker wrote none that can be read.
   */
  receive(): Received<Message> | undefined {
    for (;;) {
      const end = Atomics.load(this.words, WRITTEN);
      let read = Atomics.load(this.words, READ);
      let at = read & (RING_BYTES - 1);
      // A frame needs its head to be whole, so the last bytes of the ring may be too few for one.
      const skips = RING_BYTES - at < FRAME_HEAD || this.frameWords[(at >> 2) + 1] === SKIP;
      if (skips && read !== end) {
        read = (read + RING_BYTES - at) | 0;
        at = 0;
      }
      if (read === end || this.frameWords[at >> 2] !== this.#number) {
        const isPosted = this.#held || this.#taken !== Atomics.load(this.words, POSTED);
        return isPosted ? this.#fromPort() : undefined;
      }
      const start = at + FRAME_HEAD;
      const headBytes = this.frameWords[(at >> 2) + 1] ?? 0;
      const headEnd = start + Math.max(0, Math.min(headBytes, RING_BYTES - start));
      const left = this.frameWords[(at >> 2) + 2] ?? NONE;
      const partBytes = Math.max(0, Math.min(left, PART_BYTES, RING_BYTES - headEnd));
      const head = decoder.decode(this.frames.slice(start, headEnd));
      const part = left === NONE ? undefined : this.frames.slice(headEnd, headEnd + partBytes);
      const size = (headEnd - at + partBytes + 3) & ~3;
      Atomics.store(this.words, READ, read = (read + size) | 0);
      const isFree = ((end - read) >>> 0) <= RING_BYTES / 2;
      if (isFree && Atomics.compareExchange(this.words, WAITING, 1, 0) === 1) this.#onRoom();
      const isWhole = left <= PART_BYTES && head !== "" && !this.#partial;
      const received = isWhole
        ? { message: parseHead(head) as Message, bytes: part }
        : this.#join(head, part, left <= PART_BYTES);
      if (!received) continue;
      this.#number = (this.#number + 1) | 0;
      return received;
    }
  }

  /** Why the worker failed, as it could say it. */
  get failure(): string {
    const written = Atomics.load(this.words, ERROR_BYTES);
    const length = Math.max(0, Math.min(written, ERROR_SLOT_BYTES));
    return decoder.decode(new Uint8Array(this.memory, ERROR_AT, length).slice());
  }

  /** The message, when this was its last part. */
  #join(
    head: string,
    part: Uint8Array<ArrayBuffer> | undefined,
    isLast: boolean,
  ): Received<Message> | undefined {
    const whole = this.#partial ??= { head, parts: [] };
    if (part) whole.parts.push(part);
    if (!isLast) return undefined;
    this.#partial = undefined;
    const size = whole.parts.reduce((sum, { byteLength }) => sum + byteLength, 0);
    const bytes = joinChunks(whole.parts, size);
    if (whole.head) return { message: parseHead(whole.head) as Message, bytes };
    const length = bytes.byteLength < LENGTH_BYTES ? 0 : new DataView(bytes.buffer).getInt32(0);
    const behind = LENGTH_BYTES + Math.max(0, length);
    const text = decoder.decode(bytes.subarray(LENGTH_BYTES, behind));
    const rest = bytes.slice(behind);
    return { message: parseHead(text) as Message, bytes: rest.byteLength > 0 ? rest : undefined };
  }

  #fromPort(): Received<Message> | undefined {
    const held = this.#held ?? this.#take() as Posted<Message> | undefined;
    if (!held) return undefined;
    if (!this.#held) this.#taken = (this.#taken + 1) | 0;
    this.#held = held.number === this.#number ? undefined : held;
    if (this.#held) return undefined;
    this.#number = (this.#number + 1) | 0;
    const { message, memory } = held;
    return { message, bytes: memory && new Uint8Array(memory) };
  }
}
