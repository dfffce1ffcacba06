import type { TableCell, TableRow } from '#shared/table.ts'
import type { TableDataset, TableInput, TableKnowledge } from './input.ts'
import type { TableBuilder } from './table.ts'
import { cellOf, textCell } from './cells.ts'
import { knowledgeReference, readPaperTables } from './paper.ts'

const columns = ['task', 'images', 'subjects', 'protocol', 'role'] as const
type Column = typeof columns[number]

/** A task in words, with what it chooses between. */
function wordTask({ task, kind, classes, unit }: TableKnowledge): string {
  switch (kind) {
    case 'classification': return `${task}: ${classes} classes`
    case 'attributes': return `${task}: ${classes} attributes, yes or no`
    case 'regression': return `${task}: ${unit}`
    case 'verification': return `${task}: same person or not`
    default: return kind satisfies never
  }
}

/** How many of the samples are learnt from and tested on. */
function wordProtocol({ protocol, folds }: TableKnowledge, { counts: { splits, subjects, pairs, folds: pairFolds } }: TableDataset): string {
  switch (protocol) {
    case 'split': return `${splits.train} train, ${splits.validation} validation, ${splits.test} test`
    case 'subjects': return folds === 'subject' ? `each of ${subjects} subjects left out in turn` : `${folds} groups of ${subjects} subjects left out in turn`
    case 'pairs': return `${pairs} pairs in ${pairFolds} folds`
    default: return protocol satisfies never
  }
}

function countCell(value: number, reference: Parameters<typeof cellOf>[1]['reference']): TableCell {
  return { ...cellOf([{ seed: 0, key: '', value }], { reference }), keys: [], measure: { metric: 'images', unit: '', better: 'higher' } }
}

function rowOf(knowledge: TableKnowledge, { datasets }: TableInput): TableRow {
  const data = datasets.find(({ name }) => name === knowledge.data)!
  const { splits, subjects } = data.counts
  const paper = knowledgeReference(readPaperTables(), knowledge.name)
  const cells: Record<Column, TableCell> = {
    task: textCell(wordTask(knowledge)),
    images: countCell(Object.values(splits).reduce((sum, count) => sum + count, 0), paper?.images ?? null),
    subjects: subjects > 0 ? countCell(subjects, null) : textCell('not named'),
    protocol: textCell(wordProtocol(knowledge, data)),
    role: { ...textCell(knowledge.source === null ? 'target' : `source (${knowledge.source})`), ...paper && { referenceText: paper.isSource ? 'source' : 'target', referenceSource: 'Table 1' } },
  }
  return { knowledge: knowledge.name, metric: 'mixed', unit: '', better: 'higher', scope: null, cells }
}

/** What is predicted on which data, and how it is tested. Vielzeuf et al. 2019, Table 1. */
export const knowledge: TableBuilder = {
  name: 'knowledge',
  title: 'Source and target knowledge',
  paper: 'Table 1',
  build(input) {
    return {
      rowTitle: 'knowledge',
      columns: [...columns],
      columnTitles: { task: 'task', images: 'domain size', subjects: 'subjects', protocol: 'protocol', role: 'role' },
      rows: input.knowledge.map(one => rowOf(one, input)),
      legend: [
        'Domain size: images of the data set as it lies on this disk, those without a found face included.',
        'Source: a teacher of this study was trained for it. The paper evaluates its own sources where they have a test (Table 4).',
      ],
    }
  },
  // what it says stands when a data set is added: no run fills it
  runs: () => [],
}
