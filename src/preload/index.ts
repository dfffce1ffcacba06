import { contextBridge } from 'electron'

contextBridge.exposeInMainWorld('facet', {})
