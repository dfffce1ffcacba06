import type { PlannedRun } from '#main/runner/planned-run.ts'
import type { Workspace } from '#main/workspace/workspace.ts'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { nodeBinary, packageRoot } from '#main/node-binary.ts'
import { createInspector } from '#main/runner/inspector.ts'
import { createFaces } from '#shared/files/faces.ts'
import { prepare } from '#shared/stages/prepare.ts'

/** Faces drawn; they come in turn, for a decoder takes as long with each as with 100,000 others. */
const drawn = 200
const size = prepare.config.parse({}).size
const batch = 1000

/** The prepare run whose pack `writeFaces` writes. */
export function planPrepare({ paths }: Workspace, { key, name, fingerprint }: { key: string, name: string, fingerprint: string }): PlannedRun {
  const config = prepare.config.parse({ aligned: true })
  return {
    key,
    stage: 'prepare',
    version: prepare.version,
    config,
    inputs: { data: [{ name, fingerprint }], teachers: [], needs: [] },
    seed: 0,
    usesSeed: false,
    usesAllCores: true,
    needs: [],
    label: `prepare ${name}`,
    order: {
      key,
      stage: 'prepare',
      version: prepare.version,
      config,
      seed: 0,
      artefact: paths.facesPath(key),
      sources: [{ name, root: paths.root, dataset: paths.datasetPath(fingerprint), faces: null, embeddings: null, unlabelled: false }],
      teachers: [],
      combiner: null,
      student: null,
    },
  }
}

/** Seals a pack of so many faces of the size that prepare makes, a face for every sample. */
export async function writeFaces(file: string, count: number): Promise<void> {
  const images = await drawFaces()
  mkdirSync(join(file, '..'), { recursive: true })
  const pack = createFaces(file, { size, encoding: 'jpeg', aligned: true, count })
  for (let from = 0; from < count; from += batch) {
    pack.add(Array.from({ length: Math.min(batch, count - from) }, (_, i) => ({
      index: from + i,
      status: 'found',
      reason: null,
      image: images[(from + i) % images.length]!,
      box: null,
      landmarks: null,
      score: null,
      meshScore: null,
      faces: 1,
    })))
  }
  pack.seal()
}

async function drawFaces(): Promise<Buffer[]> {
  const folder = mkdtempSync(join(tmpdir(), 'facet-bench-faces-'))
  const inspector = createInspector({ node: nodeBinary(), entry: join(packageRoot, 'src/worker/inspect.ts') })
  try {
    await inspector.ask('synthesize', { path: folder, count: drawn, size, seed: 0, identities: drawn })
    const images = join(folder, 'images')
    return readdirSync(images).sort().map(name => readFileSync(join(images, name)))
  }
  finally {
    inspector.close()
    rmSync(folder, { recursive: true, force: true })
  }
}
