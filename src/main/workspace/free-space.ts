import { statfsSync } from 'node:fs'

/** Bytes that may still be written to the disk of a folder, by whoever is no administrator. */
export function freeBytesAt(folder: string): number {
  const { bavail, bsize } = statfsSync(folder)
  return bavail * bsize
}
