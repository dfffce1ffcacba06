import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { onnxModel, peersOf, setUpPeers, torchPython } from '#worker/bench/peers.ts'

let folder: string
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'facet-peers-')) })
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true, force: true })
})

/** Puts a program of this text in front of all others. */
function pretend(name: string, script: string): void {
  const bin = join(folder, 'bin')
  mkdirSync(bin, { recursive: true })
  writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`)
  chmodSync(join(bin, name), 0o755)
  vi.stubEnv('PATH', `${bin}:${process.env.PATH}`)
}

describe('peers', () => {
  it('lie in the cache that FACET_CACHE, else XDG_CACHE_HOME, else the home names', () => {
    expect(peersOf({ FACET_CACHE: '/a', XDG_CACHE_HOME: '/b', HOME: '/c' }).folder).toBe('/a/facet/peers')
    expect(peersOf({ XDG_CACHE_HOME: '/b', HOME: '/c' }).folder).toBe('/b/facet/peers')
    expect(peersOf({ HOME: '/c' }).folder).toBe('/c/.cache/facet/peers')
  })

  it('that are not set up say which command does it', () => {
    const peers = peersOf({ FACET_CACHE: folder })
    for (const find of [torchPython, onnxModel]) {
      expect(() => find(peers)).toThrow('not set up')
      expect(() => find(peers)).toThrow(expect.objectContaining({ hint: 'facet bench --peers does that.' }))
    }
  })

  it('leave nothing behind where the package manager fails, and say what it said', async () => {
    pretend('npm', 'echo "npm error code E404" >&2; exit 1')
    const peers = peersOf({ FACET_CACHE: folder })
    await expect(setUpPeers(peers, new Set(['onnx']), () => {})).rejects.toThrow('npm error code E404 - exit code 1')
    expect(readdirSync(peers.folder)).toEqual([])
  })

  it('that are there cost nothing to set up', async () => {
    pretend('npm', 'exit 1')
    pretend('python3', 'exit 1')
    const peers = peersOf({ FACET_CACHE: folder })
    mkdirSync(peers.torch, { recursive: true })
    mkdirSync(join(peers.node, 'node_modules'), { recursive: true })
    writeFileSync(peers.model, '')
    writeFileSync(join(peers.torch, 'python.txt'), '/usr/bin/python3\n')
    await setUpPeers(peers, new Set(['torch', 'onnx']), () => expect.unreachable())
    expect(torchPython(peers)).toBe('/usr/bin/python3')
    expect(onnxModel(peers)).toBe(peers.model)
  })
})
