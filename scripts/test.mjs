// Runs all checks: ESLint, the types (twice) and the tests, each of the first three counted as one. Arguments after `--` go to
// vitest, and then only the tests run.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { runNode } from './setup/child.mjs'
import { readTestCounts, wordCounts } from './setup/counts.mjs'
import { ensureSetUp, root, runScript } from './setup/index.mjs'

/** Runs a package's program; true when it ends well. */
async function passes(title, node, script, args) {
  console.log(`\n${title}`)
  const { code } = await runNode(node, [
    join(root, 'node_modules', script),
    ...args,
  ], { cwd: root })
  console.log(`${title}: ${code === 0
    ? 'passed'
    : 'failed'}`)
  return code === 0
}

async function runTests(node, args) {
  const folder = mkdtempSync(join(tmpdir(), 'facet-test-'))
  const report = join(folder, 'report.json')
  try {
    const command = [
      join(root, 'node_modules/vitest/vitest.mjs'),
      'run',
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${report}`,
      ...args,
    ]
    const { code } = await runNode(node, command, { cwd: root })
    return readTestCounts(report, code)
  }
  finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

await runScript(async () => {
  const { paths } = await ensureSetUp()
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '2'
  const args = process.argv.slice(2)
  const checks = args.length > 0
    ? []
    : [
        await passes('ESLint', paths.node, 'eslint/bin/eslint.js', ['.']),
        await passes('Types', paths.node, 'vue-tsc/bin/vue-tsc.js', ['--noEmit']),
        await passes('Types of host and worker, without a page\'s', paths.node, 'typescript/bin/tsc', ['--noEmit', '-p', 'tsconfig.node.json']),
      ]
  const tests = await runTests(paths.node, args)
  const failedChecks = checks.filter(isPassed => !isPassed).length
  const counts = {
    passed: tests.passed + checks.length - failedChecks,
    failed: tests.failed + failedChecks,
    skipped: tests.skipped,
  }
  console.log(`\n${wordCounts(counts)}`)
  process.exitCode = counts.failed === 0
    ? 0
    : 1
})
