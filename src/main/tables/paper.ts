import { readFileSync } from 'node:fs'
import { z } from 'zod'

const Figure = z.union([
  z.number(),
  z.string(),
  z.boolean(),
])
const Grid = z.object({
  columns: z.array(z.string()),
  rows: z.array(z.array(Figure)),
})
const PaperTables = z.object({
  table1: Grid,
  table2: Grid,
  table3: Grid,
  table4: Grid,
  table5: Grid,
  table6: Grid,
  methods: z.record(z.string(), z.string()),
})
export type PaperTables = z.infer<typeof PaperTables>

/** A figure as the paper prints it: parentheses on LFW mean "after training identity on 100,000 faces of VGGFace2". */
export interface Reference {
  value: number
  text: string
  source: string
}

/** What the paper calls a data set of a format in Table 2. */
const domains: Record<string, string> = {
  celeba: 'CelebA',
  utkface: 'UTKFace',
  fgnet: 'FG-NET',
  sfew: 'SFEW',
  rafdb: 'RAF',
  unbc: 'ShoulderPain',
  lfw: 'LFW',
}

/** What the paper calls a teacher's knowledge in Table 5, by the first word of a manifest's knowledge. */
const embeddings: Record<string, string> = {
  expression: 'Expr',
  emotion: 'Expr',
  identity: 'Identity',
  object: 'Object',
  objects: 'Object',
  age: 'Age',
  attribute: 'Attrib',
  attributes: 'Attrib',
  gender: 'Gender',
}

let shipped: PaperTables | undefined

/** The paper's printed tables (Vielzeuf et al. 2019), shipped under resources/paper; read once. */
export function readPaperTables(): PaperTables {
  shipped ??= PaperTables.parse(JSON.parse(readFileSync(new URL('../../../resources/paper/tables.json', import.meta.url), 'utf8')))
  return shipped
}

function lookUp(grid: z.infer<typeof Grid>, source: string, row: string, column: (title: string) => boolean): Reference | null {
  const cells = grid.rows.find(([name]) => name === row)
  const index = grid.columns.findIndex((title, i) => i > 0 && column(title))
  const figure = cells?.[index]
  if (figure === undefined || typeof figure === 'boolean')
    return null
  const value = typeof figure === 'number'
    ? figure
    : Number(figure.replaceAll(/[()]/g, ''))
  return Number.isFinite(value)
    ? {
        value,
        text: String(figure),
        source,
      }
    : null
}

/** The paper's figure of a method on a target knowledge: Table 3, else Table 6; null where it prints none. */
export function targetReference(paper: PaperTables, knowledge: string, method: string): Reference | null {
  const isMethod = (title: string): boolean => paper.methods[title] === method
  return lookUp(paper.table3, 'Table 3', knowledge, isMethod) ?? lookUp(paper.table6, 'Table 6', knowledge, isMethod)
}

/** The paper's figure of a combiner or a selection (Table 6). */
export function combinerReference(paper: PaperTables, knowledge: string, method: string): Reference | null {
  return lookUp(paper.table6, 'Table 6', knowledge, title => paper.methods[title] === method)
}

/** The paper's figure on source knowledge (Table 4): of the original teacher, of h_G or of its student, which it fine-tuned. */
export function sourceReference(paper: PaperTables, knowledge: string, column: 'original' | 'h_G' | 'student'): Reference | null {
  return lookUp(paper.table4, 'Table 4', knowledge, title => title === column)
}

/** The size of a knowledge's domain in the paper's Table 1, and whether it is source knowledge there; null where the paper has it not. */
export function knowledgeReference(paper: PaperTables, knowledge: string): { images: Reference | null, isSource: boolean } | null {
  const row = paper.table1.rows.find(([name]) => name === knowledge)
  return row ? { images: lookUp(paper.table1, 'Table 1', knowledge, title => title === 'domain size'), isSource: row[3] === true } : null
}

/** The paper's nRMSE (Table 5) of a combiner on the embedding of the same kind of knowledge, or of the average. */
export function reconstructionReference(paper: PaperTables, knowledge: string, method: string): Reference | null {
  const row = knowledge === 'Average'
    ? 'Average'
    : embeddings[knowledge.split(/[^a-z]/i)[0]!.toLowerCase()]
  return row === undefined
    ? null
    : lookUp(paper.table5, 'Table 5', row, title => paper.methods[title] === method)
}

/** The paper's count of faces found and not found (Table 2) on a data set of this format. */
export function facesReference(paper: PaperTables, format: string, column: 'detected' | 'undetected'): Reference | null {
  const row = domains[format]
  return row === undefined
    ? null
    : lookUp(paper.table2, 'Table 2', row, title => title === column)
}
