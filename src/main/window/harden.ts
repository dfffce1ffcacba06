import type { Session, WebContents } from 'electron'
import { shell } from 'electron'
import { isOpenOutside, isPermitted, isSamePage } from '../security/electron-rules.ts'

/** Denies a page everything it does not need: other documents, other windows, embedded ones. */
export function hardenContents(contents: WebContents, pageUrl: string): void {
  contents.setWindowOpenHandler(({ url }) => {
    if (isOpenOutside(url))
      void shell.openExternal(url)
    return { action: 'deny' }
  })
  const stay = (event: { preventDefault: () => void }, url: string): void => {
    if (!isSamePage(url, pageUrl))
      event.preventDefault()
  }
  contents.on('will-navigate', stay)
  contents.on('will-redirect', stay)
  contents.on('will-attach-webview', event => event.preventDefault())
}

/** Denies permission requests of all pages, asked aloud or looked up. */
export function hardenSession(session: Session): void {
  session.setPermissionRequestHandler((_contents, permission, answer) => answer(isPermitted(permission)))
  session.setPermissionCheckHandler((_contents, permission) => isPermitted(permission))
  session.setDevicePermissionHandler(() => false)
}
