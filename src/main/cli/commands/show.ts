import type { RunDetail } from '#shared/views.ts'
import type { RegisterCommand } from '../command.ts'
import { stringify } from 'yaml'
import { wordProblem } from '#shared/errors.ts'
import { environmentFacts, recipeFacts } from '#shared/provenance-words.ts'
import { parseRunKey } from '../run-key.ts'
import { facts, list } from '../terminal.ts'
import { shortKey, wordBytes, wordDuration, wordNumber, wordTime } from '../words.ts'

/** show KEY: everything about a run. */
export const show: RegisterCommand = (program, act) => program
  .command('show')
  .argument('<key>', 'its key, or the first 6 digits of it', parseRunKey)
  .description('configuration, figures, state and files of a run')
  .action(act(async ({ terminal, connect }, key: string) => {
    const detail = await (await connect()).call('runs.get', { key })
    terminal.result(detail, () => [
      wordRun(detail),
      ...wordFigures(detail, terminal),
      '',
      'configuration',
      indent(stringify(detail.config)),
      'inputs',
      indent(stringify(detail.inputs)),
      ...wordProvenance(detail),
      'states',
      ...detail.moves.map(({ from, to, atMs }) => `  ${wordTime(atMs)}  ${from} -> ${to}`),
    ].join('\n'))
  }))

/** What it was asked for and computed with; nothing where an older Facet ran it. */
function wordProvenance({ provenance: { environment, recipe } }: RunDetail): string[] {
  return [
    ...environment ? ['computed with', indent(facts(environmentFacts(environment)))] : [],
    ...recipe ? ['asked for by', indent(facts(recipeFacts(recipe)))] : [],
    ...recipe?.git?.patch ? ['uncommitted changes', indent(recipe.git.patch)] : [],
  ]
}

function indent(text: string): string {
  return text.trimEnd().replaceAll(/^/gm, '  ')
}

function wordRun(detail: RunDetail): string {
  const { progress } = detail
  return facts([
    ['run', detail.label],
    ['key', detail.key],
    ['stage', `${detail.stage}, version ${detail.version}`],
    [
      'seed',
      detail.usesSeed
        ? String(detail.seed)
        : 'none: it changes nothing here',
    ],
    ['state', detail.state],
    ['why', detail.reason && wordProblem(detail.reason).replaceAll('\n', ' ')],
    [
      'progress',
      progress && detail.state !== 'done'
        ? `${wordNumber(progress.done)} of ${wordNumber(progress.total)} ${progress.unit}, ${wordNumber(progress.perSecond)} a second${progress.etaSeconds === null
          ? ''
          : `, ${wordDuration(progress.etaSeconds)} to go`}`
        : null,
    ],
    [
      'time',
      detail.durationMs === null
        ? null
        : wordDuration(detail.durationMs / 1000),
    ],
    [
      'disk',
      detail.bytes === null
        ? null
        : wordBytes(detail.bytes),
    ],
    [
      'memory',
      detail.memoryBytes === null
        ? null
        : wordBytes(detail.memoryBytes),
    ],
    ['engine', detail.engine && `${detail.engine}, ${detail.threads} threads`],
    ['studies', detail.studies.join(', ') || 'none'],
    ['needs', detail.needs.map(shortKey).join(', ') || 'nothing'],
    ['artefact', detail.artefact],
    ['log', detail.log],
  ])
}

function wordFigures({ evaluations, result }: RunDetail, terminal: { width: number, isStyled: boolean }): string[] {
  const summary = Object.entries(result?.summary ?? {})
  return [
    ...(evaluations.length > 0
      ? [
          '',
          list(evaluations, [
            {
              title: 'scope',
              value: one => one.scope,
            },
            {
              title: 'metric',
              value: one => one.metric,
            },
            {
              title: 'value',
              value: one => wordNumber(one.value),
              isNumber: true,
            },
            {
              title: 'standard error',
              value: one => wordNumber(one.standardError),
              isNumber: true,
            },
            {
              title: '95 % interval',
              value: one => one.interval.map(wordNumber).join(' to '),
              isNumber: true,
            },
            {
              title: 'n',
              value: one => String(one.count),
              isNumber: true,
            },
          ], terminal),
        ]
      : []),
    ...(result?.reconstruction
      ? [
          '',
          'nRMSE on unseen faces',
          indent(facts(Object.entries(result.reconstruction).map(([name, value]) => [
            name,
            value.toFixed(3),
          ]))),
        ]
      : []),
    ...(summary.length > 0
      ? [
          '',
          'summary',
          indent(facts(summary.map(([name, value]) => [
            name,
            typeof value === 'number'
              ? wordNumber(value)
              : String(value),
          ]))),
        ]
      : []),
  ]
}
