import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { writeModel } from '#worker/models/folder.ts'

it('a model is sealed without what a killed attempt half wrote', () => {
  const folder = mkdtempSync(join(tmpdir(), 'facet-model-'))
  try {
    const model = join(folder, 'model.partial')
    mkdirSync(model)
    writeFileSync(join(model, 'tensors.safetensors.4711.tmp'), 'half')
    writeModel(model, { manifest: {}, tensors: {} })
    expect(readdirSync(model).sort()).toEqual(['manifest.json', 'tensors.safetensors'])
  }
  finally {
    rmSync(folder, { recursive: true })
  }
})
