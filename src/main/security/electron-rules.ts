/** What Electron's main process lets its page do: decisions alone, wired up in src/main/window/harden.ts. */

/** A frame as an IPC event names its sender. */
export interface SenderFrame { url: string, parent?: unknown }

/** Whether two addresses are the same document; the part behind # is the page's own. */
export function isSamePage(url: string, pageUrl: string): boolean {
  return URL.canParse(url) && withoutHash(url) === withoutHash(pageUrl)
}

/** Whether a message comes from our page itself: from its top frame and from no other document that got into the window. */
export function isOwnSender(frame: SenderFrame | null | undefined, pageUrl: string): boolean {
  return frame !== null && frame !== undefined && !frame.parent && isSamePage(frame.url, pageUrl)
}

/** Addresses that may be handed to the person's browser: nothing that a program on this machine would run or open. */
export function isOpenOutside(url: string): boolean {
  return URL.canParse(url) && new URL(url).protocol === 'https:' && new URL(url).username === ''
}

/** What a page of Facet may ask the system for: to put text on the clipboard when the person presses Copy. */
export function isPermitted(permission: string): boolean {
  return permission === 'clipboard-sanitized-write'
}

/** The window's own preferences, each of them against one way out of the page. */
export const pagePreferences = {
  contextIsolation: true,
  sandbox: true,
  nodeIntegration: false,
  nodeIntegrationInWorker: false,
  nodeIntegrationInSubFrames: false,
  webSecurity: true,
  allowRunningInsecureContent: false,
  webviewTag: false,
  navigateOnDragDrop: false,
  spellcheck: false,
} as const

function withoutHash(url: string): string {
  const parsed = new URL(url)
  parsed.hash = ''
  return parsed.href
}
