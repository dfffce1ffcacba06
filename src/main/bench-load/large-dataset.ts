import type { BenchFigure } from '#main/bench-figure.ts'
import { createInterface } from 'node:readline'
import { z } from 'zod'
import { figure } from '#main/bench-figure.ts'
import { startLoadProcess } from './processes.ts'

const Added = z.strictObject({ samples: z.number(), read: z.number(), seconds: z.number(), scannedMb: z.number(), peakMb: z.number() })

/** A data set of so many images (the paper's D_unsup has 4.12 million) is listed, hashed and sealed: how fast, and in how much memory. */
export async function measureLargeDataset(folder: string, images: number): Promise<BenchFigure[]> {
  const adding = startLoadProcess('dataset.ts', [folder, String(images)])
  try {
    let added: z.infer<typeof Added> | undefined
    for await (const text of createInterface({ input: adding.child.stdout }))
      added = Added.parse(JSON.parse(text))
    await adding.ended
    if (!added)
      throw new Error('internal: dataset.ts ended without a word')
    return [
      figure(`data set of ${images.toLocaleString('en')} images listed, hashed and sealed`, added.seconds, 's'),
      figure('memory at its highest until all were listed', added.scannedMb, 'MB', { most: 1536 }),
      figure('memory at its highest', added.peakMb, 'MB', { most: 1536 }),
      figure('images lost', images - added.read, '', { most: 0 }),
    ]
  }
  finally {
    adding.kill()
  }
}
