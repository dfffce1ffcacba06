import type { Desktop, DesktopCall, FileFilter } from '#shared/desktop.ts'
import { shallowRef } from 'vue'

/** What a page in a browser asks a person for: a folder or file of the machine that Facet runs on. */
export interface PickRequest {
  kind: 'folder' | 'file'
  title: string
  startAt: string | undefined
  mayCreate: boolean
  filters: readonly FileFilter[]
  /** null where it was called off. */
  answer: (path: string | null) => void
}

/** The request that waits for an answer; the frame shows it. */
export const pickRequest = shallowRef<PickRequest | null>(null)

function ask(request: Omit<PickRequest, 'answer'>): Promise<string | null> {
  pickRequest.value?.answer(null) // a second request calls the first one off
  return new Promise((resolve) => {
    pickRequest.value = {
      ...request,
      answer: (path) => {
        pickRequest.value = null
        resolve(path)
      },
    }
  })
}

/** What Electron's main process does, as far as a browser can: pickers over the server's folders, downloads, its own notifications. */
export function createBrowserCalls(): Pick<Desktop, DesktopCall> {
  return {
    pickFolder: ({ title = 'Choose a folder', startAt, mayCreate = false }) => ask({ kind: 'folder', title, startAt, mayCreate, filters: [] }),
    pickFile: ({ title = 'Choose a file', startAt, filters = [] }) => ask({ kind: 'file', title, startAt, mayCreate: false, filters }),
    saveFile: async ({ name, content }) => {
      download(name, content.kind === 'text'
        ? new Blob([content.text], { type: 'text/plain;charset=utf-8' })
        : new Blob([Uint8Array.from(atob(content.base64), character => character.charCodeAt(0))]))
      return name
    },
    notify: async ({ title, body, route }) => {
      if (typeof Notification !== 'undefined' && Notification.permission === 'granted') {
        const notification = new Notification(title, { body, tag: `${title}${route ?? ''}` })
        notification.onclick = () => {
          window.focus()
          if (route)
            location.hash = `#${route}`
        }
      }
      return null
    },
    // A browser has no task bar of ours: the tab's title says how far it is (AppFrame).
    setProgress: async () => null,
    setBadge: async ({ count }) => {
      await navigator.setAppBadge?.(count).catch(() => {}) // browsers allow it to installed pages only
      return null
    },
    setTheme: async () => null,
    openExternal: async ({ url }) => {
      window.open(url, '_blank', 'noopener,noreferrer')
      return null
    },
  }
}

function download(name: string, blob: Blob): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(blob)
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000) // a browser begins a download after the click has returned
}
