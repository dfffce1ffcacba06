import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { build } from 'vite'
import { fingerprint, root } from '../../scripts/app/build.mjs'
import { pageConfig } from '../../scripts/app/page-config.ts'

/** Builds the page for a test into a folder of its own, named after its sources, so that several may do so at once. */
export async function buildPage(): Promise<string> {
  const folder = join(tmpdir(), 'facet-pages', fingerprint(root).slice(0, 16))
  if (existsSync(folder))
    return folder
  const mode = process.env.NODE_ENV
  process.env.NODE_ENV = 'production' // tests look at what people get, not at Vue's development build
  const building = `${folder}.${process.pid}`
  mkdirSync(building, { recursive: true })
  try {
    const config = pageConfig(root)
    await build({ ...config, configFile: false, logLevel: 'warn', build: { ...config.build, outDir: building, emptyOutDir: false } })
    if (!existsSync(folder))
      renameSync(building, folder)
    return folder
  }
  finally {
    if (mode === undefined)
      delete process.env.NODE_ENV
    else
      process.env.NODE_ENV = mode
    rmSync(building, { recursive: true, force: true })
  }
}
