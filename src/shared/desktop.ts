import { z } from 'zod'
import { Path } from './contract/method.ts'
import { Problem } from './problem-schema.ts'

/** A kind of file as dialogs offer it: its name for people, endings without the dot. */
const FileFilter = z.strictObject({
  name: z.string().max(100),
  extensions: z.array(z.string().regex(/^[\w.*-]{1,20}$/)).min(1).max(20),
})

export const ThemeMode = z.enum(['system', 'light', 'dark'])
export type ThemeMode = z.infer<typeof ThemeMode>
export type FileFilter = z.infer<typeof FileFilter>

const Title = z.string().max(200)

/** What the page may ask of the desktop, by name: input and result. Electron's main process answers; a browser does what it can itself. */
export const desktopCalls = {
  pickFolder: {
    input: z.strictObject({
      title: Title.optional(),
      startAt: z.string().max(4096).optional(),
      mayCreate: z.boolean().default(false),
    }),
    result: z.string().nullable(),
  },
  pickFile: {
    input: z.strictObject({
      title: Title.optional(),
      startAt: z.string().max(4096).optional(),
      filters: z.array(FileFilter).max(10).default([]),
    }),
    result: z.string().nullable(),
  },
  saveFile: {
    input: z.strictObject({
      name: z.string().regex(/^[^/\\\0]{1,200}$/, 'a file name without folders'),
      content: z.discriminatedUnion('kind', [
        z.strictObject({ kind: z.literal('text'), text: z.string().max(64 << 20) }),
        z.strictObject({ kind: z.literal('base64'), base64: z.base64().max(64 << 20) }),
      ]),
      filters: z.array(FileFilter).max(10).default([]),
    }),
    result: z.string().nullable(),
  },
  notify: {
    input: z.strictObject({
      title: Title,
      body: z.string().max(1000).default(''),
      route: z.string().startsWith('/').max(500).optional().describe('Where a click on it leads'),
    }),
    result: z.null(),
  },
  setProgress: {
    input: z.strictObject({ fraction: z.number().min(0).max(1).nullable(), hasFailed: z.boolean().default(false) }),
    result: z.null(),
  },
  setBadge: {
    input: z.strictObject({ count: z.int().min(0).max(9999) }),
    result: z.null(),
  },
  setTheme: {
    input: z.strictObject({ mode: ThemeMode }),
    result: z.null(),
  },
  openExternal: {
    input: z.strictObject({ url: z.url().max(2000) }),
    result: z.null(),
  },
} as const

const FolderPath = Path

/** A workspace as the list of recent ones shows it. */
export const RecentWorkspace = z.strictObject({
  path: z.string(),
  name: z.string(),
  openedAtMs: z.number(),
  isThere: z.boolean().describe('Whether the folder still holds a workspace'),
})
export type RecentWorkspace = z.infer<typeof RecentWorkspace>

/** One entry of a folder of the machine that Facet runs on. */
export const BrowsedEntry = z.strictObject({
  name: z.string(),
  kind: z.enum(['folder', 'file']),
  sizeBytes: z.number().nullable(),
})

/** What is asked of the process in front of the workspace (Electron's main process, `facet serve`), workspace or not. */
export const frontCalls = {
  workspaces: {
    input: z.strictObject({}),
    result: z.strictObject({
      current: z.strictObject({ path: z.string(), name: z.string() }).nullable(),
      recent: z.array(RecentWorkspace),
      problem: Problem.nullable().describe('Why the workspace of the start could not be opened'),
      suggested: z.string().describe('Where a new one would go'),
    }),
  },
  openWorkspace: {
    input: z.strictObject({ path: FolderPath, create: z.boolean().default(false) }),
    result: z.strictObject({ path: z.string(), name: z.string() }),
  },
  forgetWorkspace: {
    input: z.strictObject({ path: FolderPath }),
    result: z.null(),
  },
  browse: {
    input: z.strictObject({
      path: FolderPath.optional().describe('Without it, the home folder'),
      extensions: z.array(z.string().max(20)).max(40).default([]).describe('Files to show, all where empty'),
      showsFiles: z.boolean().default(false),
    }),
    result: z.strictObject({
      path: z.string(),
      parent: z.string().nullable(),
      home: z.string(),
      entries: z.array(BrowsedEntry),
      isTruncated: z.boolean(),
      isWorkspace: z.boolean(),
    }),
  },
} as const

export type FrontCall = keyof typeof frontCalls
export type FrontInput<C extends FrontCall> = z.input<(typeof frontCalls)[C]['input']>
export type FrontParsed<C extends FrontCall> = z.output<(typeof frontCalls)[C]['input']>
export type FrontResult<C extends FrontCall> = z.output<(typeof frontCalls)[C]['result']>
/** How a front call is named on a carrier, apart from the contract's methods. */
export type FrontMethod = `front.${FrontCall}`

export type DesktopCall = keyof typeof desktopCalls
export type DesktopInput<C extends DesktopCall> = z.input<(typeof desktopCalls)[C]['input']>
export type DesktopResult<C extends DesktopCall> = z.output<(typeof desktopCalls)[C]['result']>

/** What an entry of the application menu asks the page for. */
export type MenuCommand
  = | { kind: 'route', route: string }
    | { kind: 'palette' | 'shortcuts' | 'open-workspace' }
    | { kind: 'theme', mode: ThemeMode }

/** The things around a window that a page cannot do by itself, in Electron and in a browser alike. */
export type Desktop = {
  [C in DesktopCall]: (input: DesktopInput<C>) => Promise<DesktopResult<C>>
} & {
  [C in FrontCall]: (input: FrontInput<C>) => Promise<FrontResult<C>>
} & {
  kind: 'electron' | 'browser'
  /** Where a dropped file lies; null where only its bytes are known, as in a browser. */
  dropPath: (file: File) => string | null
  /** Hears the application menu and clicked notifications. Returns the function that stops listening. */
  onCommand: (listener: (command: MenuCommand) => void) => () => void
}
