import type { DoctorCheck } from './check.ts'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { z } from 'zod'
import { checkout } from './setup-state.ts'
import { readVersion } from './tool.ts'

const Package = z.object({
  version: z.string(),
})

/** Versions of Facet, Node and of the tools that set-up uses: npm, Python with pip, a C++ compiler. */
export async function checkVersions(): Promise<DoctorCheck[]> {
  const facet = Package.parse(JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8'))).version
  const [npm, python, pip, compiler] = await Promise.all([
    readVersion('npm'),
    readVersion('python3'),
    readPipVersion(),
    readCompiler(),
  ])
  return [
    {
      name: 'facet',
      title: 'Facet',
      verdict: 'ok',
      value: facet,
    },
    checkNode(),
    npm
      ? {
          name: 'npm',
          title: 'npm',
          verdict: 'ok',
          value: npm,
        }
      : {
          name: 'npm',
          title: 'npm',
          verdict: 'warning',
          value: 'not on the PATH',
          hint: 'Needed to install packages again: sudo apt install npm',
        },
    checkPython(python, pip),
    compiler
      ? {
          name: 'compiler',
          title: 'C++ compiler',
          verdict: 'ok',
          value: compiler,
        }
      : {
          name: 'compiler',
          title: 'C++ compiler',
          verdict: 'absent',
          value: 'none; set-up would fetch ziglang with pip',
          hint: 'Faster: sudo apt install g++',
        },
  ]
}

function checkNode(): DoctorCheck {
  const { node } = process.versions
  const isPinned = Number.parseInt(node) === 24
  return {
    name: 'node',
    title: 'Node',
    verdict: isPinned
      ? 'ok'
      : 'warning',
    value: `${node} (${process.execPath})`,
    hint: isPinned
      ? undefined
      : 'Facet is made for Node 24: start it by npm run facet, which brings it.',
  }
}

function checkPython(python: string | null, pip: string | null): DoctorCheck {
  const part = { name: 'python', title: 'Python and pip' }
  if (!python) {
    return {
      ...part,
      verdict: 'warning',
      value: 'Python 3 is not on the PATH',
      hint: 'Needed to install the engine again: sudo apt install python3 python3-pip',
    }
  }
  if (!pip) {
    return {
      ...part,
      verdict: 'warning',
      value: `Python ${python} without pip`,
      hint: 'Needed to install the engine again: sudo apt install python3-pip',
    }
  }
  return { ...part, verdict: 'ok', value: `Python ${python}, pip ${pip}` }
}

async function readPipVersion(): Promise<string | null> {
  return await readVersion('python3', ['-m', 'pip', '--version']) ?? await readVersion('pip3')
}

async function readCompiler(): Promise<string | null> {
  for (const name of ['g++', 'clang++', 'c++']) {
    const version = await readVersion(name)
    if (version)
      return `${name} ${version}`
  }
  return null
}
