import type { RecipeState } from '#shared/provenance.ts'
import { Buffer } from 'node:buffer'
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import process from 'node:process'

/** Longest patch that is kept, in bytes: more is no change of a recipe, but another project's. */
const longestPatch = 1 << 18
/** Untracked files that are named, and as many bytes of names as are counted. */
const namedFiles = 100
const longestListing = 1 << 24
/** A repository of millions of files on a slow disk must not hold a study up. */
const limitMs = 10_000

/** What Node says of a process that was ended for printing too much; what it printed until then is there. */
const tooLong = 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER'

interface Answer { code: number | string, text: string }

/**
 * A recipe's text and the state of its folder in git: commit, uncommitted changes, untracked files. A folder that git does not know,
 * or that takes it too long, has none: a study is never refused for it.
 *
 * The repository may be a stranger's, and git runs commands that a repository's own settings name (fsmonitor, filters, diff
 * drivers): all of them are switched off, and nothing is written, not even the index.
 */
export async function readRecipeState(recipe: string, text: string): Promise<RecipeState> {
  const sha256 = createHash('sha256').update(text).digest('hex')
  const folder = dirname(recipe)
  return { recipe, sha256, git: existsSync(folder) ? await readGit(folder) : null }
}

async function readGit(folder: string): Promise<RecipeState['git']> {
  const root = await git(folder, ['rev-parse', '--show-toplevel'])
  if (root.code !== 0)
    return null
  const quiet = await withoutFilters(folder)
  const head = await git(folder, ['rev-parse', '--verify', '--quiet', 'HEAD'])
  const commit = head.code === 0 ? head.text.trim() : null
  const diff = commit === null
    ? { code: 0, text: '' }
    : await git(folder, [...quiet, 'diff', '--no-ext-diff', '--no-textconv', '--ignore-submodules=all', '--no-color', '--binary', commit, '--', '.'])
  const isCut = diff.code === tooLong
  const others = await git(folder, ['ls-files', '--others', '--exclude-standard', '-z', '--', '.'], longestListing)
  if ((diff.code !== 0 && !isCut) || (others.code !== 0 && others.code !== tooLong))
    return null
  const untracked = others.text.split('\0').filter(name => name !== '')
  return {
    root: root.text.trim(),
    commit,
    patch: diff.text,
    patchBytes: isCut ? null : Buffer.byteLength(diff.text),
    untracked: untracked.slice(0, namedFiles),
    untrackedCount: untracked.length,
  }
}

/** Settings that make git pass files through no command of the repository's own: reading the names of its filters runs none of them. */
async function withoutFilters(folder: string): Promise<string[]> {
  const { text } = await git(folder, ['config', '--name-only', '--get-regexp', '^filter\\..*\\.(clean|smudge|process|required)$'])
  return text.split('\n').filter(name => name !== '').flatMap(name => ['-c', name.endsWith('.required') ? `${name}=false` : `${name}=`])
}

function git(folder: string, args: string[], maxBuffer = longestPatch): Promise<Answer> {
  // Where Facet itself was started by git (a hook, an alias), these name another repository.
  const { GIT_DIR: _dir, GIT_WORK_TREE: _tree, GIT_INDEX_FILE: _index, ...env } = process.env
  return new Promise((resolve) => {
    execFile('git', ['--no-pager', '-c', 'core.fsmonitor=false', '-c', 'core.untrackedCache=false', '-C', folder, ...args], {
      timeout: limitMs,
      maxBuffer,
      env: { ...env, GIT_OPTIONAL_LOCKS: '0', GIT_NO_LAZY_FETCH: '1', GIT_TERMINAL_PROMPT: '0', LC_ALL: 'C' },
    }, (error, stdout) => resolve({ code: error ? (error.code ?? 'killed') : 0, text: stdout }))
  })
}
