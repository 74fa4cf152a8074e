// What the charts draw.
import type { CustomSeriesRenderItemAPI, CustomSeriesRenderItemParams } from 'echarts'
import type { EChartsCoreOption } from 'echarts/core'
import type { AlertSeries, Figure, Overview, PlanTarget, ValueRow } from '../api/types'
import { palette } from '../theme'
import { count, decimal, period as printed, withUnit } from './format'

const axis = {
  axisLine: { lineStyle: { color: '#aab4bf' } },
  axisTick: { show: false },
  axisLabel: { color: palette.inkSoft, fontSize: 12 },
  splitLine: { lineStyle: { color: '#e8ecf0' } },
}
const tooltip = { trigger: 'axis', confine: true, textStyle: { color: palette.ink, fontSize: 13 } }
const grid = { left: 8, right: 20, top: 24, bottom: 4, containLabel: true }

/** 2024-03 → 24年3月, for the narrow labels of an axis. */
const short = (text: string) => printed(text).replace(/^20/, '')
/** A tooltip's line; values come from files of others. */
const safe = (text: string) => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`)

/** A point: full when final, hollow while provisional. */
const point = (value: number | null | undefined, provisional: boolean, colour: string) => ({
  value: value ?? null,
  symbol: provisional ? 'emptyCircle' : 'circle',
  symbolSize: provisional ? 8 : 6,
  itemStyle: { color: colour },
})

/** Discharges by month. */
export function trendOption(trend: Overview['trend']): EChartsCoreOption {
  return {
    grid,
    tooltip: {
      ...tooltip,
      formatter: ([first]: { dataIndex: number }[]) => {
        const at = first && trend[first.dataIndex]
        if (!at) return ''
        return `${printed(at.period)}<br/>出院 <b>${count(at.discharges)}</b> 人次<br/>已报 ${at.reported} / 应报 ${at.due}${at.provisional ? '（暂定）' : ''}`
      },
    },
    xAxis: { type: 'category', data: trend.map((at) => short(at.period)), ...axis },
    yAxis: { type: 'value', ...axis, axisLabel: { ...axis.axisLabel, formatter: count } },
    series: [
      {
        type: 'line',
        name: '出院人次',
        data: trend.map((at) => point(at.discharges, at.provisional, palette.brand)),
        lineStyle: { width: 2, color: palette.brand },
        areaStyle: { color: palette.brandSoft },
      },
    ],
  }
}

/** An indicator over time: its values, their interval, its target. */
export function seriesOption(rows: ValueRow[]): EChartsCoreOption {
  const unit = rows[0]?.unit ?? ''
  const withInterval = rows.some((row) => row.interval)
  const target = rows.findLast((row) => row.target)?.target
  const describe = (row: ValueRow) =>
    [
      printed(row.period),
      row.value == null ? `未测量：${safe(row.not_measured_reason ?? '')}` : `<b>${withUnit(row.display, unit)}</b>`,
      row.interval && `95% 区间 ${row.interval.display}`,
      row.target && `目标 ${safe(row.target.display)}`,
      `已报 ${row.reported} / 应报 ${row.due}${row.observing ? '（观察期未满）' : row.provisional ? '（暂定）' : ''}`,
    ]
      .filter(Boolean)
      .join('<br/>')
  return {
    grid: { ...grid, top: 34, right: target ? 78 : 20 },
    tooltip: {
      ...tooltip,
      formatter: (points: { dataIndex: number }[]) => {
        const row = points[0] && rows[points[0].dataIndex]
        return row ? describe(row) : ''
      },
    },
    xAxis: { type: 'category', data: rows.map((row) => short(row.period)), boundaryGap: false, ...axis },
    yAxis: { type: 'value', scale: true, name: unit, nameTextStyle: { color: palette.inkSoft, align: 'left' }, ...axis },
    series: [
      ...(withInterval
        ? [
            { type: 'line', stack: 'interval', silent: true, symbol: 'none', lineStyle: { opacity: 0 }, data: rows.map((row) => row.interval?.low ?? null) },
            {
              type: 'line',
              stack: 'interval',
              silent: true,
              symbol: 'none',
              lineStyle: { opacity: 0 },
              areaStyle: { color: '#cfe0f5', opacity: 0.7 },
              data: rows.map((row) => (row.interval ? row.interval.high - row.interval.low : null)),
            },
          ]
        : []),
      {
        type: 'line',
        name: '值',
        z: 5,
        // What is still observed is lower than it will be: a line to it would look like a fall.
        data: rows.map((row) => point(row.observing ? null : row.value, row.provisional, palette.brand)),
        lineStyle: { width: 2.2, color: palette.brand },
        markLine: target && {
          silent: true,
          symbol: 'none',
          lineStyle: { color: palette.bad, type: 'dashed' },
          label: { formatter: `目标 ${target.display}`, color: palette.bad, position: 'end' },
          data: [{ yAxis: target.value }],
        },
      },
    ],
  }
}

/** The target that holds for every one of them, if there is such a one; targets differ by class. */
export function commonTarget(figures: Figure[]) {
  const [first] = figures
  return figures.every((row) => row.target?.display === first?.target?.display) ? (first?.target ?? undefined) : undefined
}

/** Height that the comparison of so many institutions needs. */
export const comparisonHeight = (rows: number) => Math.max(160, rows * 26 + 56)

/**
 * The stretch of the axis: all values, and their intervals as far as they leave the values apart.
 * A handful of patients gives an interval that would push everyone else into one line.
 */
export function comparisonRange(figures: Figure[]): { min: number; max: number; cut: boolean } {
  const values = figures.flatMap((row) => row.value ?? [])
  const lows = figures.flatMap((row) => row.interval?.low ?? [])
  const highs = figures.flatMap((row) => row.interval?.high ?? [])
  const targets = [commonTarget(figures)?.value].flatMap((value) => value ?? [])
  const least = Math.min(...values, ...targets)
  const most = Math.max(...values, ...targets)
  const room = (most - least || Math.abs(most) || 1) * 0.6
  const floor = least >= 0 ? Math.max(0, least - room) : least - room
  const min = Math.max(floor, Math.min(least, ...lows))
  const max = Math.min(most + room, Math.max(most, ...highs))
  return { min, max, cut: lows.some((low) => low < min) || highs.some((high) => high > max) }
}

/** Institutions side by side: each value as a dot with its interval, best on top. */
export function comparisonOption(figures: Figure[], region: Figure | undefined): EChartsCoreOption {
  const rows = [...figures].reverse() // the axis counts from below
  const unit = figures[0]?.unit ?? ''
  const name = (row: Figure) => row.institution?.name ?? ''
  const describe = (row: Figure) =>
    [
      safe(name(row)),
      `<b>${withUnit(row.display, unit)}</b>`,
      row.interval && `95% 区间 ${row.interval.display}`,
      row.denominator != null && `分母 ${count(row.denominator)}`,
      row.rank && `同级第 ${row.rank.rank} / ${row.rank.of}（${safe(row.rank.peers)}）`,
      row.observing ? '观察期未满' : row.provisional && '暂定',
    ]
      .filter(Boolean)
      .join('<br/>')
  const bar = (_: CustomSeriesRenderItemParams, api: CustomSeriesRenderItemAPI) => {
    const low = api.coord([api.value(1), api.value(0)])
    const high = api.coord([api.value(2), api.value(0)])
    const style = { stroke: '#6d8bb3', lineWidth: 2 }
    const line = (x1: number, y1: number, x2: number, y2: number) => ({ type: 'line' as const, shape: { x1, y1, x2, y2 }, style })
    const [x1 = 0, y = 0] = low
    const [x2 = 0] = high
    return { type: 'group' as const, children: [line(x1, y, x2, y), line(x1, y - 4, x1, y + 4), line(x2, y - 4, x2, y + 4)] }
  }
  const range = comparisonRange(figures)
  const target = commonTarget(figures)
  const lines = [
    region?.value != null && { xAxis: region.value, name: `${region.institution?.name ?? '全区域'} ${region.display}`, lineStyle: { color: palette.inkSoft, type: 'solid' } },
    target && {
      xAxis: target.value,
      name: `目标 ${target.display}`,
      lineStyle: { color: palette.bad, type: 'dashed' },
    },
  ].filter((line) => !!line)
  return {
    grid: { left: 196, right: 34, top: 40, bottom: 26 },
    tooltip: {
      ...tooltip,
      trigger: 'item',
      formatter: ({ dataIndex }: { dataIndex: number }) => {
        const row = rows[dataIndex]
        return row ? describe(row) : ''
      },
    },
    xAxis: {
      type: 'value',
      min: range.min,
      max: range.max,
      name: unit,
      ...axis,
      axisLabel: { ...axis.axisLabel, formatter: decimal, showMinLabel: false, showMaxLabel: false },
      nameTextStyle: { color: palette.inkSoft },
    },
    yAxis: {
      type: 'category',
      data: rows.map(name),
      ...axis,
      axisLabel: { ...axis.axisLabel, color: palette.ink, width: 184, overflow: 'truncate' },
      splitLine: { show: true, lineStyle: { color: '#f0f2f5' } },
    },
    series: [
      {
        type: 'custom',
        silent: true,
        clip: true,
        renderItem: bar,
        encode: { x: [1, 2], y: 0 },
        data: rows.flatMap((row, at) => (row.interval ? [[at, row.interval.low, row.interval.high]] : [])),
      },
      {
        type: 'line',
        z: 5,
        lineStyle: { opacity: 0 },
        cursor: 'pointer',
        data: rows.map((row, at) => ({
          value: [row.value, at],
          symbol: row.target_met === false ? 'diamond' : row.provisional ? 'emptyCircle' : 'circle',
          symbolSize: row.target_met === false ? 12 : 10,
          itemStyle: { color: row.target_met === false ? palette.bad : palette.brand },
        })),
        markLine: {
          silent: true,
          symbol: 'none',
          label: { formatter: '{b}', position: 'end', color: palette.ink, fontSize: 12 },
          data: lines,
        },
      },
    ],
  }
}

/** Departments as bars, longest on top. */
export function departmentOption(figures: Figure[]): EChartsCoreOption {
  const rows = [...figures].reverse()
  const unit = figures[0]?.unit ?? ''
  return {
    grid: { left: 150, right: 70, top: 16, bottom: 26 },
    tooltip: {
      ...tooltip,
      trigger: 'item',
      formatter: ({ dataIndex }: { dataIndex: number }) => {
        const row = rows[dataIndex]
        return row ? `${safe(row.department?.name ?? '')}<br/><b>${withUnit(row.display, unit)}</b><br/>分母 ${count(row.denominator)}` : ''
      },
    },
    xAxis: { type: 'value', name: unit, ...axis },
    yAxis: { type: 'category', data: rows.map((row) => row.department?.name ?? ''), ...axis, axisLabel: { ...axis.axisLabel, color: palette.ink, width: 138, overflow: 'truncate' } },
    series: [
      {
        type: 'bar',
        barMaxWidth: 16,
        cursor: 'pointer',
        itemStyle: { color: palette.brand },
        data: rows.map((row) => row.value ?? null),
        label: { show: true, position: 'right', color: palette.ink, formatter: ({ dataIndex }: { dataIndex: number }) => rows[dataIndex]?.display ?? '' },
      },
    ],
  }
}

/** A plan's target: months, the value so far, the bound, and where the end is expected. */
export function targetOption(target: PlanTarget): EChartsCoreOption {
  const { series, forecast } = target
  const months = series.map((at) => short(at.period))
  const end = forecast ? ['到期'] : []
  const describe = (at: PlanTarget['series'][number]) =>
    [printed(at.period), `当月 <b>${decimal(at.value)}</b>`, at.cumulative != null && `累计 <b>${decimal(at.cumulative)}</b>`, at.provisional && '暂定']
      .filter(Boolean)
      .join('<br/>')
  const bounds = [target.line, target.line_high].filter((bound) => bound != null)
  // Drawn by nobody: they stretch the axis, so that the bound and the interval stand in the picture.
  const stretch = [...bounds, forecast?.low, forecast?.high].flatMap((value) => value ?? [])
  return {
    grid: { ...grid, top: 34, right: 96 },
    tooltip: {
      ...tooltip,
      formatter: (points: { dataIndex: number }[]) => {
        const at = points[0] && series[points[0].dataIndex]
        return at ? describe(at) : safe(forecast?.display ?? '')
      },
    },
    legend: { top: 0, left: 0, data: ['当月', '累计', ...(forecast ? ['预测'] : [])], itemWidth: 18, textStyle: { color: palette.ink } },
    xAxis: { type: 'category', data: [...months, ...end], boundaryGap: true, ...axis },
    yAxis: { type: 'value', scale: true, ...axis },
    series: [
      {
        type: 'line',
        name: '当月',
        data: series.map((at) => point(at.value, at.provisional, palette.series[4])),
        lineStyle: { width: 1.4, color: palette.series[4] },
        itemStyle: { color: palette.series[4] },
      },
      {
        type: 'line',
        name: '累计',
        z: 5,
        data: series.map((at) => point(at.cumulative, at.provisional, palette.brand)),
        lineStyle: { width: 2.2, color: palette.brand },
        itemStyle: { color: palette.brand },
        markLine: bounds.length > 0 && {
          silent: true,
          symbol: 'none',
          lineStyle: { color: palette.bad, type: 'dashed' },
          label: { formatter: ({ value }: { value: number }) => `目标 ${decimal(value)}`, color: palette.bad, position: 'end' },
          data: bounds.map((bound) => ({ yAxis: bound })),
        },
      },
      ...stretch.map((value) => ({
        type: 'line',
        silent: true,
        symbol: 'none',
        lineStyle: { opacity: 0 },
        tooltip: { show: false },
        data: [...months.slice(1).map(() => null), value],
      })),
      ...(forecast
        ? [
            {
              type: 'line',
              name: '预测',
              data: [...series.map(() => null), { value: forecast.value, symbol: 'diamond', symbolSize: 11 }],
              itemStyle: { color: palette.series[1] },
              markLine: {
                silent: true,
                symbol: 'none',
                label: { show: false },
                lineStyle: { color: palette.series[1], width: 2, type: 'solid' },
                data: [[{ coord: [series.length, forecast.low] }, { coord: [series.length, forecast.high] }]],
              },
            },
          ]
        : []),
    ],
  }
}

/** The series behind an alert: its months, centre and limits, the target, and what alarmed. */
export function alertOption(of: AlertSeries): EChartsCoreOption {
  const describe = (at: AlertSeries['points'][number]) =>
    [printed(at.period), `<b>${safe(withUnit(at.display, of.unit))}</b>`, ...at.broken.map(safe), at.met === false && '未达目标', at.reason && safe(at.reason)]
      .filter(Boolean)
      .join('<br/>')
  const line = (value: number | null | undefined, name: string, color: string, type: 'solid' | 'dashed') =>
    value == null ? [] : [{ yAxis: value, name, lineStyle: { color, type }, label: { color } }]
  // The axis reaches to every line, not only to every point.
  const lines = [of.lower, of.upper, of.centre, of.target?.value].filter((value) => value != null)
  const room = {
    min: ({ min }: { min: number }) => Math.floor(Math.min(min, ...lines) * 10) / 10,
    max: ({ max }: { max: number }) => Math.ceil(Math.max(max, ...lines) * 10) / 10,
  }
  return {
    grid: { ...grid, top: 20, right: 104 },
    tooltip: {
      ...tooltip,
      formatter: (points: { dataIndex: number }[]) => {
        const at = points[0] && of.points[points[0].dataIndex]
        return at ? describe(at) : ''
      },
    },
    xAxis: { type: 'category', data: of.points.map((at) => short(at.period)), ...axis },
    yAxis: { type: 'value', scale: true, ...room, name: of.unit, nameTextStyle: { color: palette.inkSoft, align: 'left' }, ...axis },
    series: [
      {
        type: 'line',
        name: '值',
        connectNulls: false,
        lineStyle: { width: 2, color: palette.brand },
        data: of.points.map((at) => ({
          value: at.value ?? null,
          symbol: at.alarm ? 'diamond' : at.baseline ? 'circle' : 'emptyCircle',
          symbolSize: at.alarm ? 13 : 7,
          itemStyle: { color: at.alarm ? palette.bad : at.reason ? palette.series[4] : palette.brand },
        })),
        markLine: {
          silent: true,
          symbol: 'none',
          label: { formatter: '{b}', position: 'end', fontSize: 12 },
          data: [
            ...line(of.upper, `上限 ${decimal(of.upper)}`, palette.inkSoft, 'dashed'),
            ...line(of.centre, `中心 ${decimal(of.centre)}`, palette.inkSoft, 'solid'),
            ...line(of.lower, `下限 ${decimal(of.lower)}`, palette.inkSoft, 'dashed'),
            ...line(of.target?.value, `目标 ${of.target?.display ?? ''}`, palette.bad, 'dashed'),
          ],
        },
      },
    ],
  }
}
