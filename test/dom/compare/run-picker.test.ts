import type { RunItem } from '#shared/run-views.ts'
import { flushPromises } from '@vue/test-utils'
import { afterEach, beforeAll, expect, it, vi } from 'vitest'
import CompareView from '#renderer/views/compare/CompareView.vue'
import { fakeClient } from '../fake-client.ts'
import { showScreen } from '../screen.ts'

const keyOf = (digits: string): string => digits.padEnd(64, '0')
function run(digits: string, label: string, changes: Partial<RunItem> = {}): RunItem {
  return { key: keyOf(digits), stage: 'transfer', label, seed: 0, state: 'done', studies: ['faces'], progress: null, ...changes } as RunItem
}
const runs = [
  run('a1', 'transfer Gender, ae, seed 0'),
  run('b2', 'combine ae, seed 0', { stage: 'combine' }),
  run('c3c3', 'transfer Gender, pca, seed 0'),
  run('d4', 'transfer Age, ae, seed 0', { studies: ['others'] }),
  ...Array.from({ length: 6 }, (_, i) => run(`e${i}`, `transfer Smile, ae, seed ${i}`)),
]
/** What is brought in sight; jsdom lays nothing out. */
const scrolled = vi.fn<() => void>()
beforeAll(() => {
  Element.prototype.scrollIntoView = scrolled
})
afterEach(() => document.body.replaceChildren())

/** The comparison at an address; what it compares answers nothing, for only the picker is looked at. */
async function showCompare(keys: string[], list: () => unknown = () => runs) {
  const never = (): Promise<never> => new Promise(() => {})
  const client = fakeClient({ 'studies.list': () => [], 'runs.list': list, 'runs.compare': never, 'compare.curves': never, 'compare.methods': never, 'compare.disagreements': never })
  const shown = await showScreen(CompareView, { client, at: `/compare?keys=${keys.join()}`, stubs: { transition: false } })
  await flushPromises()
  const keysNow = (): string[] => String(shown.router.currentRoute.value.query.keys).split(',').filter(Boolean)
  return { ...shown, keysNow, client }
}
async function open(): Promise<{ field: HTMLInputElement, options: () => string[], press: (key: string) => Promise<void>, type: (text: string) => Promise<void> }> {
  const button = [...document.querySelectorAll('button')].find(one => one.textContent.includes('Add a run'))!
  button.click()
  await flushPromises()
  const field = document.querySelector<HTMLInputElement>('[role=combobox]')!
  return {
    field,
    options: () => [...document.querySelectorAll('[role=option]')].map(option => option.querySelector('.cut')!.textContent),
    press: async (key) => {
      field.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }))
      await flushPromises()
    },
    type: async (text) => {
      field.value = text
      field.dispatchEvent(new Event('input'))
      await flushPromises()
    },
  }
}
/** The option that Enter takes, as a screen reader is told it. */
const activeOption = (field: HTMLElement): string => document.getElementById(field.getAttribute('aria-activedescendant')!)!.querySelector('.cut')!.textContent

it('offers all other runs, those of the same stage first, and adds one by the keyboard alone', async () => {
  const { keysNow } = await showCompare([keyOf('a1')])
  const { field, options, press } = await open()
  expect(document.activeElement).toBe(field)
  expect(options().slice(0, 2)).toEqual(['transfer Gender, pca, seed 0', 'transfer Age, ae, seed 0'])
  expect(options().at(-1)).toBe('combine ae, seed 0')
  await press('ArrowDown')
  expect(activeOption(field)).toBe('transfer Age, ae, seed 0')
  expect((scrolled.mock.contexts.at(-1) as Element).textContent).toContain('transfer Age, ae, seed 0')
  await press('Enter')
  expect(keysNow()).toEqual([keyOf('a1'), keyOf('d4')])
  // it stays for the next one, which stands where the last one stood
  expect(options()).not.toContain('transfer Age, ae, seed 0')
  expect(activeOption(field)).toBe('transfer Smile, ae, seed 0')
})

it('finds runs by all words, by study and by the beginning of a key', async () => {
  await showCompare([keyOf('a1')])
  const { options, type, press } = await open()
  await type('gender pca')
  expect(options()).toEqual(['transfer Gender, pca, seed 0'])
  await type('c3c3')
  expect(options()).toEqual(['transfer Gender, pca, seed 0'])
  await type('others')
  expect(options()).toEqual(['transfer Age, ae, seed 0'])
  await type('no such run')
  expect(options()).toEqual([])
  expect(document.querySelector('[role=listbox]')!.textContent).toContain('No other run has “no such run”.')
  await press('Enter')
  expect(document.querySelector('[role=dialog]')).not.toBeNull()
})

it('closes when eight are compared, and takes no ninth', async () => {
  const { keysNow } = await showCompare(runs.slice(0, 7).map(({ key }) => key))
  const { press } = await open()
  await press('Enter')
  expect(keysNow()).toHaveLength(8)
  expect(document.querySelector('[role=combobox]')).toBeNull()
  const button = [...document.querySelectorAll('button')].find(one => one.textContent.includes('Add a run'))!
  expect(button.disabled).toBe(true)
})

it('begins a comparison where nothing is compared yet', async () => {
  const { keysNow } = await showCompare([])
  const { press } = await open()
  await press('Enter')
  await press('Enter')
  expect(keysNow()).toHaveLength(2)
})

it('says why runs cannot be read, and asks again', async () => {
  let isBroken = true
  await showCompare([keyOf('a1')], () => {
    if (isBroken)
      throw new Error('the disk is gone')
    return runs
  })
  const { options } = await open()
  const alert = document.querySelector('[role=dialog] [role=alert]')!
  expect(alert.textContent).toContain('the disk is gone')
  isBroken = false
  alert.querySelector('button')!.click()
  await flushPromises()
  expect(options()).toHaveLength(9)
})
