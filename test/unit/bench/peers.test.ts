import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { onnxModel, peersOf, pythonOf, setUpPeers } from '#worker/bench/peers.ts'

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
    for (const find of [() => pythonOf(peers, 'torch'), () => pythonOf(peers, 'onnxruntime'), () => onnxModel(peers)]) {
      expect(find).toThrow('not set up')
      expect(find).toThrow(expect.objectContaining({ hint: 'facet bench --peers does that.' }))
    }
  })

  it('leave nothing behind where the package manager fails, and say what it said', async () => {
    pretend('python3', 'case "$*" in *pip*) echo "ERROR: no such version" >&2; exit 1;; *) echo python3;; esac')
    const peers = peersOf({ FACET_CACHE: folder })
    await expect(setUpPeers(peers, new Set(['onnxruntime']), () => {})).rejects.toThrow('ERROR: no such version - exit code 1')
    expect(readdirSync(peers.folder)).toEqual([])
  })

  it('that are there cost nothing to set up', async () => {
    pretend('python3', 'exit 1')
    const peers = peersOf({ FACET_CACHE: folder })
    for (const name of ['torch', 'onnxruntime'] as const) {
      mkdirSync(peers[name], { recursive: true })
      writeFileSync(join(peers[name], 'python.txt'), '/usr/bin/python3\n')
    }
    writeFileSync(peers.model, '')
    await setUpPeers(peers, new Set(['torch', 'onnx', 'onnxruntime']), () => expect.unreachable())
    expect(pythonOf(peers, 'onnxruntime')).toEqual({ python: '/usr/bin/python3', path: peers.onnxruntime })
    expect(onnxModel(peers)).toBe(peers.model)
  })
})
