import type { SetupProject } from './setup-project.ts'
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createSetupProject } from './setup-project.ts'

let project: SetupProject
beforeEach(async () => {
  project = createSetupProject()
  expect(await project.run('setup.mjs')).toMatchObject({ code: 0 })
})
afterEach(() => project.dispose())

function write(path: string, text: string): void {
  const file = join(project.root, path)
  mkdirSync(join(file, '..'), { recursive: true })
  writeFileSync(file, text)
}

describe('facet', () => {
  it('passes arguments and exit code on, and prints nothing of its own', async () => {
    write('src/main/cli.ts', 'console.log(JSON.stringify([process.argv.slice(2), process.env.TF_CPP_MIN_LOG_LEVEL] satisfies unknown)); process.exitCode = 2')
    const ended = await project.run('facet.mjs', ['table', 'target', '--json'])
    expect(ended).toEqual({ code: 2, stdout: '[["table","target","--json"],"2"]\n', stderr: '' })
  })

  it('passes signals on', async () => {
    write('src/main/cli.ts', `
      import { writeFileSync } from 'node:fs'
      process.on('SIGTERM', () => process.exit(7))
      setInterval(() => {}, 1000)
      writeFileSync('started', '')
    `)
    const facet = project.start('facet.mjs')
    while (!existsSync(join(project.root, 'started')))
      await sleep(20)
    facet.kill('SIGTERM')
    expect((await facet.ended).code).toBe(7)
  })
})

describe('facet doctor', () => {
  it('starts where the engine is broken, which stops every other command', async () => {
    write('src/main/cli.ts', 'console.log("started")')
    rmSync(join(project.cache, 'engine'), { recursive: true })
    expect(await project.run('facet.mjs', ['--workspace', 'w', 'doctor'], { PIP_OFFLINE: '1' })).toMatchObject({ code: 0, stdout: 'started\n' })
    expect(await project.run('facet.mjs', ['plan', 'doctor'], { PIP_OFFLINE: '1' })).toMatchObject({ code: 1, stdout: '' })
  })
})

describe('npm run demo', () => {
  it('runs the demo recipe in a workspace of its own or the one named, and tells how to open it', async () => {
    write('src/main/cli.ts', 'console.log(process.argv.slice(2).join(" "))')
    const own = await project.run('demo.mjs')
    expect(own.stdout).toBe(`run ${project.root}/resources/recipes/demo.yaml --workspace ${project.root}/demo-workspace\n`)
    expect(own.stderr).toMatch(/^Done in \d+\.\d s\./m)
    expect(own.stderr).toMatch(/npm run facet -- runs --workspace demo-workspace$/m)
    const named = await project.run('demo.mjs', [
      '--seeds',
      '0,1',
      '--workspace',
      '/tmp/w',
      '--set',
      'a=b',
    ])
    expect(named.stdout).toMatch(/--workspace \/tmp\/w --seeds 0,1 --set a=b\n$/)
  })

  it('ends as the study ended', async () => {
    write('src/main/cli.ts', 'process.exitCode = 1')
    const { code, stderr } = await project.run('demo.mjs')
    expect([code, stderr]).toEqual([1, ''])
  })
})

describe('npm test', () => {
  const report = (fields: object): string => `
    const path = process.argv.find(text => text.startsWith('--outputFile.json=')).split('=')[1]
    require('node:fs').writeFileSync(path, JSON.stringify(${JSON.stringify({
      numPassedTests: 5,
      numFailedTests: 0,
      numPendingTests: 0,
      numTodoTests: 0,
      testResults: [],
      ...fields,
    })}))
  `
  const lastLine = (text: string): string => text.trimEnd().split('\n').at(-1)!

  beforeEach(() => {
    write('node_modules/eslint/bin/eslint.js', '')
    write('node_modules/vue-tsc/bin/vue-tsc.js', '')
    write('node_modules/typescript/bin/tsc', '')
    write('node_modules/vitest/package.json', '{ "type": "commonjs" }')
    write('node_modules/vitest/vitest.mjs', '')
  })

  /** vitest's program is an ES module; the fake gets its require. */
  const vitest = (body: string): string => `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url); ${body}`

  it('ends with the counts, lint and types as one check each', async () => {
    write('node_modules/vitest/vitest.mjs', vitest(report({ numPendingTests: 3 })))
    const { code, stdout } = await project.run('test.mjs')
    expect([
      code,
      lastLine(stdout),
    ]).toEqual([0, '8 passed, 0 failed, 3 skipped'])
  })

  it.each(['eslint/bin/eslint.js', 'vue-tsc/bin/vue-tsc.js', 'typescript/bin/tsc'])('fails with %s alone', async (script) => {
    write(join('node_modules', script), 'process.exitCode = 1')
    write('node_modules/vitest/vitest.mjs', vitest(report({})))
    const { code, stdout } = await project.run('test.mjs')
    expect([
      code,
      lastLine(stdout),
    ]).toEqual([1, '7 passed, 1 failed'])
  })

  it('fails with lint, types, a failed test, a file that does not load, or a run that dies', async () => {
    write('node_modules/eslint/bin/eslint.js', 'process.exitCode = 1')
    write('node_modules/vue-tsc/bin/vue-tsc.js', 'process.exitCode = 2')
    write('node_modules/vitest/vitest.mjs', vitest(report({
      numFailedTests: 1,
      testResults: [
        { status: 'failed', assertionResults: [] },
        {
          status: 'failed',
          assertionResults: [
            { status: 'failed' },
          ],
        },
      ],
    })))
    const failing = await project.run('test.mjs')
    expect([
      failing.code,
      lastLine(failing.stdout),
    ]).toEqual([1, '6 passed, 4 failed'])
    write('node_modules/vitest/vitest.mjs', 'process.exit(1)')
    const dead = await project.run('test.mjs', ['test/unit'])
    expect([
      dead.code,
      lastLine(dead.stdout),
    ]).toEqual([1, '0 passed, 1 failed'])
  })
})
