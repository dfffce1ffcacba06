import type { Environment, RecipeState } from '#shared/provenance.ts'
import { expect, it } from 'vitest'
import RunProvenance from '#renderer/views/run/RunProvenance.vue'
import { fakeClient } from '../fake-client.ts'
import { showScreen } from '../screen.ts'

const environment: Environment = {
  facet: '0.1.0',
  node: '24.1.0',
  engine: '2.21.0-gpu',
  tfjs: '4.22.0',
  sharp: '0.35.5',
  libvips: '8.18.7',
  system: 'linux x64, kernel 6.1',
  processor: { name: 'A CPU', cores: 8, features: ['avx2', 'fma'] },
  memoryBytes: 32e9,
  gpu: { id: 'GPU-a', name: 'Tesla T4', memoryBytes: 16e9, driver: '570.1' },
  threads: 4,
  oneDnn: true,
  isDeterministic: true,
}
const recipe: RecipeState = {
  recipe: '/home/somebody/study.yaml',
  sha256: 'ab'.repeat(32),
  git: { root: '/home/somebody', commit: 'c0ffee', patch: 'diff --git a/study.yaml b/study.yaml\n+seeds: [1]\n', patchBytes: 48, untracked: ['notes.txt'], untrackedCount: 7 },
}
const show = (provenance: object) => showScreen(RunProvenance, { client: fakeClient({ 'studies.list': () => [] }), at: '/runs/a', props: { run: { label: 'distil ae', provenance } } })

it('tells on request what a run was computed with and asked for by, with its uncommitted changes', async () => {
  const { view } = await show({ environment, recipe })
  await view.get('button').trigger('click')
  const dialogue = document.querySelector('[role=dialog]')!
  for (const text of ['2.21.0-gpu', 'Tesla T4, 16.0 GB, driver 570.1', 'A CPU, 8 cores', 'deterministic', 'c0ffee', 'study.yaml; unknown to git: notes.txt and 6 more', '+seeds: [1]'])
    expect(dialogue.textContent).toContain(text)
  view.unmount()
})

it('offers nothing for a run of an older Facet, which stored nothing', async () => {
  const { view } = await show({ environment: null, recipe: null })
  expect(view.find('button').exists()).toBe(false)
  view.unmount()
})
