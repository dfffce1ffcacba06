/** A field of a protobuf message as it lies in the bytes. */
export interface ProtobufField {
  number: number
  /** 0: a number in variable length, 1: eight bytes, 2: a length and as many bytes, 5: four bytes. */
  wire: number
  /** Of wire 0; exact up to 2^53. */
  value: number
  /** Where its tag begins. */
  at: number
  /** Where its bytes begin, of wires 1, 2 and 5. */
  from: number
  /** Behind its last byte. */
  end: number
}

/**
 * The fields of a message one after the other, each wholly inside it: whoever reads on by these bounds leaves no message.
 *
 * @param bytes  the whole file
 * @param from   where the message begins
 * @param end    behind its last byte
 * @throws Error that says at which byte a field is none, has no end or leaves the message
 */
export function* fieldsOf(bytes: Uint8Array, from: number, end: number): Generator<ProtobufField, void, undefined> {
  for (let at = from; at < end;) {
    const tag = readNumber(bytes, at, end)
    const wire = tag.value % 8
    if (![0, 1, 2, 5].includes(wire))
      throw new Error(`there is no kind of field ${wire} (byte ${at})`)
    const body = wire === 2 || wire === 0 ? readNumber(bytes, tag.next, end) : { value: wire === 1 ? 8 : 4, next: tag.next }
    const next = wire === 0 ? body.next : body.next + body.value
    if (next > end)
      throw new Error(`a part of ${body.value} bytes begins at byte ${body.next}, in one that ends at byte ${end}`)
    yield { number: Math.floor(tag.value / 8), wire, value: wire === 0 ? body.value : 0, at, from: wire === 0 ? tag.next : body.next, end: next }
    at = next
  }
}

/** A number in protobuf's variable length: seven bits a byte, the lowest first. */
export function readNumber(bytes: Uint8Array, from: number, end: number): { value: number, next: number } {
  let value = 0
  for (let at = from; at < Math.min(end, from + 10); at++) {
    value += (bytes[at]! & 127) * 2 ** (7 * (at - from))
    if (bytes[at]! < 128)
      return { value, next: at + 1 }
  }
  throw new Error(`a number at byte ${from} has no end`)
}
