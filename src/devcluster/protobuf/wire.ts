/** One field as it stands on the wire: a number, or bytes (a text, a message, packed numbers). */
export interface WireField {
  readonly number: number;
  readonly value: bigint | Buffer;
}

/** Bytes that are no protobuf message. */
export class WireError extends Error {
  override readonly name = 'WireError';
}

const VARINT = 0;
const FIXED64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED32 = 5;
/** A varint holds 64 bits, seven in a byte. */
const MAX_VARINT_BYTES = 10;

/** Reads the fields of a message in order. Source: Protocol Buffers, "Encoding". @throws WireError */
export function readFields(bytes: Buffer): readonly WireField[] {
  const reader = new Reader(bytes);
  const fields: WireField[] = [];
  while (!reader.isAtEnd) {
    const tag = Number(reader.varint());
    const number = Math.floor(tag / 8);
    if (number < 1) throw new WireError(`illegal tag ${number}`);
    fields.push({ number, value: reader.value(tag % 8) });
  }
  return fields;
}

/** The numbers of a repeated field that is packed. @throws WireError */
export function readPacked(bytes: Buffer): readonly bigint[] {
  const reader = new Reader(bytes);
  const numbers: bigint[] = [];
  while (!reader.isAtEnd) numbers.push(reader.varint());
  return numbers;
}

class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  varint(): bigint {
    let value = 0n;
    for (let index = 0; index < MAX_VARINT_BYTES; index += 1) {
      const byte = this.#take(1)[0] ?? 0;
      value |= BigInt(byte & 0x7f) << BigInt(7 * index);
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw new WireError('integer overflow');
  }

  value(wireType: number): bigint | Buffer {
    if (wireType === VARINT) return this.varint();
    if (wireType === FIXED64) return this.#take(8).readBigUInt64LE();
    if (wireType === FIXED32) return BigInt(this.#take(4).readUInt32LE());
    if (wireType === LENGTH_DELIMITED) return this.#take(Number(this.varint()));
    throw new WireError(`illegal wireType ${wireType}`);
  }

  #take(count: number): Buffer {
    const end = this.#at + count;
    if (end > this.#bytes.length) throw new WireError('unexpected EOF');
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }
}
