import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { readRecipeState } from '#main/studies/recipe-state.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'facet-git-'))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

function git(...args: string[]): string {
  return execFileSync('git', ['-C', root, '-c', 'user.name=Somebody', '-c', 'user.email=some@body', ...args], { encoding: 'utf8' }).trim()
}
function put(name: string, text: string): string {
  const path = join(root, name)
  mkdirSync(join(path, '..'), { recursive: true })
  writeFileSync(path, text)
  return path
}

it('names the commit, the uncommitted changes of the recipe\'s folder and what git does not know', async () => {
  git('init', '--quiet')
  const recipe = put('studies/a.yaml', 'study: a\n')
  put('elsewhere/big.txt', 'one\n')
  git('add', '.')
  git('commit', '--quiet', '-m', 'first')
  put('studies/a.yaml', 'study: b\n')
  put('studies/new.yaml', 'study: c\n')
  put('elsewhere/big.txt', 'two\n')
  const { sha256, git: state } = await readRecipeState(recipe, 'study: b\n')
  expect(sha256).toBe(createHash('sha256').update('study: b\n').digest('hex'))
  expect(state).toMatchObject({ root: execFileSync('realpath', [root], { encoding: 'utf8' }).trim(), commit: git('rev-parse', 'HEAD'), untracked: ['new.yaml'], untrackedCount: 1 })
  expect(state!.patch).toContain('-study: a\n+study: b\n')
  expect(state!.patch).not.toContain('big.txt') // beside the recipe's folder, not in it
  expect(state!.patchBytes).toBe(state!.patch.length)
  // The patch is one that git takes: applied to the commit it gives the folder as it was.
  const path = put('../patch-of-test.diff', state!.patch)
  try {
    git('checkout', '--quiet', '--', '.')
    git('apply', path)
    expect(readFileSync(recipe, 'utf8')).toBe('study: b\n')
  }
  finally {
    rmSync(path)
  }
})

it('keeps the beginning of a very long patch and says that it is one', async () => {
  git('init', '--quiet')
  const recipe = put('a.yaml', 'study: a\n')
  git('add', '.')
  git('commit', '--quiet', '-m', 'first')
  put('a.yaml', 'a long line of a file that is no recipe\n'.repeat(20_000))
  const { git: state } = await readRecipeState(recipe, '')
  expect(state!.patchBytes).toBe(null)
  expect(state!.patch.length).toBe(1 << 18)
})

it('a folder outside a repository, one that is gone and a repository without a commit have what there is', async () => {
  const recipe = put('a.yaml', 'study: a\n')
  expect((await readRecipeState(recipe, '')).git).toBe(null)
  expect((await readRecipeState(join(root, 'gone', 'a.yaml'), '')).git).toBe(null)
  git('init', '--quiet')
  expect((await readRecipeState(recipe, '')).git).toMatchObject({ commit: null, patch: '', untracked: ['a.yaml'] })
})

it('runs no command that the repository\'s own settings name', async () => {
  git('init', '--quiet')
  const recipe = put('a.yaml', 'study: a\n')
  put('.gitattributes', '*.yaml filter=own diff=own\n')
  git('add', '.')
  git('commit', '--quiet', '-m', 'first')
  const mark = join(root, 'executed')
  const command = put('own.sh', `#!/bin/sh\necho "$0 $1" >> ${mark}\ncat\n`)
  chmodSync(command, 0o755)
  for (const name of ['core.fsmonitor', 'filter.own.clean', 'filter.own.smudge', 'diff.own.command', 'diff.own.textconv', 'diff.external', 'core.pager', 'core.hooksPath'])
    git('config', name, command)
  git('config', 'filter.own.required', 'true')
  put('a.yaml', 'study: b\n')
  const { git: state } = await readRecipeState(recipe, '')
  expect(state!.patch).toContain('+study: b')
  expect(existsSync(mark)).toBe(false)
  // The trap is one: git as it comes falls into it.
  execFileSync('git', ['-C', root, 'diff'], { encoding: 'utf8' })
  expect(existsSync(mark)).toBe(true)
})
