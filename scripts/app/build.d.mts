/** The checkout. */
export const root: string
/** Stands for the sources of the app as they are now. */
export function fingerprint(root: string): string
export function ensureBuilt(options: { node: string, say?: (text: string) => void }): Promise<boolean>
