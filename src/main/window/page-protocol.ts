import type { Session } from 'electron'
import { protocol } from 'electron'
import { answerOwnPage, pageScheme } from '../security/page-answers.ts'

/** Tells Electron, before it is ready, that the page's scheme has origins and is as good as https. */
export function registerPageScheme(): void {
  protocol.registerSchemesAsPrivileged([{ scheme: pageScheme, privileges: { standard: true, secure: true, supportFetchAPI: true } }])
}

/** Answers the scheme's addresses from the folder of the built page, and from nowhere else. */
export function servePage(session: Session, root: string): void {
  session.protocol.handle(pageScheme, request => answerOwnPage(request, root))
}
