import { onScopeDispose, shallowRef, watchEffect } from 'vue'

/** What the screen in sight is about, where its name alone does not say it; for the header and the window's title. */
export const pageTitle = shallowRef<string | null>(null)

/** Says what the screen is about, for as long as it is there. */
export function usePageTitle(title: () => string | null): void {
  watchEffect(() => { pageTitle.value = title() })
  onScopeDispose(() => { pageTitle.value = null })
}
