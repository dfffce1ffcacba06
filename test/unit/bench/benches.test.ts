import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { benchNames } from '#shared/bench.ts'
import { benches } from '#worker/bench/benches.ts'
import * as pack from '#worker/bench/contenders/store-facet.ts'
import * as sqlite from '#worker/bench/contenders/store-sqlite.ts'
import { rowsOf } from '#worker/bench/rows.ts'
import { dataRoot, hasData } from '../../data.ts'

const root = join(import.meta.dirname, '../../..')
const folder = mkdtempSync(join(tmpdir(), 'facet-benches-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const setting = { photographs: hasData ? dataRoot : null }

describe('benches', () => {
  it.each(benchNames)('%s says what is compared, ours first, and all contenders are there', (name) => {
    expect(benches[name].name).toBe(name)
    for (const { contenders } of benches[name].cases(setting)) {
      expect(contenders[0].name).toMatch(/^facet/)
      expect(new Set(contenders.map(each => each.name)).size).toBe(contenders.length)
      for (const contender of contenders) {
        if (contender.kind === 'node')
          expect(existsSync(join(root, 'src/worker/bench/contenders', `${contender.module}.ts`))).toBe(true)
        if (contender.kind === 'python')
          expect(existsSync(join(root, 'scripts/bench', `${contender.script}.py`))).toBe(true)
      }
    }
  })

  it('prepare works on photographs only where there are some', () => {
    expect(benches.prepare.cases({ photographs: null })).toHaveLength(1)
    expect(benches.prepare.cases({ photographs: '/nowhere' })).toHaveLength(1)
  })

  it.skipIf(!hasData)('prepare works on real photographs too where there are some', () => {
    expect(benches.prepare.cases(setting).map(each => each.title)).toContainEqual(expect.stringContaining('UTKFace'))
  })

  it('both stores give back the numbers that were written, teachers side by side', () => {
    const rows = rowsOf({ faces: 48, teachers: 'a:3 b:5' })
    const packed = join(folder, 'pack.sqlite')
    const plain = join(folder, 'rows.sqlite')
    pack.write(packed, rows)
    sqlite.write(plain, rows)
    // face 17 is the second of its batch of 16: units 3-5 of a, 5-9 of b
    const expected = [...rows.values.a!.subarray(3, 6), ...rows.values.b!.subarray(5, 10)]
    for (const values of [pack.readAll(packed), sqlite.readAll(plain, rows)]) {
      expect(values).toHaveLength(48 * 8)
      expect([...values.subarray(17 * 8, 18 * 8)]).toEqual(expected)
    }
  })
})
