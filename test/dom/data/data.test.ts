import type { FaceCell } from '#shared/dataset-views.ts'
import type { TeacherDraft } from '#shared/teacher-views.ts'
import { mount } from '@vue/test-utils'
import { describe, expect, it } from 'vitest'
import { defineComponent, h, shallowRef } from 'vue'
import { clientKey } from '#renderer/client/client.ts'
import BarRows from '#renderer/components/BarRows.vue'
import LabelHistogram from '#renderer/components/LabelHistogram.vue'
import StepsBar from '#renderer/components/StepsBar.vue'
import { readPhotograph } from '#renderer/composables/photograph-file.ts'
import { rejectedAsCsv } from '#renderer/views/dataset/rejected-csv.ts'
import { blockSize, useFaces } from '#renderer/views/dataset/useFaces.ts'
import OptionField from '#renderer/views/datasets/OptionField.vue'
import { wordAffinity } from '#renderer/views/teachers/affinity-words.ts'
import { checkDraft } from '#renderer/views/teachers/check-draft.ts'
import { wordCrop, wordNormalisation } from '#renderer/views/teachers/useTeachers.ts'
import { agreementOf, answersOf, topOf } from '#renderer/views/try/answers.ts'
import { fakeClient } from '../fake-client.ts'

/** Runs a composable inside a component that has the client. */
function withClient<T>(client: ReturnType<typeof fakeClient>, use: () => T): { made: T, unmount: () => void } {
  let made!: T
  const wrapper = mount(defineComponent({ setup: () => { made = use(); return () => h('div') } }), { global: { provide: { [clientKey as symbol]: client } } })
  return { made, unmount: () => wrapper.unmount() }
}
const cell = (index: number): FaceCell => ({ index, path: `${index}.jpg`, caption: String(index), split: null, image: 'AA', reason: null })
async function flush(ms = 120): Promise<void> { await new Promise(resolve => setTimeout(resolve, ms)) }

describe('a gallery', () => {
  function gallery(total = 100_000) {
    const client = fakeClient({
      'datasets.faces': ({ from, count }: { from: number, count: number }) => ({ key: 'k', total, from, cells: Array.from({ length: Math.min(count, total - from) }, (_, i) => cell(from + i)) }),
    })
    return { client, asked: () => client.calls.map(([, input]) => (input as { from: number }).from) }
  }

  it('of 100,000 faces asks only for what comes to rest in sight, each range once, the middle of the view first', async () => {
    const { client, asked } = gallery()
    const { made: faces } = withClient(client, () => useFaces('utk', 'found'))
    await flush(10)
    expect(faces.total.value).toBe(100_000)
    for (let from = 0; from < 90_000; from += 3000) {
      faces.show(from, from + blockSize - 1)
      await flush(1) // answers come meanwhile
    }
    faces.show(90_000, 90_070)
    await flush()
    expect(asked()).toEqual([0, 90_000 + blockSize, 90_000, 90_000 + 2 * blockSize])
    expect(faces.at(90_005)!.caption).toBe('90005')
    expect(faces.at(45_000)).toBeUndefined()
    faces.show(90_000, 90_070)
    await flush()
    expect(asked()).toHaveLength(4)
  })

  it('asks at once while the view moves by less than itself, and after a jump from rest', async () => {
    const { client, asked } = gallery()
    const { made: faces } = withClient(client, () => useFaces('utk', 'found'))
    faces.show(0, blockSize - 1)
    await flush()
    faces.show(6000, 6000 + blockSize - 1)
    expect(asked()).toEqual([0, 6000])
    faces.show(6010, 6010 + blockSize - 1)
    expect(asked()).toEqual([0, 6000, 6000 + blockSize])
  })

  it('forgets the faces of another data set, and drops its late answer', async () => {
    let answer!: () => void
    const name = shallowRef('a')
    const client = fakeClient({
      'datasets.faces': ({ name }: { name: string }) => name === 'a'
        ? new Promise((resolve) => { answer = () => resolve({ key: 'k', total: 5, from: 0, cells: [cell(1)] }) })
        : { key: 'k', total: 7, from: 0, cells: [cell(2)] },
    })
    const { made: faces } = withClient(client, () => useFaces(name, 'found'))
    name.value = 'b'
    await flush(10)
    answer()
    await flush(10)
    expect(faces.total.value).toBe(7)
    expect(faces.at(0)!.index).toBe(2)
  })

  it('asks anew when faces were aligned, and drops what it had asked before', async () => {
    const answers: ((total: number) => void)[] = []
    const client = fakeClient({ 'datasets.faces': () => new Promise((resolve) => { answers.push(total => resolve({ key: 'k', total, from: 0, cells: [cell(total)] })) }) })
    const { made: faces } = withClient(client, () => useFaces('a', 'found'))
    client.emit('run.changed', { stage: 'distil', state: 'done' })
    expect(answers).toHaveLength(1)
    client.emit('run.changed', { stage: 'prepare', state: 'done' })
    answers[1]!(9)
    await flush(10)
    answers[0]!(5)
    await flush(10)
    expect(faces.total.value).toBe(9)
    expect(faces.at(0)!.index).toBe(9)
  })

  it('says why it failed and asks anew when the host is back', async () => {
    let isThere = false
    const client = fakeClient({ 'datasets.faces': () => {
      if (!isThere)
        throw new Error('gone')
      return { key: 'k', total: 1, from: 0, cells: [cell(0)] }
    } })
    const { made: faces } = withClient(client, () => useFaces('a', 'found'))
    await flush(10)
    expect(faces.problem.value).toMatchObject({ message: expect.stringContaining('gone') })
    isThere = true
    client.reconnect()
    await flush(10)
    expect(faces.problem.value).toBeNull()
    expect(faces.total.value).toBe(1)
  })
})

describe('parts of the screens', () => {
  it('an option of a format takes numbers, lists and JSON, and says what is none', async () => {
    const option = { name: 'unseen', help: 'Folds', type: 'numbers' as const, choices: [], least: null, most: null, default: [1, 2] }
    const wrapper = mount(OptionField, { props: { option, modelValue: undefined } })
    const input = wrapper.get('input')
    expect(input.attributes('placeholder')).toBe('1, 2')
    await input.setValue('3, 4')
    expect(wrapper.emitted('update:modelValue')!.at(-1)).toEqual([[3, 4]])
    await input.setValue('3, x')
    expect(wrapper.get('[role=alert]').text()).toContain('no number')
    expect(input.attributes('aria-invalid')).toBe('true')
    await input.setValue('')
    expect(wrapper.emitted('update:modelValue')!.at(-1)).toEqual([undefined])
  })

  it('a histogram shows its numbers as bars and as a table', async () => {
    const counts = (train: number) => ({ train, validation: 0, test: 0, none: 0 })
    const wrapper = mount(LabelHistogram, { props: { histogram: { task: 'gender', kind: 'classification', unit: null, labelled: 4, bars: [{ label: 'male', from: null, to: null, counts: counts(3) }, { label: 'female', from: null, to: null, counts: counts(1) }] } } })
    expect(wrapper.text()).toContain('3 (75 %)')
    await wrapper.get('button').trigger('click')
    expect(wrapper.findAll('tbody tr').map(row => row.text())).toEqual(['male3003', 'female1001'])
  })

  it('a histogram of numbers is a picture with a summary', () => {
    const bars = [0, 5].map(from => ({ label: `${from} to ${from + 5}`, from, to: from + 5, counts: { train: from + 1, validation: 0, test: 0, none: 0 } }))
    const wrapper = mount(LabelHistogram, { props: { histogram: { task: 'age', kind: 'regression', unit: 'years', labelled: 7, bars } } })
    expect(wrapper.get('[role=img]').attributes('aria-label')).toBe('age, 7 labels from 0 to 10 years; most, 6, from 5 to 10')
  })

  it('bars carry their names and numbers as text', () => {
    const wrapper = mount(BarRows, { props: { label: 'x', rows: [{ name: 'happy', value: 0.9, words: '.90' }] } })
    expect(wrapper.text()).toBe('happy.90')
  })

  it('steps done can be gone back to, later ones not', async () => {
    const wrapper = mount(StepsBar, { props: { steps: ['One', 'Two', 'Three'], current: 1 } })
    expect(wrapper.get('[aria-current=step]').text()).toContain('Two')
    const buttons = wrapper.findAll('button')
    expect(buttons).toHaveLength(1)
    await buttons[0]!.trigger('click')
    expect(wrapper.emitted('go')).toEqual([[0]])
  })
})

describe('words', () => {
  it('a list of rejected files is a table that no spreadsheet takes for a formula', () => {
    expect(rejectedAsCsv([{ path: '=cmd()', bytes: null, reason: 'say "no", twice', helps: 'x' }])).toBe('file,bytes,what is wrong,what helps\r\n\'=cmd(),,"say ""no"", twice",x\r\n')
  })

  it('a teacher\'s input in short', () => {
    expect(wordNormalisation({ mean: [127.5], std: [127.5] })).toBe('(x − 127.5) / 127.5')
    expect(wordNormalisation({ mean: [0], std: [255] })).toBe('x / 255')
    expect(wordNormalisation({ mean: [103.939, 116.779, 123.68], std: [1] })).toBe('x − [103.9, 116.8, 123.7]')
    expect(wordNormalisation({ mean: [0], std: [1] })).toBe('x, 0 to 255')
    expect(wordCrop([0, 0, 300, 300])).toBe('whole face frame')
    expect(wordCrop([37.5, 69.5, 262.5, 294.5])).toBe('x 37.5 to 262.5, y 69.5 to 294.5')
  })

  it('affinity: who shares most, who least, or a chosen pair', () => {
    const teachers = ['a', 'b', 'c'].map(name => ({ name, dimension: 1, effectiveRank: 1, deadUnits: 0 }))
    const matrix = [[1, 0.6, 0.1], [0.6, 1, 0.2], [0.1, 0.2, 1]]
    expect(wordAffinity({ teachers, matrix }, null)).toBe('a and b share most (0.60); c shares least with the others (0.15 on average).')
    expect(wordAffinity({ teachers, matrix }, [2, 0])).toBe('c and a share 0.100.')
  })

  it('a draft of a teacher: each field that is not right yet', () => {
    const draft: TeacherDraft = { name: 'Mine!', title: 't', knowledge: '', format: 'tfjs-graph', embedding: { node: 'x', dimension: 4, pool: 'none' }, input: { size: 64, crop: [0, 0, 301, 300], color: 'gray', mean: [1, 2, 3], std: [0] }, licence: 'MIT', trainedOn: [], contaminates: [], paper: '' }
    expect(Object.keys(checkDraft(draft)).sort()).toEqual(['crop', 'knowledge', 'mean', 'name', 'std'])
    expect(checkDraft({ ...draft, name: 'mine', knowledge: 'age', input: { ...draft.input, crop: [0, 0, 300, 300], mean: [1], std: [2] } })).toEqual({})
  })
})

describe('what networks say', () => {
  const said = (label: string | null, value = 0) => ({ knowledge: 'K', task: 'k', value, unit: label === null ? 'years' : null, label, probability: label === null ? null : 0.6, probabilities: label === null ? null : { a: 0.6, b: 0.3, c: 0.1 }, attributes: null })

  it('a class agrees with the teachers when at least half of them name it', () => {
    expect(agreementOf(said('a'), [said('a'), said('b')])).toEqual({ state: 'yes', words: '1 of 2 agree' })
    expect(agreementOf(said('a'), [said('b'), said('b'), said('a')])).toEqual({ state: 'no', words: '1 of 3 agree' })
    expect(agreementOf(said('a'), []).state).toBe('none')
  })

  it('a number agrees when it lies within the teachers\'', () => {
    expect(agreementOf(said(null, 33), [said(null, 30), said(null, 40)])).toEqual({ state: 'yes', words: 'within 30.0 to 40.0' })
    expect(agreementOf(said(null, 50), [said(null, 30), said(null, 40)]).state).toBe('no')
  })

  it('attributes: those above one half are shown, and agree where nine of ten are alike', () => {
    const seen = (...attributes: number[]) => ({ ...said(null), unit: null, attributes: Object.fromEntries(attributes.map((value, i) => [`Has_${i}`, value])) })
    expect(topOf(seen(0.6, 0.2, 0.9, 0.5))).toEqual([{ name: 'Has 2', value: 0.9 }, { name: 'Has 0', value: 0.6 }])
    expect(agreementOf(seen(0.6, 0.2), [seen(0.9, 0.4), seen(0.7, 0.1)])).toEqual({ state: 'yes', words: '100 % of the attributes alike' })
    expect(agreementOf(seen(0.6, 0.2), [seen(0.9, 0.4), seen(0.7, 0.8)])).toEqual({ state: 'no', words: '75 % of the attributes alike' })
  })

  it('stands side by side by knowledge, also where only a teacher speaks', () => {
    const answers = answersOf({ predictions: [said('a')], teachers: [{ ...said('a'), teacher: 't' }, { ...said('b'), knowledge: 'Other', teacher: 't' }] })
    expect(answers.map(({ knowledge, student, teachers }) => [knowledge, student !== null, teachers.length])).toEqual([['K', true, 1], ['Other', false, 1]])
    expect(topOf(said('a'), 2)).toEqual([{ name: 'a', value: 0.6 }, { name: 'b', value: 0.3 }])
  })
})

describe('a photograph from the page', () => {
  it('becomes base64, and is refused where it is empty or too large', async () => {
    expect(await readPhotograph(new Blob([Uint8Array.of(1, 2, 3)]))).toBe('AQID')
    await expect(readPhotograph(new Blob([]))).rejects.toMatchObject({ message: expect.stringContaining('empty') })
    await expect(readPhotograph({ size: 99_000_000 } as Blob)).rejects.toMatchObject({ message: expect.stringContaining('at most 24.0 MB') })
  })
})
