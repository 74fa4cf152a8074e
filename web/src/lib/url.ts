// Every filter of a page lives in its address, so that a link shows what the sender saw.
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useCallback } from 'react'

export type Params = Record<string, string | undefined>

/** Reads an address's query: plain texts, no JSON, so that links can be written by hand. */
export function parseSearch(text: string): Params {
  return Object.fromEntries(new URLSearchParams(text))
}

/** Writes it back; what is not set is left out. */
export function stringifySearch(params: Record<string, unknown>): string {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(params)) {
    if (value !== undefined && value !== null && value !== '') search.set(name, String(value))
  }
  const text = search.toString()
  return text ? `?${text}` : ''
}

/** The filter of a table as its address holds it: values by column. */
export const filtered = (filter: Record<string, string[]>) => JSON.stringify(filter)

/** Reads it back; what cannot be read filters nothing. */
export function parseFilter(text: string | undefined): Record<string, string[]> {
  try {
    return text ? (JSON.parse(text) as Record<string, string[]>) : {}
  } catch {
    return {}
  }
}

/** The day or period for which a plan is looked at, to go on with from page to page. */
export const asSeen = ({ as_of, period }: Params): Params => ({ as_of, period })

/** The page's parameters, and how to change some of them. */
export function useUrl(): [Params, (patch: Params, options?: { push?: boolean }) => void] {
  const params = useSearch({ strict: false }) as Params
  const navigate = useNavigate()
  const change = useCallback(
    (patch: Params, options: { push?: boolean } = {}) => {
      void navigate({
        to: '.',
        search: ((before: Params) => ({ ...before, ...patch })) as never,
        replace: !options.push,
        resetScroll: false,
      })
    },
    [navigate],
  )
  return [params, change]
}
