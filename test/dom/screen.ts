import type { VueWrapper } from '@vue/test-utils'
import type { Component } from 'vue'
import type { Router } from 'vue-router'
import type { fakeClient } from './fake-client.ts'
import { mount } from '@vue/test-utils'
import { NDialogProvider, NMessageProvider } from 'naive-ui'
import { createPinia } from 'pinia'
import { defineComponent, h } from 'vue'
import { createMemoryHistory, createRouter } from 'vue-router'
import { clientKey } from '#renderer/client/client.ts'
import { desktopKey } from '#renderer/client/desktop.ts'
import { provideStudies } from '#renderer/composables/useStudies.ts'

/** Shows a component at an address as the frame does: with client, desktop, studies, dialogues and messages around it. */
export async function showScreen(screen: Component, { client, at, desktop = {}, props = {}, stubs = {} }: { client: ReturnType<typeof fakeClient>, at: string, desktop?: object, props?: object, stubs?: Record<string, Component | boolean> }): Promise<{ view: VueWrapper, router: Router }> {
  const path = at.split('?')[0]!
  const router = createRouter({ history: createMemoryHistory(), routes: [{ path: '/studies/:name', component: screen }, { path: '/:rest(.*)*', component: screen }] })
  await router.push(at)
  const inner = defineComponent({ setup: () => {
    provideStudies()
    return () => h(screen, { key: path, ...props })
  } })
  const view = mount(() => h(NMessageProvider, () => h(NDialogProvider, () => h(inner))), {
    attachTo: document.body,
    global: { plugins: [router, createPinia()], provide: { [clientKey as symbol]: client, [desktopKey as symbol]: desktop }, stubs },
  })
  return { view, router }
}
