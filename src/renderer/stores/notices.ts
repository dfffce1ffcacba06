import { useStorage } from '@vueuse/core'
import { defineStore } from 'pinia'
import { computed } from 'vue'

/** Something that happened while nobody was looking, kept until it is read or cleared. */
export interface Notice {
  id: string
  title: string
  text: string
  tone: 'ok' | 'warn' | 'err'
  atMs: number
  /** Where it leads. */
  route: string
  isRead: boolean
}

const most = 50

/** The notices of the bell, newest first; they outlive the window. */
export const useNoticesStore = defineStore('notices', () => {
  const notices = useStorage<Notice[]>('facet.notices', [])
  const unread = computed(() => notices.value.filter(({ isRead }) => !isRead).length)
  return {
    notices,
    unread,
    /** Adds one, unless it is known already: several windows hear the same event. Returns whether it was news. */
    add: (notice: Omit<Notice, 'isRead'>): boolean => {
      if (notices.value.some(({ id }) => id === notice.id))
        return false
      notices.value = [{ ...notice, isRead: false }, ...notices.value].slice(0, most)
      return true
    },
    read: () => { notices.value = notices.value.map(notice => ({ ...notice, isRead: true })) },
    clear: () => { notices.value = [] },
  }
})
