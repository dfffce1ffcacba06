import { appendFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { readEvents } from '#main/runner/follow.ts'

it('reads a long file piece by piece, each event once, whatever the size of a piece', () => {
  const folder = mkdtempSync(join(tmpdir(), 'facet-test-'))
  try {
    const path = join(folder, 'events.ndjson')
    const count = 5000
    const lines = Array.from({ length: count }, (_, seq) => JSON.stringify({ seq, time: 1, attempt: 1, type: 'log', level: 'info', text: 'x'.repeat(seq % 700) }))
    appendFileSync(path, `${lines.join('\n')}\n{"seq":${count},"ti`)
    for (const limit of [100, 4096, 1 << 20]) {
      const seqs: number[] = []
      for (let offset = 0; ;) {
        const chunk = readEvents(path, offset, limit)
        if (chunk.offset === offset)
          break
        offset = chunk.offset
        expect(chunk.unreadable).toBe(0)
        seqs.push(...chunk.events.map(({ seq }) => seq))
      }
      expect(seqs).toEqual(Array.from({ length: count }, (_, seq) => seq))
    }
  }
  finally {
    rmSync(folder, { recursive: true })
  }
})
