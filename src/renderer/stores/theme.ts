import { usePreferredDark, useStorage } from '@vueuse/core'
import { defineStore } from 'pinia'
import { computed, watchEffect } from 'vue'

export type ThemeChoice = 'light' | 'dark' | 'system'

/** Light, dark or as the system says; remembered on this computer. */
export const useThemeStore = defineStore('theme', () => {
  const choice = useStorage<ThemeChoice>('facet.theme', 'system')
  const prefersDark = usePreferredDark()
  const isDark = computed(() => choice.value === 'dark' || (choice.value === 'system' && prefersDark.value))
  watchEffect(() => { document.documentElement.dataset.theme = isDark.value ? 'dark' : 'light' })
  const toggle = (): void => { choice.value = isDark.value ? 'light' : 'dark' }
  return { choice, isDark, toggle }
})
