import { useStorage } from '@vueuse/core'
import { defineStore } from 'pinia'

/** More than these cannot be told apart side by side. */
export const mostCompared = 8

/** Runs chosen for a comparison, kept while other screens are looked at. */
export const useSelectionStore = defineStore('selection', () => {
  const keys = useStorage<string[]>('facet.selection', [], sessionStorage)
  return { keys }
})
