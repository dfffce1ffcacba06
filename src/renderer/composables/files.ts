import type { Reply } from '#shared/bridge.ts'
import type { DesktopCall, DesktopInput, DesktopResult, FileFilter } from '#shared/desktop.ts'
import { FacetError } from '#shared/errors.ts'

/** What is to be saved: text as it is, anything else as base64. */
export type Content = { kind: 'text', text: string } | { kind: 'base64', base64: string }

/** Saves a file where a person says: the system's dialogue in Electron, a download in a browser. Returns where it went, or null where it was called off. */
export async function saveFile(name: string, content: Content, filters: FileFilter[] = []): Promise<string | null> {
  if (window.facet)
    return ask('saveFile', { name, content, filters })
  const link = document.createElement('a')
  link.href = URL.createObjectURL(content.kind === 'text'
    ? new Blob([content.text], { type: 'text/plain;charset=utf-8' })
    : new Blob([Uint8Array.from(atob(content.base64), character => character.charCodeAt(0))]))
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000) // a browser begins a download after the click has returned
  return name
}

/** A file that a person chooses: its path in Electron, its text in a browser, which has no paths. */
export async function pickFile(title: string, filters: FileFilter[]): Promise<{ path: string } | { name: string, text: string } | null> {
  if (window.facet) {
    const path = await ask('pickFile', { title, filters })
    return path === null ? null : { path }
  }
  const input = document.createElement('input')
  input.type = 'file'
  input.accept = filters.flatMap(({ extensions }) => extensions.map(extension => `.${extension}`)).join()
  const file = await new Promise<File | null>((resolve) => {
    input.onchange = () => resolve(input.files?.[0] ?? null)
    input.oncancel = () => resolve(null)
    input.click()
  })
  return file && { name: file.name, text: await file.text() }
}

/** Puts text on the clipboard, also where the page is not served over a secure address. */
export async function copyText(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text)
  }
  catch {
    const area = Object.assign(document.createElement('textarea'), { value: text })
    document.body.append(area)
    area.select()
    const isCopied = document.execCommand('copy')
    area.remove()
    if (!isCopied)
      throw new FacetError('conflict', 'The clipboard cannot be written from here.', { hint: 'Save to a file instead.' })
  }
}

async function ask<C extends DesktopCall>(call: C, input: DesktopInput<C>): Promise<DesktopResult<C>> {
  const desktop = window.facet!.desktop as { [D in DesktopCall]: (input: DesktopInput<C>) => Promise<Reply> }
  const reply = await desktop[call](input)
  if (reply.ok)
    return reply.value as DesktopResult<C>
  const { code, message, where, hint } = reply.problem
  throw new FacetError(code, message, { where, hint })
}
