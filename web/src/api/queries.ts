// What pages ask for, cached. Definitions change with a new pack only; measured values with every submission.
import { keepPreviousData, QueryClient, useQuery } from '@tanstack/react-query'
import { ApiProblem, everyRow, get, type GetPath, type Page, type Query, type QueryFor, type RowOf, type TablePath, type VariablesOf } from './client'
import { lookedAt } from '../lib/period'
import { useUrl } from '../lib/url'

const MINUTE = 60_000

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: MINUTE / 2,
      refetchOnWindowFocus: false,
      // A refusal does not change by asking again; a broken connection may.
      retry: (count, error) => count < 2 && error instanceof ApiProblem && (error.status === 0 || error.status >= 502),
    },
  },
})

/** One answer of the server. */
export function useAnswer<P extends GetPath>(
  path: P,
  variables: VariablesOf<P>,
  query: QueryFor<P> | Query = {},
  options: { enabled?: boolean; staleTime?: number } = {},
) {
  return useQuery({
    queryKey: [path, variables, query],
    queryFn: ({ signal }) => get(path, variables, query, signal),
    ...options,
  })
}

/** One page of a table; the page before stays until the next is there. */
export function useTablePage<P extends TablePath>(path: P, variables: VariablesOf<P>, query: Query, enabled = true) {
  return useQuery({
    queryKey: [path, variables, query],
    queryFn: async ({ signal }) => (await get(path, variables, query, signal)) as unknown as Page<RowOf<P>>,
    placeholderData: keepPreviousData,
    enabled,
  })
}

/** Every row of a table. */
export function useEveryRow<P extends TablePath>(path: P, variables: VariablesOf<P>, options: { enabled?: boolean; staleTime?: number } = {}) {
  return useQuery({
    queryKey: [path, variables, 'every row'],
    queryFn: ({ signal }) => everyRow(path, variables, {}, signal),
    ...options,
  })
}

/** Region, months, pickers. */
export function useMeta() {
  return useAnswer('/api/meta', {}, {}, { staleTime: 5 * MINUTE })
}

/** The region's name, as pages call all of it together. */
export function useRegion(): string {
  return useMeta().data?.region ?? '全区域'
}

/** The day for which a plan is looked at: the address's own, else that of its period. */
export function useAsOf(): string | undefined {
  const [url] = useUrl()
  const today = useMeta().data?.today
  return url.as_of ?? (url.period && today ? lookedAt(url.period, today) : undefined)
}

/** An indicator's definition. */
export function useIndicator(id: string, enabled = true) {
  return useAnswer('/api/indicators/{id}', { id }, {}, { enabled, staleTime: 10 * MINUTE })
}
