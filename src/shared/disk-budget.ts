/** Room that a study leaves on the workspace's disk, in bytes: for checkpoints, event files, the database and whatever else writes there. */
export const reserveBytes = 1e9

/** Bytes that a plan lacks on its disk; 0 where it fits, or where nothing is to do. */
export function missingRoom({ bytes, freeBytes }: { bytes: number, freeBytes: number }): number {
  return bytes === 0 ? 0 : Math.max(0, bytes + reserveBytes - freeBytes)
}
