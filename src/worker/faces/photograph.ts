import type { DecodedImage } from './decode.ts'
import type { Face } from './detect.ts'
import type { Box, Point } from './image.ts'
import { carry, fitSimilarity, scaleOf, template } from './align.ts'
import { decodeImage } from './decode.ts'
import { warp } from './warp.ts'

/** Longest side at which faces are looked for. Above it only memory and time grow: the detector sees 256 pixels anyway. */
const WORKING_SIDE = 1024

/** A photograph at the size at which faces are looked for, and where its own pixels are. */
export interface Photograph { source: string | Buffer, image: DecodedImage }

/** @throws FacetError `bad-input` with the reason when it is no readable image */
export async function openPhotograph(source: string | Buffer): Promise<Photograph> {
  return { source, image: await decodeImage(source, { maxSide: WORKING_SIDE }) }
}

/** A face found in the reduced image, in the pixels of the photograph. */
export function inPhotograph({ image }: Photograph, face: Face): Face {
  const x = image.fullWidth / image.width
  const y = image.fullHeight / image.height
  const { left, top, width, height } = face.box
  return {
    ...face,
    box: {
      left: left * x,
      top: top * y,
      width: width * x,
      height: height * y,
    },
    landmarks: face.landmarks.map(([u, v]) => [u * x, v * y]),
  }
}

/**
 * Cuts a face out so that its key points lie on the template's. Where the reduced image has fewer pixels than the result wants
 * and the photograph has more, that part of it is read again.
 *
 * @param photograph  where the face is
 * @param face        as found in the reduced image
 * @param size        side of the result in pixels
 * @returns u8 [size, size, 3]
 */
export async function alignFace(photograph: Photograph, face: Face, size: number): Promise<Uint8Array> {
  const { image } = photograph
  const toImage = fitSimilarity(template(size), face.landmarks)
  if (image.fullWidth <= image.width || scaleOf(toImage) >= 1)
    return warp(image, toImage, size)
  const { landmarks } = inPhotograph(photograph, face)
  const region = boundsOf(fitSimilarity(template(size), landmarks), size)
  const closer = await decodeImage(photograph.source, { region, maxSide: 2 * size })
  const { left, top, width, height } = closer.part
  const inPart = landmarks.map(([x, y]): Point => [(x - left) * closer.width / width, (y - top) * closer.height / height])
  return warp(closer, fitSimilarity(template(size), inPart), size)
}

/** The photograph's upright rectangle around what the aligned face shows. */
function boundsOf(toPhotograph: Parameters<typeof carry>[0], size: number): Box {
  const corners = ([
    [0, 0],
    [size, 0],
    [0, size],
    [size, size],
  ] as const).map(corner => carry(toPhotograph, corner))
  const xs = corners.map(([x]) => x)
  const ys = corners.map(([, y]) => y)
  const left = Math.min(...xs)
  const top = Math.min(...ys)
  return {
    left,
    top,
    width: Math.max(...xs) - left,
    height: Math.max(...ys) - top,
  }
}
