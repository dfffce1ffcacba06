import type { Drawing } from './chart-parts.ts'
import { FacetError } from '#shared/errors.ts'

/** A drawn SVG as the bytes of a PNG, in base64; twice as fine as a screen, for print. */
export async function pngOf({ svg, width, height }: Drawing, scale = 2): Promise<string> {
  const image = new Image(width, height)
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`
  try {
    await image.decode()
  }
  catch (cause) {
    throw new FacetError('internal', 'internal: the chart could not be drawn as a picture.', { hint: 'Save it as SVG instead.', cause })
  }
  const canvas = Object.assign(document.createElement('canvas'), { width: width * scale, height: height * scale })
  canvas.getContext('2d')!.drawImage(image, 0, 0, canvas.width, canvas.height)
  return canvas.toDataURL('image/png').replace('data:image/png;base64,', '')
}
