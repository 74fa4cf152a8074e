// How numbers, dates and periods are printed.

const ZONE = 'Asia/Shanghai'
const whole = new Intl.NumberFormat('zh-CN', { maximumFractionDigits: 0 })
const upToTwo = new Intl.NumberFormat('zh-CN', { maximumFractionDigits: 2 })
const moment = new Intl.DateTimeFormat('zh-CN', {
  timeZone: ZONE,
  year: 'numeric',
  month: 'numeric',
  day: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  hour12: false,
})

/** What stands where there is nothing to print. */
export const NONE = '—'

/** What rounds to nothing has no sign; `signDisplay` says so too, but older browsers refuse it. */
const unsigned = (text: string) => (text === '-0' ? '0' : text)

/** 12,345 or —. */
export function count(value: number | null | undefined): string {
  return value == null ? NONE : unsigned(whole.format(value))
}

/** 1,234.56 with at most two digits after the point, or —. */
export function decimal(value: number | null | undefined): string {
  return value == null ? NONE : unsigned(upToTwo.format(value))
}

/** 1.2%; two digits below 1 %, so that a small rate is not printed as 0. */
export function percent(value: number | null | undefined): string {
  if (value == null) return NONE
  return `${value.toFixed(value !== 0 && Math.abs(value) < 1 ? 2 : 1)}%`
}

/** 1.5 MB */
export function bytes(value: number): string {
  if (value < 1000) return `${value} B`
  if (value < 1_000_000) return `${(value / 1000).toFixed(1)} KB`
  return `${(value / 1_000_000).toFixed(1)} MB`
}

/** 2024-03 → 2024年3月; 2024-Q1 → 2024年第1季度; 2024 → 2024年; 2024-01..2024-10 → 2024年1–10月. */
export function period(text: string | null | undefined): string {
  if (!text) return NONE
  const quarter = /^(\d{4})-Q([1-4])$/.exec(text)
  if (quarter) return `${quarter[1]}年第${quarter[2]}季度`
  const month = /^(\d{4})-(\d{2})$/.exec(text)
  if (month) return `${month[1]}年${Number(month[2])}月`
  const span = /^(\d{4})-(\d{2})\.\.(\d{4})-(\d{2})$/.exec(text)
  if (span) {
    const [, from, first, to, last] = span
    return from === to ? `${from}年${Number(first)}–${Number(last)}月` : `${from}年${Number(first)}月–${to}年${Number(last)}月`
  }
  return /^\d{4}$/.test(text) ? `${text}年` : text
}

/** 2024-03-05 → 2024年3月5日. */
export function date(text: string | null | undefined): string {
  const parts = /^(\d{4})-(\d{2})-(\d{2})/.exec(text ?? '')
  return parts ? `${parts[1]}年${Number(parts[2])}月${Number(parts[3])}日` : NONE
}

/** A moment in China's zone: 2024年3月5日 14:05. */
export function time(text: string | null | undefined): string {
  if (!text) return NONE
  const parts = Object.fromEntries(moment.formatToParts(new Date(text)).map((part) => [part.type, part.value]))
  return `${parts.year}年${parts.month}月${parts.day}日 ${parts.hour}:${parts.minute}`
}

/** Value with its unit: `12.3%`, `8.1 天`. */
export function withUnit(display: string, unit: string): string {
  if (!unit || display === NONE) return display
  return /^[%‰]/.test(unit) ? `${display}${unit}` : `${display} ${unit}`
}
