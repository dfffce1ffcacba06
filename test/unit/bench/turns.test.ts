import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { afterAll, describe, expect, it } from 'vitest'
import { startContestant } from '#worker/bench/turns.ts'

const folder = mkdtempSync(join(tmpdir(), 'facet-turns-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const bench = join(import.meta.dirname, '../../../src/worker/bench')

/** Starts a Node contender written as text. */
async function startNode(name: string, code: string, work: object = {}) {
  const module = join(folder, `${name}.mjs`)
  writeFileSync(module, code)
  return await startContestant([process.execPath, join(bench, 'child.ts'), module, JSON.stringify(work)], process.env)
}

async function startPython(code: string, work: object = {}) {
  const script = join(folder, 'contender.py')
  writeFileSync(script, code)
  return await startContestant(['python3', script, JSON.stringify(work)], { ...process.env, PYTHONPATH: join(bench, '../../../scripts/bench') })
}

describe('a contender in a process of its own', () => {
  it('does its work as often as asked, between whatever its libraries print', async () => {
    const contestant = await startNode('works', `
      export const start = ({ ms }) => ({ version: 'nine', run: async () => {
        console.log('a library is chatty')
        await new Promise(resolve => setTimeout(resolve, ms))
        return { waiting: 7 }
      } })`, { ms: 20 })
    const turn = await contestant.turn(3)
    contestant.end()
    expect(contestant.version).toBe('nine')
    expect(turn.ms).toHaveLength(3)
    expect(Math.min(...turn.ms)).toBeGreaterThanOrEqual(19)
    expect(turn.parts).toEqual({ waiting: [7, 7, 7] })
    expect(turn.memoryBytes).toBeGreaterThan(20e6)
  })

  it('is the same in Python', async () => {
    const contestant = await startPython(`
import time
from turns import take_turns, work
take_turns(lambda: time.sleep(work()['ms'] / 1000), 'ten')
`, { ms: 20 })
    const { ms, memoryBytes } = await contestant.turn(2)
    contestant.end()
    expect(contestant.version).toBe('ten')
    expect(ms).toHaveLength(2)
    expect(Math.min(...ms)).toBeGreaterThanOrEqual(19)
    expect(memoryBytes).toBeGreaterThan(1e6)
  })

  it('says why it does not start', async () => {
    await expect(startPython('raise SystemExit("no torch here")')).rejects.toThrow('no torch here (exit code 1)')
    await expect(startContestant(['no-such-program'], process.env)).rejects.toThrow('ENOENT')
  })

  it('says so when it dies at work', async () => {
    const contestant = await startNode('dies', `export const start = () => ({ version: '1', run: () => { process.kill(process.pid, 'SIGKILL') } })`)
    await expect(contestant.turn(1)).rejects.toThrow('SIGKILL')
  })

  it('ends when it has no more turns', async () => {
    const contestant = await startNode('ends', `
      import { writeFileSync } from 'node:fs'
      process.on('exit', () => writeFileSync(${JSON.stringify(join(folder, 'ended'))}, ''))
      export const start = () => ({ version: '1', run: () => {} })`)
    contestant.end()
    await expect.poll(() => {
      try {
        return rmSync(join(folder, 'ended')) === undefined
      }
      catch {
        return false
      }
    }, { timeout: 3000 }).toBe(true)
  })
})
