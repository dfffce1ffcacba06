import type { Command } from 'commander'
import type { Result } from '#shared/contract.ts'
import type { Act, RegisterCommand } from '../command.ts'
import { resolve } from 'node:path'
import { z } from 'zod'
import { formats } from '#main/datasets/formats.ts'
import { FacetError } from '#shared/errors.ts'
import { createProgress } from '../progress.ts'
import { facts, list } from '../terminal.ts'
import { wordBytes, wordCount, wordMany, wordTime } from '../words.ts'

const Summary = z.object({
  title: z.string(),
  why: z.string(),
  samples: z.number(),
  rejected: z.number(),
  splits: z.record(z.string(), z.number()),
  subjects: z.number(),
  unseen: z.number(),
  pairs: z.number(),
  labels: z.record(z.string(), z.record(z.string(), z.number())),
  bytes: z.number(),
  licence: z.string(),
  notes: z.array(z.string()),
})

/** Classes that are told one by one: Tiny ImageNet has 200. */
const mostClassesTold = 250

type DatasetView = Result<'datasets.add'>

/** dataset add, list, show, remove. */
export const dataset: RegisterCommand = (program, act) => {
  const group = program.command('dataset').description('add, list and show data sets')
  add(group, act)
  group.command('list').description('data sets of the workspace').action(act(async ({ terminal, connect }) => {
    const datasets = await (await connect()).call('datasets.list')
    terminal.result(datasets, () => datasets.length === 0
      ? 'No data set yet; facet dataset add PATH adds one.'
      : list(datasets, [
          {
            title: 'name',
            value: one => one.name,
          },
          {
            title: 'format',
            value: one => one.format,
          },
          {
            title: 'samples',
            value: one => wordCount(Summary.parse(one.summary).samples),
            isNumber: true,
          },
          {
            title: 'rejected',
            value: one => wordCount(Summary.parse(one.summary).rejected),
            isNumber: true,
          },
          {
            title: 'size',
            value: one => wordBytes(Summary.parse(one.summary).bytes),
            isNumber: true,
          },
          {
            title: 'added',
            value: one => wordTime(one.addedAtMs),
          },
          {
            title: 'folder',
            value: one => one.root,
            isElastic: true,
          },
        ], terminal))
  }))
  group.command('show <name>').description('labels, splits, terms and every rejected file of a data set').action(act(async ({ terminal, connect }, name: string) => {
    const shown = await (await connect()).call('datasets.get', { name })
    terminal.result(shown, () => [
      wordDataset(shown),
      '',
      `Tasks: ${Object.entries(shown.tasks).map(([task, { kind, protocol }]) => `${task} (${kind}, ${protocol})`).join(', ')}`,
      ...(shown.rejected.length > 0
        ? [
            '',
            'Rejected:',
            list(shown.rejected, [
              {
                title: 'file',
                value: one => one.path,
              },
              {
                title: 'reason',
                value: one => one.reason,
                isElastic: true,
              },
            ], terminal),
          ]
        : []),
    ].join('\n'))
  }))
  group.command('remove <name>').description('forget a data set; its photographs stay where they are').action(act(async ({ terminal, connect }, name: string) => {
    await (await connect()).call('datasets.remove', { name })
    terminal.result({ removed: name }, () => `Data set ${name} is forgotten. facet gc frees what was computed from it.`)
  }))
}

/** "; options a, b": those of a format, as `--option` names them. */
function optionNames(options: z.ZodType): string {
  const names = 'shape' in options ? Object.keys(options.shape as object) : []
  return names.length > 0 ? `; options ${names.join(', ')}` : ''
}

function add(group: Command, act: Act): void {
  group.command('add <path>')
    .description('read a folder of photographs; the format is recognised where --format is left out')
    .option('--format <format>', 'how its files and labels are laid out (below)')
    .option('--name <name>', 'name in the workspace (default: the folder\'s)')
    .option('--option <key=value...>', 'an option of the format, the value as JSON or a word')
    .addHelpText('after', `\nFormats:\n${formats.map(({ name, title, options }) => `  ${name.padEnd(14)} ${title}${optionNames(options)}`).join('\n')}\n`)
    .action(act(async ({ terminal, connect }, path: string, options: { format?: string, name?: string, option?: string[] }) => {
      const parsed = parseOptions(options.option ?? [])
      const client = await connect({ create: true })
      const progress = createProgress(terminal)
      const ear = client.on('datasets.progress', ({ name, done, total }) => progress.show([
        {
          label: `reading ${name}`,
          done,
          total,
          unit: 'files',
          etaSeconds: null,
        },
      ]))
      try {
        const added = await client.call('datasets.add', {
          path: resolve(path),
          name: options.name,
          format: options.format,
          options: parsed,
        })
        progress.end()
        terminal.result(added, () => Summary.parse(added.summary).rejected === 0
          ? wordDataset(added)
          : `${wordDataset(added)}\n\nfacet dataset show ${added.name} lists every rejected file.`)
      }
      finally {
        ear()
        progress.end()
      }
    }))
}

/** `key=value` words as an object; values that are JSON are read as such. */
function parseOptions(words: string[]): Record<string, unknown> {
  return Object.fromEntries(words.map((word) => {
    const at = word.indexOf('=')
    if (at < 1)
      throw new FacetError('usage', `--option is "${word}"; it must be key=value.`)
    const value = word.slice(at + 1)
    try {
      return [
        word.slice(0, at),
        JSON.parse(value) as unknown,
      ]
    }
    catch {
      return [
        word.slice(0, at),
        value,
      ]
    }
  }))
}

function wordDataset(view: DatasetView): string {
  const summary = Summary.parse(view.summary)
  const splits = Object.entries(summary.splits).filter(([, count]) => count > 0)
  return [
    facts([
      ['name', view.name],
      ['format', `${view.format} (${summary.why})`],
      ['folder', view.root],
      ['samples', `${wordCount(summary.samples)}, ${wordBytes(summary.bytes)}`],
      [
        'rejected',
        summary.rejected > 0
          ? wordMany(summary.rejected, 'file')
          : 'none',
      ],
      [
        'splits',
        splits.length === 1 && splits[0]![0] === 'none'
          ? 'none fixed'
          : splits.map(([name, count]) => `${name} ${wordCount(count)}`).join(', '),
      ],
      [
        'people',
        summary.subjects > 0
          ? wordCount(summary.subjects)
          : null,
      ],
      [
        'unseen',
        summary.unseen > 0
          ? `${wordCount(summary.unseen)} kept from combiner and student`
          : null,
      ],
      [
        'pairs',
        summary.pairs > 0
          ? wordCount(summary.pairs)
          : null,
      ],
      ...Object.entries(summary.labels).map(([task, counts]): [string, string] => [
        task,
        'lowest' in counts
          ? `${counts.lowest} to ${counts.highest}`
          : wordClasses(counts),
      ]),
      ['terms', summary.licence],
    ]),
    ...summary.notes.map(note => `- ${note}`),
  ].join('\n')
}

/** How many samples each class has; of very many classes (people) the range. */
function wordClasses(counts: Record<string, number>): string {
  const numbers = Object.values(counts)
  if (numbers.length <= mostClassesTold)
    return Object.entries(counts).map(([label, count]) => `${label} ${wordCount(count)}`).join(', ')
  const [least, most] = numbers.reduce(([low, high], count) => [Math.min(low, count), Math.max(high, count)], [Infinity, 0])
  return `${wordCount(numbers.length)} classes, ${wordCount(least)} to ${wordCount(most)} in each`
}
