import { FacetError } from '#shared/errors.ts'

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
