import type { Command } from 'commander'
import type { Client } from '#shared/contract.ts'
import type { TeacherManifest } from '#shared/manifest.ts'
import type { InspectedModel, TeacherDraft } from '#shared/teacher-views.ts'
import type { Act } from '../command.ts'
import { extname, resolve } from 'node:path'
import { InvalidArgumentError, Option } from 'commander'
import { FacetError } from '#shared/errors.ts'
import { parseRunKey } from '../run-key.ts'
import { wholeNumber } from '../whole-number.ts'

/** What a person says on the command line of a new teacher. */
export interface AddOptions {
  run?: string
  name?: string
  title?: string
  knowledge?: string
  licence?: string
  paper?: string
  trainedOn?: string[]
  hasSeen?: string[]
  node?: string
  pool?: TeacherDraft['embedding']['pool']
  size?: number
  crop?: number[]
  color?: TeacherDraft['input']['color']
  mean?: number[]
  std?: number[]
}
type Field = keyof AddOptions

const flags: Record<Field, string> = { run: '--run', name: '--name', title: '--title', knowledge: '--knowledge', licence: '--licence', paper: '--paper', trainedOn: '--trained-on', hasSeen: '--has-seen', node: '--node', pool: '--pool', size: '--size', crop: '--crop', color: '--color', mean: '--mean', std: '--std' }
/** What can be said of a run's network; all else is known of it. */
const ofRun: readonly Field[] = ['run', 'name', 'title', 'knowledge']

/** teacher add: by a manifest, from a model file, or from a run. */
export function registerAdd(group: Command, act: Act): void {
  group.command('add')
    .argument('[path]', 'a YAML manifest, or a model: .onnx, model.json of a TFJS graph model, folder of a SavedModel')
    .description('add a teacher: by its manifest, from a model file, or (--run KEY) from a network trained here')
    .option('--run <key>', 'a finished run that leaves a network: a student, a knowledge on one, or one from scratch', parseRunKey)
    .option('--name <name>', 'how recipes name it')
    .option('--title <text>', 'how tables name it')
    .option('--knowledge <word>', 'what it knows, e.g. identity')
    .option('--licence <text>', 'terms of the weights of a model file')
    .option('--paper <text>', 'where a model file is described')
    .option('--trained-on <names>', 'data sets that a model file was trained on, separated by commas', words)
    .option('--has-seen <formats>', 'formats whose test faces it saw, e.g. utkface: cells on them are marked', words)
    .option('--node <name>', 'the node or tensor of a model file that is the embedding (facet teacher nodes MODEL lists them)')
    .addOption(new Option('--pool <how>', 'average: mean over the places of a map').choices(['none', 'average']))
    .option('--size <pixels>', 'side of the pictures, where the model takes any', wholeNumber(8, 1024))
    .option('--crop <x0,y0,x1,y1>', 'part of the aligned 300 x 300 face (25,25,275,275)', numbers(4))
    .addOption(new Option('--color <order>', 'channels of the pictures').choices(['rgb', 'bgr', 'gray']))
    .option('--mean <numbers>', 'subtracted from 0..255, one number or one a channel (127.5)', numbers(1, 3))
    .option('--std <numbers>', 'divided by afterwards (127.5)', numbers(1, 3))
    .action(act(async ({ terminal, connect }, path: string | undefined, options: AddOptions) => {
      const added = await add(await connect({ create: true }), path, options)
      terminal.result(added, () => `Teacher ${added.name} (${added.title}) gives ${added.embedding.dimension} numbers per face. Try it: facet teacher check ${added.name} IMAGE`)
    }))
}

/** @throws FacetError where the options do not belong to what is added, or do not say enough of it */
export async function add(client: Pick<Client, 'call'>, path: string | undefined, options: AddOptions): Promise<TeacherManifest> {
  if ((path === undefined) === (options.run === undefined))
    throw new FacetError('usage', path === undefined ? 'Nothing is named to add.' : 'A path and --run name two things to add.', { hint: 'facet teacher add PATH, or facet teacher add --run KEY --name NAME.' })
  if (options.run !== undefined) {
    refuseOthers(options, ofRun, 'of a run all else is known')
    const { run: key, name, title, knowledge } = options
    return client.call('teachers.createFromRun', { key, name: require(name, 'name', 'how recipes name it'), ...title !== undefined && { title }, ...knowledge !== undefined && { knowledge } })
  }
  if (/^\.ya?ml$/i.test(extname(path!))) {
    refuseOthers(options, [], 'a manifest says all itself')
    return client.call('teachers.add', { path: resolve(path!) })
  }
  const model = await client.call('teachers.inspect', { path: resolve(path!), ...options.size !== undefined && { size: options.size } })
  return client.call('teachers.create', { model: model.path, draft: draftOf(model, options) })
}

function refuseOthers(options: AddOptions, allowed: readonly Field[], why: string): void {
  const other = (Object.keys(options) as Field[]).find(field => !allowed.includes(field))
  if (other)
    throw new FacetError('usage', `${flags[other]} says nothing here: ${why}.`, { hint: `Leave ${flags[other]} out.` })
}

function require(value: string | undefined, field: Field, what: string): string {
  if (value === undefined || value.trim() === '')
    throw new FacetError('usage', `${flags[field]} is missing: ${what}.`, { hint: 'facet teacher add --help lists what can be said.' })
  return value
}

function draftOf(model: InspectedModel, options: AddOptions): TeacherDraft {
  const found = options.node === undefined ? undefined : model.nodes.find(({ name }) => name === options.node)
  const node = require(options.node, 'node', `which of the model's ${model.nodes.length} nodes is the embedding; suggested: ${model.nodes.filter(({ suggested }) => suggested).map(({ name }) => name).join(', ') || 'none'}`)
  if (found?.dimension === null || !found)
    throw new FacetError('bad-input', found ? `what "${node}" gives per face is not known before it runs.` : `the model has no node "${node}".`, { where: model.path, hint: found ? 'Write a manifest with embedding.dimension, and add that.' : 'facet teacher nodes MODEL lists them.' })
  const size = model.input.size ?? options.size
  if (size === undefined)
    throw new FacetError('usage', '--size is missing: the model takes pictures of any side.', { hint: 'Give the side that it was made for.' })
  const name = options.name ?? model.name
  return {
    name,
    title: options.title ?? name,
    knowledge: require(options.knowledge, 'knowledge', 'what it knows, e.g. identity'),
    format: model.format,
    embedding: { node, dimension: found.dimension, pool: options.pool ?? found.pool },
    input: { size, crop: (options.crop ?? [25, 25, 275, 275]) as TeacherDraft['input']['crop'], color: options.color ?? (model.input.channels === 1 ? 'gray' : 'rgb'), mean: options.mean ?? [127.5], std: options.std ?? [127.5] },
    licence: require(options.licence, 'licence', 'the terms of its weights; "unknown" is an answer'),
    trainedOn: options.trainedOn ?? [],
    contaminates: options.hasSeen ?? [],
    paper: options.paper ?? 'none',
  }
}

function words(text: string): string[] {
  return text.split(',').map(word => word.trim()).filter(Boolean)
}

/** Reads an option of one of some counts of numbers. */
function numbers(...counts: number[]): (text: string) => number[] {
  return (text) => {
    const values = text.split(',').map(part => part.trim() === '' ? Number.NaN : Number(part))
    if (!values.every(Number.isFinite) || !counts.includes(values.length))
      throw new InvalidArgumentError(`It must be ${counts.join(' or ')} number${counts.at(-1) === 1 ? '' : 's'} with commas between, not "${text}".`)
    return values
  }
}
