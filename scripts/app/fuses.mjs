import { flipFuses, FuseState, FuseV1Options, FuseVersion, getCurrentFuseWire } from '@electron/fuses'
import { SetupProblem } from '../setup/problem.mjs'

/**
 * What a packaged Electron may still do. Fuses that are not named stay as Electron has them.
 * @type {Readonly<Record<string, boolean>>}
 */
export const fuses = Object.freeze({
  RunAsNode: false, // else ELECTRON_RUN_AS_NODE makes any script run under Facet's name
  EnableNodeOptionsEnvironmentVariable: false,
  EnableNodeCliInspectArguments: false,
  OnlyLoadAppFromAsar: true, // else a folder resources/app goes before the archive
  EnableEmbeddedAsarIntegrityValidation: false, // Electron has it for macOS and Windows alone; the package is for Linux
  EnableCookieEncryption: true,
  LoadBrowserProcessSpecificV8Snapshot: false,
  GrantFileProtocolExtraPrivileges: false, // the page comes by a scheme of its own
})

/**
 * Sets all fuses of an Electron binary and reads them back.
 * @param {string} binary changed in place
 * @throws {SetupProblem} for a file that is no Electron, or one that does not take a fuse
 */
export async function setFuses(binary) {
  const asked = Object.entries(fuses).map(([name, isOn]) => [FuseV1Options[name], isOn])
  try {
    await flipFuses(binary, { version: FuseVersion.V1, ...Object.fromEntries(asked) })
  }
  catch (error) {
    throw new SetupProblem(`The fuses of ${binary} cannot be set: ${error.message}`, { hint: 'Name the folder of an unpacked Electron as it was downloaded: npm run package -- --electron DIR' })
  }
  const wire = await getCurrentFuseWire(binary)
  const wrong = asked.filter(([fuse, isOn]) => wire[fuse] !== (isOn ? FuseState.ENABLE : FuseState.DISABLE)).map(([fuse]) => FuseV1Options[fuse])
  if (wrong.length > 0)
    throw new SetupProblem(`This Electron did not take the fuses ${wrong.join(', ')}.`, { hint: 'Use the Electron that package.json names.' })
}
