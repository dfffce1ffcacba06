import type { TeacherManifest } from '#shared/manifest.ts'
import type { GraphBuilder, NodeRef } from '#worker/engine/graph.ts'
import { attr } from '#worker/engine/graph.ts'

const T = attr.type('float32')

/** ITU-R BT.601 luma, which is what the gray networks were trained on (OpenCV, PIL and @vladmandic/human use it). */
const luma = [0.299, 0.587, 0.114]

/** Shrinking by more than this needs a wider kernel than bilinear's, or pixels between the samples are not seen at all. */
const largestPlainShrink = 1.5

/**
 * Cuts and resizes: pixel (x, y) of the result shows the face at x0 + (x + 0.5) * width / size - 0.5. A teacher that sees the face
 * much reduced gets it antialiased (the triangle widens by the factor), as PIL and the area filters of training pipelines do.
 * ResizeBilinear gives the same numbers as ScaleAndTranslate where the crop lies on whole pixels, two to three times as fast.
 */
function cropAndResize(builder: GraphBuilder, pixels: NodeRef, { crop: [x0, y0, x1, y1], size }: TeacherManifest['input']): NodeRef {
  const int = attr.type('int32')
  const T = attr.type('uint8')
  const sides = builder.constant([size, size], [2], 'int32')
  const antialias = Math.max(x1 - x0, y1 - y0) / size > largestPlainShrink
  const whole = [x0, y0, x1, y1].every(Number.isInteger)
  if (whole && !antialias) {
    const begin = builder.constant([0, y0, x0, 0], [4], 'int32')
    const extent = builder.constant([-1, y1 - y0, x1 - x0, 3], [4], 'int32')
    const cut = builder.op('Slice', [pixels, begin, extent], { T, Index: int })
    return builder.op('ResizeBilinear', [cut, sides], {
      T,
      align_corners: attr.bool(false),
      half_pixel_centers: attr.bool(true),
    })
  }
  const scale = [size / (y1 - y0), size / (x1 - x0)] as const
  return builder.op('ScaleAndTranslate', [
    pixels,
    sides,
    builder.constant(scale, [2], 'float32'),
    builder.constant([-y0 * scale[0], -x0 * scale[1]], [2], 'float32'),
  ], {
    T,
    kernel_type: attr.string('triangle'),
    antialias: attr.bool(antialias),
  })
}

function toColor(builder: GraphBuilder, image: NodeRef, color: TeacherManifest['input']['color']): NodeRef {
  if (color === 'rgb')
    return image
  if (color === 'bgr') {
    return builder.op('ReverseV2', [
      image,
      builder.constant([3], [1], 'int32'),
    ], {
      T,
      Tidx: attr.type('int32'),
    })
  }
  return builder.op('Conv2D', [
    image,
    builder.constant(luma, [1, 1, 3, 1], 'float32'),
  ], {
    T,
    strides: attr.ints([1, 1, 1, 1]),
    padding: attr.string('VALID'),
  })
}

/**
 * The pixels of aligned faces as a teacher takes them: crop, size, colour order, (value - mean) / std.
 *
 * @param builder   the graph to add to
 * @param pixels    u8 [N, 300, 300, 3], RGB
 * @param input     the manifest's input section
 * @returns f32 [N, size, size, 3, or 1 for gray]
 */
export function preprocess(builder: GraphBuilder, pixels: NodeRef, input: TeacherManifest['input']): NodeRef {
  let image = toColor(builder, cropAndResize(builder, pixels, input), input.color)
  const constant = (values: readonly number[]): NodeRef => builder.constant(values, [values.length], 'float32')
  if (input.mean.some(value => value !== 0)) {
    image = builder.op('Sub', [
      image,
      constant(input.mean),
    ], { T })
  }
  if (input.std.some(value => value !== 1)) {
    image = builder.op('Mul', [
      image,
      constant(input.std.map(value => 1 / value)),
    ], { T })
  }
  return image
}
