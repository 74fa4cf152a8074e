// Pages and their addresses. Each page is a bundle of its own.
import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router'
import { Shell } from './components/Shell'
import { Failure, Nothing } from './components/small'
import { parseSearch, stringifySearch } from './lib/url'

const root = createRootRoute({
  component: Shell,
  notFoundComponent: () => <Nothing>没有这个页面。请从左侧菜单重新选择。</Nothing>,
  errorComponent: ({ error, reset }) => <Failure error={error} retry={reset} />,
})

const page = <P extends string>(path: P, load: () => Promise<{ default: React.ComponentType }>) =>
  createRoute({ getParentRoute: () => root, path, component: lazyRouteComponent(load) })

const routes = root.addChildren([
  page('/', () => import('./pages/Overview')),
  page('/meeting', () => import('./pages/Meeting')),
  page('/bulletins', () => import('./pages/Bulletins')),
  page('/bulletins/$bulletin', () => import('./pages/Bulletin')),
  page('/alerts', () => import('./pages/Alerts')),
  page('/alerts/$alert', () => import('./pages/Alert')),
  page('/attention', () => import('./pages/Attention')),
  page('/plans', () => import('./pages/Plans')),
  page('/plans/$plan', () => import('./pages/Plan')),
  page('/plans/$plan/items/$item', () => import('./pages/PlanItem')),
  page('/indicators', () => import('./pages/Indicators')),
  page('/indicators/$id', () => import('./pages/Indicator')),
  page('/institutions', () => import('./pages/Institutions')),
  page('/institutions/$code', () => import('./pages/Institution')),
  page('/reports', () => import('./pages/Reports')),
  page('/reports/$dataset', () => import('./pages/Report')),
  page('/urging', () => import('./pages/Urging')),
  page('/submissions', () => import('./pages/Submissions')),
  page('/submissions/$id', () => import('./pages/Submission')),
  page('/submit', () => import('./pages/Submit')),
  page('/datasets', () => import('./pages/Datasets')),
  page('/datasets/$id', () => import('./pages/Dataset')),
  page('/definitions', () => import('./pages/Definitions')),
  page('/definitions/$kind/$id', () => import('./pages/Definition')),
])

export const router = createRouter({
  routeTree: routes,
  parseSearch,
  stringifySearch,
  defaultPreload: 'intent',
  defaultPreloadStaleTime: 0,
  scrollRestoration: true,
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
