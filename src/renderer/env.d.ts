/// <reference types="vite/client" />
import type { PageBridge } from '#shared/bridge.ts'

declare global {
  interface Window {
    /** Put there by the preload, in Electron only. */
    facet?: PageBridge
  }
}
