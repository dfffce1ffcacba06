import { expect, it } from 'vitest'
import { checkGpus } from '#main/doctor/engine.ts'
import { readGpus, visibleGpus } from '#main/doctor/gpus.ts'

/** What nvidia-smi prints for two cards of one machine, the second of which tells no temperature. */
const printed = `GPU-1f0e9a52-0001, NVIDIA H100 80GB HBM3, 570.86.15, 81559, 1024, 37, 41
GPU-77aa0c3d-0002, Tesla T4, 570.86.15, 15360, 0, 0, [N/A]
`
const tool = (code: number, stdout: string) => async () => ({ code, stdout, stderr: '' })

it('tells each GPU with its memory, and none where the tool fails', async () => {
  expect(await readGpus(tool(0, printed))).toEqual([
    { id: 'GPU-1f0e9a52-0001', name: 'NVIDIA H100 80GB HBM3', driver: '570.86.15', memoryBytes: 85_520_809_984, usedBytes: 1_073_741_824, load: 0.37, celsius: 41 },
    { id: 'GPU-77aa0c3d-0002', name: 'Tesla T4', driver: '570.86.15', memoryBytes: 16_106_127_360, usedBytes: 0, load: 0, celsius: null },
  ])
  expect(await readGpus(tool(127, ''))).toEqual([])
  expect(await readGpus(tool(0, '\n'))).toEqual([])
})

it.each([
  [undefined, ['GPU-1f0e9a52-0001', 'GPU-77aa0c3d-0002']],
  ['1', ['GPU-77aa0c3d-0002']],
  ['1,0', ['GPU-77aa0c3d-0002', 'GPU-1f0e9a52-0001']],
  ['GPU-77', ['GPU-77aa0c3d-0002']],
  ['', []],
  ['-1', []],
  ['0,7,1', ['GPU-1f0e9a52-0001']],
  ['0,0', ['GPU-1f0e9a52-0001']],
])('cUDA_VISIBLE_DEVICES=%s leaves what CUDA would', async (visible, ids) => {
  expect(visibleGpus(await readGpus(tool(0, printed)), visible).map(({ id }) => id)).toEqual(ids)
})

it('doctor tells every GPU with its memory, and what to do where the engine uses none of them', async () => {
  const gpus = await readGpus(tool(0, printed))
  expect(checkGpus(gpus, true)).toEqual({ name: 'gpu', title: 'GPU', verdict: 'ok', value: 'NVIDIA H100 80GB HBM3, 84.4 GB of 85.5 GB free, driver 570.86.15; Tesla T4, 16.1 GB of 16.1 GB free, driver 570.86.15; one run each' })
  expect(checkGpus(gpus, false)).toMatchObject({ verdict: 'warning', value: expect.stringMatching(/the engine does not use them$/), hint: expect.stringContaining('FACET_ENGINE=gpu') })
  expect(checkGpus([], false)).toMatchObject({ verdict: 'absent' })
})
