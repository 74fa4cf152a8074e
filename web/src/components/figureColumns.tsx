// The columns of every table of figures.
import { Link } from '@tanstack/react-router'
import type { Figure } from '../api/types'
import { NONE, count, decimal, period as printed, withUnit } from '../lib/format'
import { useExplain } from '../lib/explain'
import { Change, RankOf, Reported, Settled, TargetGap } from './figure'
import type { DataColumn } from './DataTable'
import { DefinitionInfo } from './Definition'
import { InstitutionLink } from './small'

/** The value itself; a click shows where it comes from. */
function Value({ figure }: { figure: Figure }) {
  const explain = useExplain()
  const open = (event: React.MouseEvent) => {
    event.preventDefault()
    explain.open({
      indicator: figure.indicator,
      period: figure.period,
      by: figure.by,
      institution: figure.by === 'region' ? undefined : figure.institution?.code,
      department: figure.department?.code,
    })
  }
  return (
    <a href="#explain" onClick={open} title="查看计算过程与明细" className="number">
      {figure.value == null ? <span className="warn" title={figure.not_measured_reason ?? undefined}>未测量</span> : withUnit(figure.display, figure.unit)}
    </a>
  )
}

const columns = {
  indicator: {
    key: 'name',
    title: '指标',
    exports: ['indicator', 'name', 'unit', 'period'],
    sortable: true,
    render: (row: Figure) => (
      <span className="row" style={{ gap: 4, flexWrap: 'nowrap' }}>
        <Link
          to="/indicators/$id"
          params={{ id: row.indicator }}
          search={{ period: row.period, institution: row.by === 'institution' ? row.institution?.code : undefined } as never}
        >
          {row.name}
        </Link>
        <DefinitionInfo kind="indicator" id={row.indicator} name={row.name} />
      </span>
    ),
  },
  domain: { key: 'domain', title: '领域', sortable: true, render: (row: Figure) => row.domain },
  institution: {
    key: 'institution',
    title: '机构',
    exports: ['institution', 'institution_code', 'period', 'unit'],
    render: (row: Figure) =>
      row.institution && row.by === 'institution' ? (
        <InstitutionLink institution={row.institution} period={row.period} />
      ) : (
        (row.institution?.name ?? NONE)
      ),
  },
  level: { key: 'level', title: '级别', filterable: true, sortable: true, render: (row: Figure) => row.institution?.level ?? NONE },
  class: { key: 'class', title: '类别', filterable: true, sortable: true, hidden: true, render: (row: Figure) => row.institution?.class ?? NONE },
  department: {
    key: 'department',
    title: '科室',
    exports: ['department', 'institution', 'period', 'unit'],
    sortable: true,
    render: (row: Figure) => row.department?.name ?? NONE,
  },
  value: {
    key: 'value',
    title: '本期',
    numeric: true,
    sortable: true,
    help: '点击数值可查看计算过程、明细记录与来源文件。',
    exports: ['value', 'not_measured_reason', 'provisional'],
    render: (row: Figure) => (
      <span className="nowrap">
        <Value figure={row} /> <Settled figure={row} />
      </span>
    ),
  },
  previous: {
    key: 'previous_change',
    title: '环比',
    numeric: true,
    sortable: true,
    help: '与上一个同长度的报告期相比。比例类指标为百分点之差，其余为变化的百分比。',
    exports: ['previous', 'previous_change_display'],
    render: (row: Figure) => <Change of={row.previous} direction={row.direction} />,
  },
  yearAgo: {
    key: 'year_ago_change',
    title: '同比',
    numeric: true,
    sortable: true,
    help: '与上年同期相比。',
    exports: ['year_ago', 'year_ago_change_display'],
    render: (row: Figure) => <Change of={row.year_ago} direction={row.direction} />,
  },
  target: {
    key: 'target_gap',
    title: '目标差',
    numeric: true,
    sortable: true,
    help: '本期值减去该类机构当期适用的目标值。',
    exports: ['target', 'target_gap', 'target_met'],
    render: (row: Figure) => <TargetGap figure={row} />,
  },
  rank: {
    key: 'rank',
    title: '同级排名',
    numeric: true,
    sortable: true,
    help: '在同级机构中按指标导向由好到差的名次；未测量的机构不参加排名。',
    exports: ['rank', 'rank_of', 'peers'],
    render: (row: Figure) => <RankOf figure={row} />,
  },
  interval: {
    key: 'interval_low',
    title: '95% 区间',
    numeric: true,
    exports: ['interval_low', 'interval_high'],
    render: (row: Figure) => <span className="number">{row.interval?.display ?? NONE}</span>,
  },
  numerator: { key: 'numerator', title: '分子', numeric: true, sortable: true, hidden: true, render: (row: Figure) => decimal(row.numerator) },
  denominator: { key: 'denominator', title: '分母', numeric: true, sortable: true, render: (row: Figure) => decimal(row.denominator) },
  reported: {
    key: 'reported',
    title: '已报 / 应报',
    numeric: true,
    sortable: true,
    help: '本期应报送的机构月数中，已报送的有多少。未报齐时数值为暂定。',
    exports: ['reported', 'due'],
    render: (row: Figure) => <Reported figure={row} />,
  },
} satisfies Record<string, DataColumn<Figure>>

/** Figures of one place, by indicator. */
export const ofPlace = (ranked: boolean): DataColumn<Figure>[] => [
  columns.indicator,
  { ...columns.domain, hidden: ranked },
  columns.value,
  columns.previous,
  columns.yearAgo,
  columns.target,
  ...(ranked ? [columns.rank] : []),
  columns.numerator,
  { ...columns.denominator, hidden: true },
  columns.reported,
]

/** One indicator's figures, by institution. */
export const byInstitution: DataColumn<Figure>[] = [
  columns.institution,
  columns.level,
  columns.class,
  columns.value,
  columns.interval,
  columns.previous,
  columns.yearAgo,
  columns.target,
  columns.rank,
  columns.numerator,
  columns.denominator,
  columns.reported,
]

/** One indicator's figures, by alliance. */
export const byAlliance: DataColumn<Figure>[] = [
  { ...columns.institution, title: '医联体' },
  columns.value,
  columns.interval,
  columns.previous,
  columns.yearAgo,
  columns.numerator,
  columns.denominator,
  columns.reported,
]

/** One indicator's figures, by department of an institution. */
export const byDepartment: DataColumn<Figure>[] = [
  columns.department,
  columns.value,
  columns.interval,
  columns.previous,
  columns.yearAgo,
  columns.numerator,
  columns.denominator,
]

/** What a row of figures is told apart by. */
export const figureKey = (row: Figure) =>
  [row.indicator, row.by, row.institution?.code, row.department?.code, row.period].join('/')

/** `2024年3月` and who has reported, for a caption. */
export const captionOf = (row: Figure) => `${printed(row.period)} · 已报 ${count(row.reported)} / 应报 ${count(row.due)}`
