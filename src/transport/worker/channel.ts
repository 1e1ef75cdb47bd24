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
 *        64  error slot       UTF-8, why STATE is FAILED
 *      2048  frames           a ring
 *
 *   frame    Int32 number | Int32 head bytes (-1: go on at the start of the ring) | Int32 body
 *            bytes | head as JSON | body | padding to 4 bytes
 *
 *   STATE    STARTING ──► READY ──► EXITED      the worker's last word, where it has one
 *                └──────────┴─────► FAILED      with a text in the error slot
 *
 * Every message of the worker carries a number. What is large, does not fit at the moment, or must
 * be cloned goes over the port; the reader merges both lanes by number.
 *
 * The bell is memory of its own, one Int32 per blocking thread, shared by all of its workers: who
 * has written adds one and notifies. The caller reads the bell, looks for messages, and only then
 * waits for it to change, so no message is missed and a stale `notify` costs one more look.
 */

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
const ALIVE = 1;
const POSTED = 2;
const WRITTEN = 3;
const READ = 4;
/** The word with the length of the text in the error slot. */
export const ERROR_BYTES = 5;

/** Where the error slot starts, in bytes. */
export const ERROR_AT = 64;
const RING_AT = 2048;
const RING_BYTES = 1 << 20;
const FRAME_HEAD = 12;
const SKIP = -1;

/** Larger bodies are transferred over the port: copying them twice would cost more. */
const MAX_FRAME_BODY = 128 * 1024;

/** The members of a message port that a channel needs; those of Node and of browsers differ. */
export interface Port {
  postMessage(message: unknown, transfer: ArrayBuffer[]): void;
  close(): void;
}

/** A message as it was received. */
export interface Received<Message> {
  readonly message: Message;
  readonly bytes: Uint8Array<ArrayBuffer> | undefined;
}

interface Posted<Message> {
  readonly number: number;
  readonly message: Message;
  /** Memory, not a view of it: Deno walks through every element of a view that it receives. */
  readonly memory: ArrayBuffer | undefined;
}

const encoder: TextEncoder = new TextEncoder();
const decoder: TextDecoder = new TextDecoder();

/** Returns the memory of a new channel. */
export function allocate(): SharedArrayBuffer {
  return new SharedArrayBuffer(RING_AT + RING_BYTES);
}

/** Wakes the thread that the bell belongs to. */
export function ring(bell: Int32Array): void {
  Atomics.add(bell, 0, 1);
  Atomics.notify(bell, 0);
}

/** What both ends share. */
class Shared {
  protected readonly words: Int32Array;
  protected readonly frames: Uint8Array<SharedArrayBuffer>;
  protected readonly frameWords: Int32Array;

  constructor(protected readonly memory: SharedArrayBuffer) {
    this.words = new Int32Array(memory, 0, 16);
    this.frames = new Uint8Array(memory, RING_AT, RING_BYTES);
    this.frameWords = new Int32Array(memory, RING_AT, RING_BYTES / 4);
  }

  get state(): number {
    return Atomics.load(this.words, STATE);
  }
}

/** The worker's end: what it sends to the caller. */
export class ChannelWriter<Message> extends Shared {
  #number = 0;

  constructor(memory: SharedArrayBuffer, readonly bell: Int32Array, readonly port: Port) {
    super(memory);
  }

  /** Sends a message that survives JSON, and bytes that the receiver will own. */
  send(message: Message, bytes?: Uint8Array<ArrayBuffer>): void {
    if (!this.#write(message, bytes)) this.#post(message, bytes);
    ring(this.bell);
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

  #post(message: Message, bytes: Uint8Array<ArrayBuffer> | undefined): void {
    // A view of a part may share its memory with chunks that others still hold.
    const whole = bytes && bytes.byteLength < bytes.buffer.byteLength ? bytes.slice() : bytes;
    const posted: Posted<Message> = { number: this.#number, message, memory: whole?.buffer };
    this.port.postMessage(posted, whole ? [whole.buffer] : []);
    this.#number = (this.#number + 1) | 0;
    Atomics.add(this.words, POSTED, 1);
  }

  #write(message: Message, bytes: Uint8Array<ArrayBuffer> | undefined): boolean {
    const bodyBytes = bytes?.byteLength ?? 0;
    if (bodyBytes > MAX_FRAME_BODY) return false;
    const head = JSON.stringify(message);
    const most = FRAME_HEAD + 3 * head.length + bodyBytes;
    if (most > RING_BYTES / 4) return false;
    const end = Atomics.load(this.words, WRITTEN);
    const free = RING_BYTES - ((end - Atomics.load(this.words, READ)) >>> 0);
    const at = end & (RING_BYTES - 1);
    const skipped = at + most > RING_BYTES ? RING_BYTES - at : 0;
    if (skipped + most + 4 > free) return false;
    if (skipped > 0) this.frameWords[(at >> 2) + 1] = SKIP;
    const start = skipped > 0 ? 0 : at;
    const body = this.frames.subarray(start + FRAME_HEAD);
    const headBytes = encoder.encodeInto(head, body).written;
    if (bytes) body.set(bytes, headBytes);
    this.frameWords[start >> 2] = this.#number;
    this.frameWords[(start >> 2) + 1] = headBytes;
    this.frameWords[(start >> 2) + 2] = bytes ? bodyBytes : SKIP;
    this.#number = (this.#number + 1) | 0;
    const size = (FRAME_HEAD + headBytes + bodyBytes + 3) & ~3;
    Atomics.store(this.words, WRITTEN, (end + skipped + size) | 0);
    return true;
  }
}

/** The caller's end: what it receives from the worker. */
export class ChannelReader<Message> extends Shared {
  readonly #take: () => unknown;
  #number = 0;
  #taken = 0;
  #held: Posted<Message> | undefined;

  /**
   * @param memory What {@linkcode allocate} returned.
   * @param take Takes the next message from the port, `undefined` where there is none.
   */
  constructor(memory: SharedArrayBuffer, take: () => unknown) {
    super(memory);
    this.#take = take;
  }

  /** Returns the next message, without blocking. */
  receive(): Received<Message> | undefined {
    return this.#read() ?? this.#fromPort();
  }

  /** Counts the worker's answers to pings. */
  get aliveCount(): number {
    return Atomics.load(this.words, ALIVE);
  }

  /** Why the worker failed, where it could say so. */
  get failure(): string {
    const length = Atomics.load(this.words, ERROR_BYTES);
    return decoder.decode(new Uint8Array(this.memory, ERROR_AT, length).slice());
  }

  #read(): Received<Message> | undefined {
    const end = Atomics.load(this.words, WRITTEN);
    let read = Atomics.load(this.words, READ);
    if (read === end) return undefined;
    let at = read & (RING_BYTES - 1);
    // A frame needs its head to be whole, so the last bytes of the ring may be too few for one.
    if (RING_BYTES - at < FRAME_HEAD || this.frameWords[(at >> 2) + 1] === SKIP) {
      read = (read + RING_BYTES - at) | 0;
      at = 0;
    }
    if (this.frameWords[at >> 2] !== this.#number) return undefined;
    const headBytes = this.frameWords[(at >> 2) + 1] ?? 0;
    const bodyBytes = this.frameWords[(at >> 2) + 2] ?? SKIP;
    const start = at + FRAME_HEAD;
    const text = decoder.decode(this.frames.slice(start, start + headBytes));
    const message: Message = JSON.parse(text);
    const body = start + headBytes;
    const bytes = bodyBytes === SKIP ? undefined : this.frames.slice(body, body + bodyBytes);
    const size = (FRAME_HEAD + headBytes + Math.max(bodyBytes, 0) + 3) & ~3;
    Atomics.store(this.words, READ, (read + size) | 0);
    this.#number = (this.#number + 1) | 0;
    return { message, bytes };
  }

  #fromPort(): Received<Message> | undefined {
    if (this.#taken === Atomics.load(this.words, POSTED) && !this.#held) return undefined;
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
