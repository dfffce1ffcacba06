/** Packages a built checkout for Linux x64. */
export function packageFacet(options: { root: string, electron: string, out: string, placeModules?: (root: string, program: string) => void }): Promise<void>
/** Copies the packages that the lock file does not mark as needed for development alone. */
export function copyModules(root: string, program: string): void
