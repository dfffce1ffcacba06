import type { AugmentationConfig } from '#shared/stages/training.ts'

/** How one face is shown to a network: which square of it, mirrored or not, and in which light. */
export interface View {
  /** The square that is shown, in parts of the face's side; beyond the face its edges are repeated. */
  left: number
  top: number
  side: number
  flip: boolean
  /** Factors; 1 changes nothing. */
  brightness: number
  contrast: number
  saturation: number
}

/** The face as it is. */
export const PLAIN: View = {
  left: 0,
  top: 0,
  side: 1,
  flip: false,
  brightness: 1,
  contrast: 1,
  saturation: 1,
}

/**
 * Draws a view. The same augmentation, row and seed give the same view, on any thread and in any order.
 * Sides are uniform in [1 - scale, 1 + scale], places uniform among those where the view lies within the face or holds all of it (its
 * edges are repeated beyond them), factors uniform in [1 - color, 1 + color], mirrored half of the time.
 *
 * @param augmentation  what may vary and how much
 * @param row           which face
 * @param seed          of this showing: another in each epoch
 */
export function drawView(augmentation: AugmentationConfig, row: number, seed: number): View {
  const random = randomOf(row, seed)
  // All numbers are drawn whatever the configuration, so that turning one off leaves the others as they were.
  const [size, x, y, mirror, brightness, contrast, saturation] = [
    random(),
    random(),
    random(),
    random(),
    random(),
    random(),
    random(),
  ] as const
  const side = 1 + augmentation.scale * (1 - 2 * size)
  const factor = (uniform: number) => 1 + augmentation.color * (2 * uniform - 1)
  return {
    left: x * (1 - side),
    top: y * (1 - side),
    side,
    flip: augmentation.flip && mirror < 0.5,
    brightness: factor(brightness),
    contrast: factor(contrast),
    saturation: factor(saturation),
  }
}

/**
 * Renders a view of a face into a batch. Colours: brightness multiplies, contrast stretches about the picture's mean gray,
 * saturation stretches about each pixel's gray (ITU-R BT.601 weights), in that order, cut to 0..255 at the end.
 *
 * @param face    u8 [faceSize, faceSize, 3]
 * @param faceSize  its side in pixels
 * @param view    what to show
 * @param out     u8 [size, size, 3], a part of the batch
 * @param size    side of the result in pixels
 */
export function renderView(face: Uint8Array, faceSize: number, view: View, out: Uint8Array, size: number): void {
  if (view.side === 1 && !view.flip && faceSize === size)
    out.set(face)
  else
    resample(face, faceSize, view, out, size)
  if (view.brightness !== 1 || view.contrast !== 1 || view.saturation !== 1)
    recolour(out, view)
}

/** Bilinear, the same columns and weights for every row, so they are computed once. */
function resample(face: Uint8Array, faceSize: number, view: View, out: Uint8Array, size: number): void {
  const columns = taps(view.left, view.side, faceSize, size)
  const rows = taps(view.top, view.side, faceSize, size)
  const stride = faceSize * 3
  for (let y = 0; y < size; y++) {
    const upper = rows.first[y]! * stride
    const lower = rows.second[y]! * stride
    const weightY = rows.weight[y]!
    let to = y * size * 3
    const step = view.flip
      ? -1
      : 1
    for (let i = 0, x = view.flip
      ? size - 1
      : 0; i < size; i++, x += step, to += 3) {
      const left = columns.first[x]! * 3
      const right = columns.second[x]! * 3
      const weightX = columns.weight[x]!
      const a = upper + left
      const b = upper + right
      const c = lower + left
      const d = lower + right
      // Written out, since a loop over the channels takes twice as long.
      let top = (face[a]! << 8) + (face[b]! - face[a]!) * weightX
      let bottom = (face[c]! << 8) + (face[d]! - face[c]!) * weightX
      out[to] = ((top << 8) + (bottom - top) * weightY + 32768) >> 16
      top = (face[a + 1]! << 8) + (face[b + 1]! - face[a + 1]!) * weightX
      bottom = (face[c + 1]! << 8) + (face[d + 1]! - face[c + 1]!) * weightX
      out[to + 1] = ((top << 8) + (bottom - top) * weightY + 32768) >> 16
      top = (face[a + 2]! << 8) + (face[b + 2]! - face[a + 2]!) * weightX
      bottom = (face[c + 2]! << 8) + (face[d + 2]! - face[c + 2]!) * weightX
      out[to + 2] = ((top << 8) + (bottom - top) * weightY + 32768) >> 16
    }
  }
}

/** For each target pixel the two source pixels it lies between, and how far towards the second in 1/256. */
function taps(start: number, part: number, faceSize: number, size: number) {
  const first = new Int32Array(size)
  const second = new Int32Array(size)
  const weight = new Int32Array(size)
  for (let i = 0; i < size; i++) {
    const place = Math.min(faceSize - 1, Math.max(0, (start + part * (i + 0.5) / size) * faceSize - 0.5))
    first[i] = Math.floor(place)
    second[i] = Math.min(faceSize - 1, first[i]! + 1)
    weight[i] = Math.round((place - first[i]!) * 256)
  }
  return { first, second, weight }
}

/** All three changes are linear in the pixel and its gray, so they are one: part of the gray, part of the value, a constant. */
function recolour(out: Uint8Array, { brightness, contrast, saturation }: View): void {
  let sum = 0
  for (let i = 0; i < out.length; i += 3)
    sum += 77 * out[i]! + 150 * out[i + 1]! + 29 * out[i + 2]!
  const mean = brightness * sum / 256 / (out.length / 3)
  const gain = brightness * contrast
  const ofGray = gain * (1 - saturation) / 256
  const ofValue = gain * saturation
  const offset = mean * (1 - contrast)
  // Rounds and cuts to 0..255 as it stores.
  const clamped = new Uint8ClampedArray(out.buffer, out.byteOffset, out.length)
  for (let i = 0; i < out.length; i += 3) {
    const common = (77 * out[i]! + 150 * out[i + 1]! + 29 * out[i + 2]!) * ofGray + offset
    clamped[i] = out[i]! * ofValue + common
    clamped[i + 1] = out[i + 1]! * ofValue + common
    clamped[i + 2] = out[i + 2]! * ofValue + common
  }
}

/** Mulberry32 from a mixed state: uniform in [0, 1). */
function randomOf(row: number, seed: number): () => number {
  let state = mix(mix(mix(row) ^ (seed >>> 0)) ^ Math.floor(seed / 2 ** 32))
  return () => {
    state = (state + 0x6D2B79F5) | 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

/** The last step of MurmurHash3: neighbours get unrelated values. */
function mix(value: number): number {
  let h = value | 0
  h = Math.imul(h ^ (h >>> 16), 0x85EBCA6B)
  h = Math.imul(h ^ (h >>> 13), 0xC2B2AE35)
  return h ^ (h >>> 16)
}
