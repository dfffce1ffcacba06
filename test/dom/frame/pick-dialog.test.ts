import type { PickRequest } from '#renderer/client/browser-desktop.ts'
import type { FrontInput } from '#shared/desktop.ts'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { mount } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { browse } from '#main/front/browse.ts'
import { createBrowserCalls, pickRequest } from '#renderer/client/browser-desktop.ts'
import { desktopKey } from '#renderer/client/desktop.ts'
import PickDialog from '#renderer/frame/PickDialog.vue'
import { frontCalls } from '#shared/desktop.ts'

let folder: string
Element.prototype.scrollTo = () => {} // jsdom lays nothing out
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'facet-pick-')))
  mkdirSync(join(folder, 'faces', 'inner'), { recursive: true })
  mkdirSync(join(folder, 'zoo'))
  writeFileSync(join(folder, 'model.onnx'), 'x'.repeat(1500))
  writeFileSync(join(folder, 'notes.txt'), 'x')
})
afterEach(() => {
  document.body.replaceChildren()
  rmSync(folder, { recursive: true })
})

/** The dialogue over real folders, as the server lists them. */
async function show(changes: Partial<PickRequest> = {}) {
  const answer = vi.fn<(path: string | null) => void>()
  const request: PickRequest = { kind: 'folder', title: 'Choose a folder', startAt: folder, mayCreate: false, filters: [], answer, ...changes }
  const desktop = { browse: (input: FrontInput<'browse'>) => browse(frontCalls.browse.input.parse(input)) }
  const view = mount(PickDialog, { props: { request }, attachTo: document.body, global: { provide: { [desktopKey as symbol]: desktop }, stubs: { transition: false } } })
  const all = <E extends Element>(selector: string): E[] => [...document.querySelectorAll<E>(selector)]
  const names = (): string[] => all('.entries button .cut').map(one => one.textContent)
  await expect.poll(names).not.toEqual([])
  return {
    view,
    answer,
    names,
    entry: (name: string) => all<HTMLButtonElement>('.entries button').find(one => one.textContent.includes(name))!,
    button: (text: string) => all<HTMLButtonElement>('button').find(one => one.textContent.trim() === text || one.getAttribute('aria-label') === text)!,
    shows: (path: string) => expect.poll(() => document.querySelector<HTMLInputElement>('.path input')!.value).toBe(path),
    type: async (field: HTMLInputElement, text: string) => {
      field.value = text
      field.dispatchEvent(new Event('input'))
      await view.vm.$nextTick()
    },
  }
}

describe('a folder is chosen', () => {
  it('by walking into it and taking it; files are not in the way', async () => {
    const { answer, names, entry, button, shows } = await show()
    expect(names()).toEqual(['faces', 'zoo'])
    entry('faces').click()
    await shows(join(folder, 'faces'))
    button('Take this folder').click()
    expect(answer.mock.calls).toEqual([[join(folder, 'faces')]])
  })

  it('from above, from a typed path, and new in another', async () => {
    const { answer, button, shows, type } = await show({ startAt: join(folder, 'faces'), mayCreate: true })
    button('The folder above').click()
    await shows(folder)
    await type(document.querySelector('.path input')!, join(folder, 'zoo'))
    document.querySelector('form')!.dispatchEvent(new Event('submit', { cancelable: true }))
    await expect.poll(() => document.querySelector('.entries')!.textContent).toContain('No folder is in here.')
    await type(document.querySelector('.new input')!, 'fresh')
    button('Take this folder').click()
    expect(answer.mock.calls).toEqual([[join(folder, 'zoo', 'fresh')]])
  })

  it('keeps what is typed before the first folder is read, and goes there alone', async () => {
    const reading = Promise.withResolvers<void>()
    const asked: (string | undefined)[] = []
    const desktop = {
      browse: async (input: FrontInput<'browse'>) => {
        asked.push(input.path)
        // the second answer comes when the first has been passed over
        await (asked.length === 1 ? reading.promise : new Promise(resolve => setTimeout(resolve, 30)))
        return browse(frontCalls.browse.input.parse(input))
      },
    }
    const request: PickRequest = { kind: 'folder', title: 'Choose a folder', startAt: folder, mayCreate: false, filters: [], answer: () => {} }
    mount(PickDialog, { props: { request }, attachTo: document.body, global: { provide: { [desktopKey as symbol]: desktop }, stubs: { transition: false } } })
    const field = document.querySelector<HTMLInputElement>('.path input')!
    field.value = join(folder, 'faces')
    field.dispatchEvent(new Event('input'))
    document.querySelector('form')!.dispatchEvent(new Event('submit', { cancelable: true }))
    reading.resolve()
    await expect.poll(() => document.querySelector('.entries')!.textContent).toContain('inner')
    await new Promise(resolve => setTimeout(resolve, 50))
    expect(field.value).toBe(join(folder, 'faces'))
    expect(asked).toEqual([folder, join(folder, 'faces')])
  })

  it('keeps what is being typed while a folder is read', async () => {
    const { button, shows, type, names } = await show({ startAt: join(folder, 'faces') })
    button('The folder above').click()
    await type(document.querySelector('.path input')!, '/half of a pa')
    await expect.poll(names).toEqual(['faces', 'zoo'])
    await shows('/half of a pa')
    button('Home').click()
    await expect.poll(() => document.querySelector<HTMLInputElement>('.path input')!.value).not.toBe('/half of a pa')
  })

  it.each(['a/b', '..', '.'])('refuses "%s" as the name of a new one', async (name) => {
    const { button, type } = await show({ mayCreate: true })
    await type(document.querySelector('.new input')!, name)
    expect(button('Take this folder').disabled).toBe(true)
    expect(document.querySelector('.new input')!.getAttribute('aria-invalid')).toBe('true')
  })

  it('begins at home where the folder that it should begin at is gone', async () => {
    const home = process.env.HOME
    process.env.HOME = folder
    const { shows } = await show({ startAt: join(folder, 'gone') })
    process.env.HOME = home
    await shows(folder)
  })

  it('says why a typed path cannot be read, and stays where it was', async () => {
    const { names, type } = await show()
    await type(document.querySelector('.path input')!, join(folder, 'gone'))
    document.querySelector('form')!.dispatchEvent(new Event('submit', { cancelable: true }))
    await expect.poll(() => document.querySelector('[role=alert]')?.textContent).toContain(join(folder, 'gone'))
    expect(names()).toEqual(['faces', 'zoo'])
  })
})

describe('a file is chosen', () => {
  const filters = [{ name: 'Models', extensions: ['onnx'] }]

  it('among those of its kind, by a click and the button or by two clicks', async () => {
    const { answer, names, entry, button, view } = await show({ kind: 'file', filters })
    expect(names()).toEqual(['faces', 'zoo', 'model.onnx'])
    expect(entry('model.onnx').textContent).toContain('1.5 kB')
    expect(button('Take this file').disabled).toBe(true)
    entry('model.onnx').click()
    await view.vm.$nextTick()
    expect(entry('model.onnx').getAttribute('aria-pressed')).toBe('true')
    button('Take this file').click()
    entry('model.onnx').dispatchEvent(new MouseEvent('dblclick', { bubbles: true }))
    expect(answer.mock.calls).toEqual([[join(folder, 'model.onnx')], [join(folder, 'model.onnx')]])
  })

  it('no more once another folder is shown', async () => {
    const { entry, button, shows, view } = await show({ kind: 'file', filters })
    entry('model.onnx').click()
    entry('faces').click()
    await shows(join(folder, 'faces'))
    await view.vm.$nextTick()
    expect(button('Take this file').disabled).toBe(true)
  })

  it('by the arrows, which move along the entries and stop at their ends', async () => {
    const { entry } = await show({ kind: 'file', filters })
    const press = (key: string): void => { document.activeElement!.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true })) }
    entry('faces').focus()
    press('ArrowDown')
    expect(document.activeElement).toBe(entry('zoo'))
    press('ArrowUp')
    press('ArrowUp')
    expect(document.activeElement).toBe(entry('faces'))
  })
})

it('a request that is called off answers null, by the button or by another request', async () => {
  const { answer, button } = await show()
  button('Cancel').click()
  expect(answer.mock.calls).toEqual([[null]])
  const { pickFolder, pickFile } = createBrowserCalls()
  const first = pickFolder({ startAt: '/a' })
  const second = pickFile({ filters: [{ name: 'Recipes', extensions: ['yaml'] }] })
  expect(await first).toBeNull()
  expect(pickRequest.value).toMatchObject({ kind: 'file', title: 'Choose a file' })
  pickRequest.value!.answer('/a/b.yaml')
  expect(await second).toBe('/a/b.yaml')
  expect(pickRequest.value).toBeNull()
})
