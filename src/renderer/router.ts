import type { Component } from 'vue'
import type { RouteRecordRaw } from 'vue-router'
import type { IconName } from './components/icons.ts'
import { createRouter, createWebHashHistory } from 'vue-router'

/** A screen: the only place that says its address, name, icon and place in the menu. */
export interface Screen {
  name: string
  path: string
  /** In the header, the menu, the palette and the window's title. */
  title: string
  icon: IconName
  /** Digit of its shortcut with Alt; screens with one stand in the menu, in the order of their digits. */
  digit?: number
  /** Where the menu leads, if the path has parameters. */
  menuPath?: string
  /** What it holds belongs to one path: another one begins anew. */
  isPerPath?: boolean
  view: () => Promise<{ default: Component }>
}

export const screens: readonly Screen[] = [
  { name: 'overview', path: '/', title: 'Overview', icon: 'layout-dashboard', digit: 1, view: () => import('./views/overview/OverviewView.vue') },
  { name: 'studies', path: '/studies', title: 'Studies', icon: 'adjustments-horizontal', digit: 4, view: () => import('./views/studies/StudiesView.vue') },
  { name: 'stages', path: '/studies/:name', title: 'Stages', icon: 'adjustments-horizontal', view: () => import('./views/stages/StagesView.vue') },
  { name: 'datasets', path: '/datasets', title: 'Data sets', icon: 'database', digit: 2, view: () => import('./views/datasets/DatasetsView.vue') },
  { name: 'dataset', path: '/datasets/:name', title: 'Data set', icon: 'database', isPerPath: true, view: () => import('./views/dataset/DatasetView.vue') },
  { name: 'teachers', path: '/teachers', title: 'Teachers', icon: 'school', digit: 3, view: () => import('./views/teachers/TeachersView.vue') },
  { name: 'runs', path: '/runs', title: 'Runs', icon: 'player-play', digit: 5, view: () => import('./views/runs/RunsView.vue') },
  { name: 'run', path: '/runs/:key', title: 'Run', icon: 'player-play', isPerPath: true, view: () => import('./views/run/RunView.vue') },
  { name: 'compare', path: '/compare', title: 'Compare', icon: 'git-compare', digit: 6, view: () => import('./views/compare/CompareView.vue') },
  { name: 'tables', path: '/tables/:study?/:name?', title: 'Tables', icon: 'table', digit: 7, menuPath: '/tables', view: () => import('./views/tables/TablesView.vue') },
  { name: 'try', path: '/try', title: 'Try', icon: 'photo-scan', digit: 8, view: () => import('./views/try/TryView.vue') },
]

/** Screens of the menu, in its order. */
export const menuScreens: readonly Screen[] = screens
  .filter(({ digit }) => digit !== undefined)
  .sort((a, b) => a.digit! - b.digit!)

/** The address lives behind the hash: behind the page's own lie files alone. */
export function createAppRouter(): ReturnType<typeof createRouter> {
  const routes: RouteRecordRaw[] = screens.map(({ name, path, title, isPerPath, view }) => ({ name, path, component: view, meta: { title, isPerPath } }))
  routes.push({ path: '/:rest(.*)*', name: 'nowhere', component: () => import('./views/NowhereView.vue'), meta: { title: 'Not found' } })
  return createRouter({ history: createWebHashHistory(), routes })
}
