import { EventEmitter } from 'node:events'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { pathToFileURL } from 'node:url'
import { startChromium } from './cdp.mjs'
import { preloadElectron, wire, worldBridge } from './wire.mjs'

const { encode, decode } = wire()

/** One process for each folder of user data, as Electron has it; a second one is told no and tells the first (SIGUSR2). */
function takeSingleInstance() {
  const folder = app.getPath('userData')
  const file = join(folder, 'SingletonLock')
  mkdirSync(folder, { recursive: true })
  const other = existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0
  try {
    if (other && other !== process.pid) {
      process.kill(other, 'SIGUSR2')
      return false
    }
  }
  catch {
    // It is gone.
  }
  writeFileSync(file, String(process.pid))
  process.on('SIGUSR2', () => app.emit('second-instance', {}, process.argv, process.cwd()))
  process.on('exit', () => rmSync(file, { force: true }))
  return true
}
const ready = Promise.withResolvers()
const windows = new Set()
let chromium
let application = { root: '.', manifest: {} }

/** Electron's `preventDefault` event; true when no listener prevented it. */
function allowed(emitter, name, ...args) {
  let prevented = false
  emitter.emit(name, { preventDefault: () => (prevented = true) }, ...args)
  return !prevented
}

export async function boot(given) {
  application = given
  const switches = (process.env.STANDIN_SWITCHES ?? '').split(' ').filter(s => s && !s.startsWith('--remote-debugging'))
  chromium = await startChromium(process.getuid?.() === 0 ? ['--no-sandbox', ...switches] : switches)
  chromium.root.on('Target.targetDestroyed', ({ targetId }) => webContents.fromDevToolsTargetId(targetId)?.destroyed())
  chromium.root.on('Target.targetCreated', ({ targetInfo }) => {
    const opener = webContents.fromDevToolsTargetId(targetInfo.openerId)
    if (opener?.openHandler({ url: targetInfo.url }).action === 'deny')
      void chromium.root.send('Target.closeTarget', { targetId: targetInfo.targetId })
  })
  await chromium.root.send('Target.setDiscoverTargets', { discover: true })
  ready.resolve()
  app.emit('ready')
}

class App extends EventEmitter {
  isPackaged = false
  badgeCount = 0
  commandLine = { appendSwitch() {}, hasSwitch: () => false, getSwitchValue: () => '' }
  whenReady = () => ready.promise
  isReady = () => chromium !== undefined
  getVersion = () => application.manifest.version
  getName = () => application.manifest.productName ?? application.manifest.name
  getAppPath = () => application.root
  getPath = name => process.env[`STANDIN_${name.toUpperCase()}`] ?? { home: homedir(), temp: tmpdir() }[name] ?? join(process.env.STANDIN_DATA ?? join(tmpdir(), 'standin'), this.getName(), name)
  requestSingleInstanceLock = () => takeSingleInstance()
  setBadgeCount = count => void (this.badgeCount = count)
  quit() {
    if (!allowed(this, 'before-quit'))
      return
    windows.forEach(w => w.close())
    if (windows.size === 0)
      this.exit(allowed(this, 'will-quit') ? 0 : undefined)
    this.quitting = true
  }

  exit(code = 0) {
    this.emit('quit', {}, code)
    process.exit(code)
  }
}
export const app = new App()
process.on('SIGTERM', () => app.exit(143)).on('SIGINT', () => app.exit(130))

class IpcMain extends EventEmitter {
  handlers = new Map()
  handle(channel, handler) {
    if (this.handlers.has(channel))
      throw new Error(`Attempted to register a second handler for '${channel}'`)
    this.handlers.set(channel, handler)
  }

  removeHandler = channel => this.handlers.delete(channel)
}
export const ipcMain = new IpcMain()

class WebContents extends EventEmitter {
  openHandler = () => ({ action: 'allow' })
  queue = Promise.withResolvers()
  constructor(window, { preload } = {}) {
    super()
    this.window = window
    this.page = ready.promise.then(() => this.open(preload))
    this.page.catch(error => app.emit('standin-error', error))
  }

  async open(preload) {
    const { targetId } = await chromium.root.send('Target.createTarget', { url: 'about:blank', newWindow: true, width: this.window.options?.width ?? 800, height: this.window.options?.height ?? 600 })
    this.targetId = targetId
    const { sessionId } = await chromium.root.send('Target.attachToTarget', { targetId, flatten: true })
    const page = chromium.session(sessionId)
    page.on('Runtime.executionContextCreated', ({ context }) => context.name === 'preload' && (this.preloadContext = context.id))
    page.on('Runtime.bindingCalled', ({ name, payload }) => name === 'standinPost' && this.receive(decode(payload)))
    page.on('Runtime.bindingCalled', ({ name, payload }) => name === 'standinOpen' && this.openHandler({ url: payload }).action === 'allow' && void chromium.root.send('Target.createTarget', { url: payload }))
    page.on('Page.domContentEventFired', () => this.emit('dom-ready'))
    page.on('Page.loadEventFired', () => {
      this.emit('did-finish-load')
      this.window.emit('ready-to-show')
    })
    page.on('Runtime.exceptionThrown', ({ exceptionDetails: d }) => process.stderr.write(`${d.exception?.description ?? d.text}\n`))
    page.on('Page.javascriptDialogOpening', () => page.send('Page.handleJavaScriptDialog', { accept: true }))
    await page.send('Page.enable')
    await page.send('Runtime.addBinding', { name: 'standinPost', executionContextName: 'preload' })
    // A popup that is closed while it starts would leave the page that opened it waiting: the handler is asked before there is one.
    await page.send('Runtime.addBinding', { name: 'standinOpen' })
    await page.send('Page.addScriptToEvaluateOnNewDocument', { source: `{
      const ask = globalThis.standinOpen
      delete globalThis.standinOpen
      globalThis.open = (url = '') => { ask(new URL(url, location).href); return null }
    }` })
    const inTop = body => `if (self === top) { const codec = (${wire})(); ${body} }`
    await page.send('Page.addScriptToEvaluateOnNewDocument', { source: inTop(`(${worldBridge})('main', 'preload', codec)`) })
    await page.send('Page.addScriptToEvaluateOnNewDocument', {
      worldName: 'preload',
      source: inTop(`
        const electron = (${preloadElectron})(codec, (${worldBridge})('preload', 'main', codec));
        const require = (name) => { if (name === 'electron') return electron; throw new Error('module not found: ' + name) };
        (function (require, module, exports, process) { ${preload ? readFileSync(preload, 'utf8') : ''} })(require, { exports: {} }, {}, { platform: ${JSON.stringify(process.platform)}, versions: {}, env: {} });
      `),
    })
    await page.send('Runtime.enable')
    page.on('Fetch.requestPaused', event => void this.judge(page, event))
    await page.send('Fetch.enable', { patterns: [{ resourceType: 'Document' }, { urlPattern: `https://*${carrier}/*` }] })
    return page
  }

  /** A document that the page wants to go to by itself: `will-navigate` may prevent it, as in Electron. */
  async judge(page, { requestId, request, frameId, resourceType }) {
    const url = schemeUrl(request.url)
    const isOurs = url.split('#')[0] === this.url?.split('#')[0]
    const isTop = frameId === this.targetId
    const goesOn = isOurs || !isTop || resourceType !== 'Document' || allowed(this, 'will-navigate', url)
    if (goesOn && url !== request.url)
      return page.send('Fetch.fulfillRequest', { requestId, ...await answerOf(url, request.method) }).catch(() => {})
    await page.send(goesOn ? 'Fetch.continueRequest' : 'Fetch.failRequest', { requestId, ...!goesOn && { errorReason: 'Aborted' } }).catch(() => {})
  }

  async receive({ id, channel, args }) {
    const event = { sender: this, senderFrame: { url: this.url }, reply: (c, ...a) => this.send(c, ...a) }
    if (id === undefined)
      return ipcMain.emit(channel, event, ...args)
    const handler = ipcMain.handlers.get(channel)
    try {
      if (!handler)
        throw new Error(`No handler registered for '${channel}'`)
      await this.deliver({ id, value: await handler(event, ...args) })
    }
    catch (error) {
      await this.deliver({ id, error: String(error) })
    }
  }

  send(channel, ...args) {
    const text = encode({ channel, args }) // throws at the caller, as Electron does
    this.ordered = Promise.resolve(this.ordered).then(() => this.deliver(text))
  }

  async deliver(message) {
    const page = await this.page
    const text = typeof message === 'string' ? message : encode(message)
    await page.send('Runtime.evaluate', { expression: `standinReceive(${JSON.stringify(text)})`, contextId: this.preloadContext }).catch(() => {})
  }

  async loadURL(url) {
    const page = await this.page
    this.url = url
    const loaded = new Promise(resolve => page.once('Page.loadEventFired', resolve))
    const { errorText } = await page.send('Page.navigate', { url: carriedUrl(url) })
    if (errorText)
      throw new Error(`${errorText} (-2) loading '${url}'`)
    await loaded
  }

  async executeJavaScript(expression) {
    const { result, exceptionDetails } = await (await this.page).send('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true })
    if (exceptionDetails)
      throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text)
    return result.value
  }

  setWindowOpenHandler = handler => void (this.openHandler = handler)
  getURL = () => this.url ?? ''
  isDestroyed = () => !windows.has(this.window)
  reload = async () => (await this.page).send('Page.reload')
  close = () => this.window.close()
  openDevTools() {}
  destroyed() {
    if (!windows.delete(this.window))
      return
    this.window.emit('closed')
    if (windows.size > 0)
      return
    if (app.quitting)
      app.exit()
    else if (!app.emit('window-all-closed'))
      app.quit()
  }
}
export const webContents = {
  getAllWebContents: () => [...windows].map(w => w.webContents),
  fromDevToolsTargetId: id => webContents.getAllWebContents().find(c => id && c.targetId === id),
}

export class BrowserWindow extends EventEmitter {
  static getAllWindows = () => [...windows]
  static fromWebContents = contents => contents?.window ?? null
  static getFocusedWindow = () => [...windows].at(-1) ?? null
  constructor(options = {}) {
    super()
    this.options = options
    this.webContents = new WebContents(this, options.webPreferences)
    windows.add(this)
    app.emit('browser-window-created', {}, this)
  }

  loadURL = url => this.webContents.loadURL(url)
  loadFile = path => this.webContents.loadURL(pathToFileURL(resolve(application.root, path)).href)
  isDestroyed = () => !windows.has(this)
  isVisible = () => this.visible ?? this.options.show !== false
  show = () => void (this.visible = true)
  hide = () => void (this.visible = false)
  focus() {}
  setTitle = title => void (this.title = title)
  isMinimized = () => false
  isMaximized = () => this.maximized ?? false
  restore() {}
  maximize = () => this.setMaximized(true)
  unmaximize = () => this.setMaximized(false)
  setMaximized(maximized) {
    this.maximized = maximized
    this.emit(maximized ? 'maximize' : 'unmaximize')
  }

  setProgressBar = (progress, options = {}) => void (this.progress = { progress, ...options })
  getBounds = () => ({ x: this.options.x ?? 0, y: this.options.y ?? 0, width: this.options.width ?? 800, height: this.options.height ?? 600 })
  getNormalBounds = () => this.getBounds()
  setBounds(bounds) {
    Object.assign(this.options, bounds)
    this.emit('resize')
    this.emit('move')
  }

  close() {
    if (allowed(this, 'close'))
      this.destroy()
  }

  async destroy() {
    await this.webContents.page
    await chromium.root.send('Target.closeTarget', { targetId: this.webContents.targetId })
  }
}

class MenuItem {
  constructor(options) {
    Object.assign(this, { enabled: true, visible: true }, options)
    this.submenu = Array.isArray(options.submenu) ? Menu.buildFromTemplate(options.submenu) : options.submenu
    this.click = (event, window = BrowserWindow.getFocusedWindow()) => options.click?.(this, window, event)
  }
}
export class Menu {
  static application = null
  static setApplicationMenu = menu => void (Menu.application = menu)
  static getApplicationMenu = () => Menu.application
  static buildFromTemplate = template => Object.assign(new Menu(), { items: template.map(options => new MenuItem(options)) })
  getMenuItemById = id => this.items.flatMap(i => [i, ...(i.submenu?.items ?? [])]).find(i => i.id === id) ?? null
  popup() {}
}

function unanswered(name) {
  return async () => {
    throw new Error(`dialog.${name}: the test has to replace this, as there is nobody to answer`)
  }
}
export const dialog = Object.fromEntries(['showOpenDialog', 'showSaveDialog', 'showMessageBox'].map(name => [name, unanswered(name)]))
export const shell = { openExternal: async url => void (shell.opened ??= []).push(url), showItemInFolder() {}, openPath: async () => '' }
export const nativeTheme = Object.assign(new EventEmitter(), { themeSource: 'system', shouldUseDarkColors: false })

/** Schemes of the app's own, which Chromium outside Electron does not know: their addresses travel as https ones of hosts that nobody has. */
const carrier = '.standin.invalid'
const schemes = new Map()
export const protocol = { registerSchemesAsPrivileged: list => list.forEach(({ scheme }) => schemes.set(scheme, undefined)) }

function carriedUrl(url) {
  const { protocol, host, pathname, search, hash } = new URL(url)
  const scheme = protocol.slice(0, -1)
  return schemes.has(scheme) ? `https://${host}.${scheme}${carrier}${pathname}${search}${hash}` : url
}

/** The address as the app means it. */
function schemeUrl(carried) {
  const { host, pathname, search, hash } = URL.parse(carried) ?? { host: '' }
  if (!host.endsWith(carrier))
    return carried
  const [name, scheme] = host.slice(0, -carrier.length).split('.')
  return `${scheme}://${name}${pathname}${search}${hash}`
}

/** What the app's handler answers, as Chromium's DevTools protocol takes it. */
async function answerOf(url, method) {
  const response = await schemes.get(url.split(':')[0])(new Request(url, { method }))
  return {
    responseCode: response.status,
    responseHeaders: [...response.headers].map(([name, value]) => ({ name, value })),
    body: Buffer.from(await response.arrayBuffer()).toString('base64'),
  }
}

/** Permissions are asked of the handlers that the app set, by tests: a headless page has nobody to ask. */
class Session extends EventEmitter {
  protocol = {
    handle(scheme, handler) {
      if (!schemes.has(scheme))
        throw new Error(`The scheme ${scheme} was not registered before the app was ready`)
      schemes.set(scheme, handler)
    },
  }

  setPermissionRequestHandler = handler => void (this.permissionRequestHandler = handler)
  setPermissionCheckHandler = handler => void (this.permissionCheckHandler = handler)
  setDevicePermissionHandler = handler => void (this.devicePermissionHandler = handler)
}
export const session = { defaultSession: new Session() }

const display = { id: 1, bounds: { x: 0, y: 0, width: 1920, height: 1080 }, workArea: { x: 0, y: 0, width: 1920, height: 1040 }, scaleFactor: 1 }
export const screen = Object.assign(new EventEmitter(), { getAllDisplays: () => [display], getPrimaryDisplay: () => display })

export class Notification extends EventEmitter {
  static shown = []
  static isSupported = () => true
  constructor(options) {
    super()
    Object.assign(this, options)
  }

  show() {
    Notification.shown.push(this)
  }
}

export default { app, BrowserWindow, dialog, ipcMain, Menu, nativeTheme, Notification, protocol, screen, session, shell, webContents }
