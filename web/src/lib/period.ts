// Periods of the same text form as the server's: 2024-03, 2024-Q1, 2024; a span such as a year so
// far is 2024-01..2024-10 and counts as months.

export type Grain = 'month' | 'quarter' | 'year'

/** Length of a period. */
export function grainOf(period: string): Grain {
  if (period.includes('Q')) return 'quarter'
  return period.length === 4 ? 'year' : 'month'
}

/** Whether it is one month. */
export const isMonth = (period: string | undefined) => /^\d{4}-\d{2}$/.test(period ?? '')

/** The period of a grain in which a month lies. */
export function containing(month: string, grain: Grain): string {
  const [year = '', number = '01'] = month.split('-')
  if (grain === 'year') return year
  if (grain === 'quarter') return `${year}-Q${Math.ceil(Number(number) / 3)}`
  return month
}

/** The month after a month. */
export function monthAfter(month: string): string {
  const [year = 0, number = 0] = month.split('-').map(Number)
  return number === 12 ? `${year + 1}-01` : `${year}-${String(number + 1).padStart(2, '0')}`
}

/** The last month of a period. */
export function lastMonth(period: string): string {
  const [, end] = period.split('..')
  if (end) return end
  const grain = grainOf(period)
  if (grain === 'month') return period
  if (grain === 'year') return `${period}-12`
  const [year, quarter = 'Q1'] = period.split('-')
  return `${year}-${String(Number(quarter.slice(1)) * 3).padStart(2, '0')}`
}

/**
 * The day on which the server looks at a plan for a period: the last of the month after it, when its
 * reports are in. Not given when that is still to come, which is today.
 */
export function lookedAt(period: string, today: string): string | undefined {
  const after = monthAfter(lastMonth(period))
  const [year = 0, month = 0] = after.split('-').map(Number)
  const day = `${after}-${new Date(Date.UTC(year, month, 0)).getUTCDate()}`
  return day < today ? day : undefined
}

/** Periods of a grain that these months lie in, newest first. */
export function periodsOf(months: string[], grain: Grain): string[] {
  return [...new Set(months.map((month) => containing(month, grain)))].sort().reverse()
}

/** The first period of a chart that ends with `period`: two years of months, three of quarters, all years. */
export function seriesStart(period: string, months: string[]): string | undefined {
  const grain = grainOf(period)
  const all = periodsOf(months, grain)
  const at = all.indexOf(period)
  const length = grain === 'month' ? 24 : grain === 'quarter' ? 12 : 10
  return at < 0 ? all.at(-1) : all[Math.min(at + length - 1, all.length - 1)]
}
