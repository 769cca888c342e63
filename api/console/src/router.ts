/** Which address shows which page, and to whom. The server decides what may be read; this only spares dead ends. */
import { createRouter, createWebHistory, type RouteRecordRaw } from 'vue-router'

import { ApiError, whenUnauthorized } from './api/http'
import type { Role } from './api/types'
import type { MessageKey } from './i18n/messages'
import { forgetSession, loadSession, role, signedIn } from './state/session'

declare module 'vue-router' {
  interface RouteMeta {
    title?: MessageKey
    roles?: readonly Role[]
    open?: boolean
    /** The phone's tab bar makes room for the page's own buttons. */
    focused?: boolean
    /** The page fills the screen and scrolls inside. */
    full?: boolean
  }
}

const PEOPLE: readonly Role[] = ['family', 'responder', 'admin']
const FLEET: readonly Role[] = ['operator', 'admin']

const routes: RouteRecordRaw[] = [
  // Never shown: the guard below sends everybody on once their role is known.
  { path: '/', name: 'home', component: { render: () => null } },
  {
    path: '/sign-in',
    name: 'sign-in',
    component: () => import('./pages/SignInPage.vue'),
    meta: { title: 'signin.title', open: true },
  },
  {
    path: '/incidents',
    name: 'incidents',
    component: () => import('./pages/IncidentsPage.vue'),
    meta: { title: 'incidents.title', roles: PEOPLE },
  },
  {
    path: '/incidents/:id(\\d+)',
    name: 'incident',
    component: () => import('./pages/IncidentPage.vue'),
    props: (route) => ({ incidentId: Number(route.params['id']) }),
    meta: { title: 'incidents.title', roles: PEOPLE, focused: true },
  },
  {
    path: '/a/:code',
    name: 'answer',
    component: () => import('./pages/AnswerPage.vue'),
    props: true,
    meta: { title: 'answer.title', open: true },
  },
  {
    path: '/map',
    name: 'map',
    component: () => import('./pages/MapPage.vue'),
    meta: { title: 'map.title', roles: PEOPLE, full: true },
  },
  {
    path: '/persons',
    name: 'persons',
    component: () => import('./pages/PersonsPage.vue'),
    meta: { title: 'persons.title', roles: ['family', 'admin'] },
  },
  {
    path: '/persons/:id(\\d+)',
    name: 'person',
    component: () => import('./pages/PersonPage.vue'),
    props: (route) => ({ personId: Number(route.params['id']) }),
    meta: { title: 'persons.title', roles: ['family', 'admin'] },
  },
  {
    path: '/devices',
    name: 'devices',
    component: () => import('./pages/DevicesPage.vue'),
    meta: { title: 'devices.title', roles: FLEET },
  },
  {
    path: '/quarantine',
    name: 'quarantine',
    component: () => import('./pages/QuarantinePage.vue'),
    meta: { title: 'quarantine.title', roles: FLEET },
  },
  { path: '/:rest(.*)*', name: 'missing', component: () => import('./pages/MissingPage.vue'), meta: { open: true } },
]

function homeOf(value: Role | null): string {
  if (value === 'operator') return 'devices'
  if (value === 'admin') return 'map'
  return value === 'family' ? 'persons' : 'incidents'
}

export const router = createRouter({
  history: createWebHistory(),
  routes,
  scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 },
})

router.beforeEach(async (to) => {
  if (to.meta.open) return true
  if (!signedIn.value) return { name: 'sign-in', query: to.path === '/' ? {} : { next: to.fullPath } }
  try {
    await loadSession()
  } catch (error) {
    // Without an answer the frame shows the error with a way to try again.
    if (error instanceof ApiError && error.status === 401) return false
  }
  if (to.name === 'home') return { name: homeOf(role.value) }
  if (to.meta.roles && role.value && !to.meta.roles.includes(role.value)) return { name: homeOf(role.value) }
  return true
})

whenUnauthorized(() => {
  if (!signedIn.value) return
  forgetSession()
  const from = router.currentRoute.value
  const next = from.meta.open ? undefined : from.fullPath
  void router.replace({ name: 'sign-in', query: { expired: '1', ...(next ? { next } : {}) } })
})
