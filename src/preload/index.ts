import type { PageBridge } from '#shared/bridge.ts'
import { contextBridge, ipcRenderer, webUtils } from 'electron'

/** All that the page gets of Electron. Each function goes to one fixed channel; what may be asked there is checked on the other side. */
const ask = (name: string) => (input: unknown) => ipcRenderer.invoke('facet:desktop', name, input)

const bridge: PageBridge = {
  call: (method, input) => ipcRenderer.invoke('facet:call', method, input),
  onEvent: listener => listen('facet:event', listener),
  onConnection: (listener) => {
    const stop = listen('facet:state', listener)
    void ipcRenderer.invoke('facet:state', 'state').then(({ value }) => listener(value))
    return stop
  },
  desktop: {
    pickFolder: ask('pickFolder'),
    pickFile: ask('pickFile'),
    saveFile: ask('saveFile'),
    notify: ask('notify'),
    setProgress: ask('setProgress'),
    setBadge: ask('setBadge'),
    setTheme: ask('setTheme'),
    openExternal: ask('openExternal'),
    dropPath: file => webUtils.getPathForFile(file) || null,
    onCommand: listener => listen('facet:command', listener),
  },
}

function listen<Args extends unknown[]>(channel: string, listener: (...args: Args) => void): () => void {
  const heard = (_event: unknown, ...args: unknown[]): void => listener(...args as Args)
  ipcRenderer.on(channel, heard)
  return () => ipcRenderer.off(channel, heard)
}

contextBridge.exposeInMainWorld('facet', bridge)
