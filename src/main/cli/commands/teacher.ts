import type { RegisterCommand } from '../command.ts'
import { resolve } from 'node:path'
import { facts, list } from '../terminal.ts'
import { wholeNumber } from '../whole-number.ts'
import { wordNumber } from '../words.ts'
import { registerAdd } from './teacher-add.ts'

/** teacher list, add, nodes, check. */
export const teacher: RegisterCommand = (program, act) => {
  const group = program.command('teacher').description('list, add and check teachers')
  group.command('list').description('built-in teachers and those of the workspace').action(act(async ({ terminal, connect }) => {
    const teachers = await (await connect({ create: true })).call('teachers.list')
    terminal.result(teachers, () => list(teachers, [
      {
        title: 'name',
        value: one => one.name,
      },
      {
        title: 'knows',
        value: one => one.knowledge,
      },
      {
        title: 'numbers',
        value: one => String(one.dimension),
        isNumber: true,
      },
      {
        title: 'origin',
        value: one => one.origin,
      },
      {
        title: 'has seen',
        value: one => one.contaminates.join(', ') || '–',
      },
      {
        title: 'licence',
        value: one => one.licence,
        isElastic: true,
      },
      {
        title: 'state',
        value: one => one.problem ?? 'ready',
      },
    ], terminal))
  }))
  registerAdd(group, act)
  group.command('nodes <model>').description('what a model file is, and its nodes with their shapes: each may be an embedding').option('--size <pixels>', 'side of the picture to look with, where the model takes any', wholeNumber(8, 1024)).action(act(async ({ terminal, connect }, model: string, { size }: { size?: number }) => {
    const found = await (await connect({ create: true })).call('teachers.inspect', { path: resolve(model), ...size !== undefined && { size } })
    terminal.result(found, () => list(found.nodes, [
      { title: 'node', value: one => one.name },
      { title: 'operator', value: one => one.op },
      { title: 'shape', value: one => one.shape ? `[N, ${one.shape.join(', ')}]` : '–' },
      { title: 'numbers', value: one => one.dimension === null ? '–' : String(one.dimension), isNumber: true },
      { title: 'pool', value: one => one.pool },
      { title: 'suggested', value: one => one.suggested ? 'yes' : '' },
    ], terminal))
  }))
  group.command('check <name> <image>').description('run a teacher on a photograph: shape, norm, recorded probe, time').action(act(async ({ terminal, connect }, name: string, image: string) => {
    const check = await (await connect({ create: true })).call('teachers.check', {
      name,
      image: resolve(image),
    })
    terminal.result(check, () => facts(Object.entries(check).map(([key, value]): [string, string | null] => [
      key,
      wordValue(value),
    ])))
  }))
}

/** A value of a check as people read it; long lists show their beginning. */
function wordValue(value: unknown): string | null {
  if (value === null || value === undefined)
    return null
  if (typeof value === 'number')
    return wordNumber(value)
  if (Array.isArray(value)) {
    return value.length > 8
      ? `${value.slice(0, 8).map(wordValue).join(', ')} ... (${value.length})`
      : value.map(wordValue).join(', ')
  }
  return typeof value === 'object'
    ? Object.entries(value).map(([key, part]) => `${key} ${wordValue(part)}`).join(', ')
    : String(value)
}
