import type { BenchReport, BenchResult } from '#shared/bench.ts'
import { describe, expect, it } from 'vitest'
import { renderBench } from '#main/cli/commands/bench.ts'

const terminal = { width: 200, isStyled: false }

function result(values: Partial<BenchResult>): BenchResult {
  return {
    name: 'facet',
    isOwn: true,
    version: 'TensorFlow 2.21.0',
    rounds: [100],
    medianMs: 100,
    minMs: 90,
    memoryBytes: 5e8,
    ratio: null,
    target: null,
    isReached: null,
    missing: null,
    ...values,
  }
}

function report(values: Partial<BenchReport['cases'][number]>, load = 0): BenchReport {
  return {
    cpu: 'A processor',
    cores: 2,
    threads: 2,
    load,
    cases: [
      { bench: 'student', title: 'student step', piece: 'step', megabytes: null, compare: 'speed', results: [], ...values },
    ],
  }
}

describe('facet bench prints', () => {
  it('median, minimum, ratio, target and memory of each contender', () => {
    const text = renderBench(report({
      results: [
        result({}),
        result({ name: 'peer', isOwn: false, medianMs: 123.456, minMs: 120, ratio: { median: 1.25, low: 1.2, high: 1.3 }, target: 1.2, isReached: true, version: 'PyTorch 2' }),
        result({ name: 'other', isOwn: false, ratio: { median: 1, low: 0.9, high: 1.1 }, target: 1.5, isReached: false }),
      ],
    }), terminal)
    expect(text).toContain('A processor, 2 cores, 2 threads each')
    expect(text).toMatch(/peer +123 +120 +1\.25x as fast \(1\.20-1\.30\) +>= 1\.20 +500 MB +PyTorch 2/)
    expect(text).toContain('>= 1.50 missed')
    expect(text).not.toContain('Other programs')
  })

  it('overhead as a share of time, and stores in MB/s', () => {
    expect(renderBench(report({
      compare: 'overhead',
      results: [result({ ratio: { median: 1.02, low: 1.01, high: 1.03 }, target: 1.08, isReached: true })],
    }), terminal)).toMatch(/1\.02x as long \(1\.01-1\.03\) +<= 1\.08/)
    expect(renderBench(report({
      megabytes: 75,
      results: [result({ medianMs: 500, minMs: 250 })],
    }), terminal)).toMatch(/facet +150 +300 /)
  })

  it('why a peer is missing, and that others were at work', () => {
    const text = renderBench(report({
      results: [result({ name: 'peer', medianMs: null, minMs: null, memoryBytes: null, version: null, missing: 'PyTorch is not set up.' })],
    }, 3.2), terminal)
    expect(text).toMatch(/peer +- +- +- +PyTorch is not set up\./)
    expect(text).toContain('Other programs were at work (load 3.2)')
  })
})
