// Which value is being explained stands in the address, so that an explanation can be sent on.
import { useCallback } from 'react'
import { useUrl } from './url'

/** A value to explain. */
export interface Explained {
  indicator: string
  period: string
  by: string
  institution?: string
  department?: string
  /** As the data were known at this moment; now when not given. */
  known?: string
  /** `sums`, `rows` or `files`. */
  tab?: string
}

/** The state of the drawer's tables when one is opened anew. */
export const FIRST = { x_page: undefined, x_size: undefined, x_sort: undefined, x_filter: undefined, x_search: undefined }

const NONE = {
  explain: undefined,
  explain_period: undefined,
  explain_by: undefined,
  explain_institution: undefined,
  explain_department: undefined,
  explain_known: undefined,
  explain_tab: undefined,
  explain_part: undefined,
  ...FIRST,
}

export function useExplain() {
  const [url, setUrl] = useUrl()
  const value: Explained | undefined =
    url.explain && url.explain_period
      ? {
          indicator: url.explain,
          period: url.explain_period,
          by: url.explain_by ?? 'region',
          institution: url.explain_institution,
          department: url.explain_department,
          known: url.explain_known,
          tab: url.explain_tab,
        }
      : undefined
  const open = useCallback(
    (wanted: Explained) =>
      setUrl(
        {
          ...NONE,
          explain: wanted.indicator,
          explain_period: wanted.period,
          explain_by: wanted.by,
          explain_institution: wanted.institution,
          explain_department: wanted.department,
          explain_known: wanted.known,
          explain_tab: wanted.tab,
        },
        { push: true },
      ),
    [setUrl],
  )
  const close = useCallback(() => setUrl(NONE), [setUrl])
  return { value, open, close }
}
