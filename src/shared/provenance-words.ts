import type { Environment, RecipeState } from './provenance.ts'

/** The facts of an environment in words, each with its title: what terminal and app show, and what a reproduction compares. */
export function environmentFacts({ facet, node, engine, tfjs, sharp, libvips, system, processor, memoryBytes, gpu, threads, oneDnn, isDeterministic }: Environment): [title: string, value: string][] {
  return [
    ['Facet', facet],
    ['Node', node],
    ['TensorFlow', engine],
    ['tfjs', tfjs ?? 'unknown'],
    ['sharp', `${sharp ?? 'unknown'}, libvips ${libvips ?? 'unknown'}`],
    ['system', system],
    ['processor', `${processor.name}, ${processor.cores} ${processor.cores === 1 ? 'core' : 'cores'}`],
    ['vector instructions', processor.features.join(' ') || 'unknown'],
    ['main memory', `${(memoryBytes / 1e9).toFixed(1)} GB`],
    ['GPU', gpu ? `${gpu.name}, ${(gpu.memoryBytes / 1e9).toFixed(1)} GB, driver ${gpu.driver}` : 'none used'],
    ['threads', String(threads)],
    ['oneDNN', oneDnn ? 'on' : 'off'],
    ['kernels', isDeterministic ? 'deterministic' : 'as TensorFlow chooses'],
  ]
}

/** The state of a recipe's folder in words. */
export function recipeFacts({ recipe, sha256, git }: RecipeState): [title: string, value: string][] {
  return [
    ['recipe', recipe],
    ['its SHA-256', sha256.slice(0, 16)],
    ['commit', git ? git.commit ?? 'none yet' : 'not under git'],
    ...git
      ? [['changed since', wordChanges(git)] as [string, string]]
      : [],
  ]
}

function wordChanges({ patch, patchBytes, untracked, untrackedCount }: NonNullable<RecipeState['git']>): string {
  const changed = [...patch.matchAll(/^diff --git a\/.* b\/(.*)$/gm)].map(([, name]) => name!)
  const parts = [
    ...changed.length > 0 ? [`${listed(changed, changed.length)}${patchBytes === null ? ' and more (only the beginning of the patch is kept)' : ''}`] : [],
    ...untrackedCount > 0 ? [`unknown to git: ${listed(untracked, untrackedCount)}`] : [],
  ]
  return parts.join('; ') || 'nothing'
}

function listed(names: readonly string[], count: number): string {
  const first = names.slice(0, 3)
  return `${first.join(', ')}${count > first.length ? ` and ${count - first.length} more` : ''}`
}
