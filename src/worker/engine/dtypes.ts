/** TensorFlow's numbers of the element types we use (tensorflow/core/framework/types.proto). */
export const dtypeCodes = {
  float32: 1,
  int32: 3,
  uint8: 4,
  string: 7,
  int64: 9,
  bool: 10,
  float16: 19,
  resource: 20,
} as const
export type GraphDType = keyof typeof dtypeCodes

/** Bytes of one element, for types that hold plain numbers. */
export const dtypeBytes = {
  float32: 4,
  int32: 4,
  uint8: 1,
  int64: 8,
  bool: 1,
  float16: 2,
} as const

/** The element type of one of TensorFlow's numbers. */
export function dtypeOf(code: number): GraphDType {
  const found = (Object.keys(dtypeCodes) as GraphDType[]).find(name => dtypeCodes[name] === code)
  if (!found)
    throw new RangeError(`internal: TensorFlow's element type ${code} is not one of ours`)
  return found
}

/** Number of elements of a shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, side) => product * side, 1)
}
