// One indicator: its value, trend, institutions side by side, departments, definition.
import { Alert, Button, Card, Select, Tabs } from 'antd'
import { useParams } from '@tanstack/react-router'
import { useMemo } from 'react'
import { address } from '../api/client'
import { useAnswer, useIndicator, useMeta, useRegion } from '../api/queries'
import type { Figure, Indicator as Definition, ValueRow } from '../api/types'
import { Chart } from '../components/Chart'
import { DataTable } from '../components/DataTable'
import { DefinitionInfo, DefinitionText } from '../components/Definition'
import { Change, RankOf, Reported, Settled, TargetGap, unsettled } from '../components/figure'
import { byAlliance, byDepartment, byInstitution, figureKey } from '../components/figureColumns'
import { InstitutionPicker } from '../components/InstitutionPicker'
import { PeriodPicker, usePeriod } from '../components/PeriodPicker'
import { Await, Nothing, PageHead, Tag } from '../components/small'
import { useExplain } from '../lib/explain'
import { NONE, decimal, period as printed, withUnit } from '../lib/format'
import { definitionStatus, direction } from '../lib/labels'
import { commonTarget, comparisonHeight, comparisonOption, comparisonRange, departmentOption, seriesOption } from '../lib/options'
import { grainOf, seriesStart } from '../lib/period'
import { useUrl } from '../lib/url'

export default function Indicator() {
  const { id } = useParams({ strict: false }) as { id: string }
  const definition = useIndicator(id)
  return <Await asked={definition} rows={10}>{(data) => <Content definition={data} />}</Await>
}

function Content({ definition }: { definition: Definition }) {
  const [url, setUrl] = useUrl()
  const period = usePeriod(url.period)
  const region = useRegion()
  const measured = definition.status === 'active' || definition.status === 'trial'
  const tab = url.tab ?? (measured ? 'trend' : 'definition')
  return (
    <>
      <PageHead
        title={
          <span className="row" style={{ gap: 8 }}>
            {definition.name}
            <DefinitionInfo kind="indicator" id={definition.id} name={definition.name} />
          </span>
        }
        lead={
          <span className="row" style={{ gap: 8 }}>
            {definition.id} · {definition.domain} · {direction[definition.direction]}
            {definition.status !== 'active' && <Tag {...definitionStatus[definition.status]} />}
          </span>
        }
        actions={
          measured && (
            <>
              <InstitutionPicker
                value={url.institution}
                onChange={(code) => setUrl({ institution: code })}
                placeholder={`${region}（可选择机构）`}
                allowClear
              />
              <PeriodPicker value={period} onChange={(next) => setUrl({ period: next })} />
            </>
          )
        }
      />
      {!measured && <Alert type="info" showIcon title="该指标尚未启用，不计算数值。" description={definition.limits} style={{ marginBottom: 16 }} />}
      <div className="stack">
        {measured && period && <Headline id={definition.id} period={period} institution={url.institution} />}
        <Card styles={{ body: { paddingTop: 6 } }}>
          <Tabs
            activeKey={tab}
            onChange={(next) => setUrl({ tab: next, page: undefined, sort: undefined, filter: undefined, search: undefined })}
            items={[
              ...(measured && period
                ? [
                    { key: 'trend', label: '趋势', children: <Trend id={definition.id} period={period} institution={url.institution} /> },
                    { key: 'institutions', label: '机构对比', children: <Comparison id={definition.id} period={period} /> },
                    { key: 'alliances', label: '医联体', children: <Alliances id={definition.id} period={period} /> },
                    { key: 'departments', label: '科室分布', children: <Departments id={definition.id} period={period} /> },
                  ]
                : []),
              { key: 'definition', label: '定义与依据', children: <DefinitionText of={{ kind: 'indicator', id: definition.id }} within="page" /> },
            ]}
          />
        </Card>
      </div>
    </>
  )
}

function useFigure(id: string, period: string, institution: string | undefined) {
  const by = institution ? 'institution' : 'region'
  return useAnswer('/api/figures', {}, { indicator: id, period, by, institution })
}

function Headline({ id, period, institution }: { id: string; period: string; institution: string | undefined }) {
  const asked = useFigure(id, period, institution)
  return (
    <Await asked={asked} rows={2}>
      {(page) => {
        const figure = page.rows[0]
        return figure ? <HeadlineOf figure={figure} /> : <Nothing>这个范围内没有该指标的数值。</Nothing>
      }}
    </Await>
  )
}

function HeadlineOf({ figure }: { figure: Figure }) {
  const region = useRegion()
  const explain = useExplain()
  const open = (tab?: string) =>
    explain.open({
      indicator: figure.indicator,
      period: figure.period,
      by: figure.by,
      institution: figure.by === 'region' ? undefined : figure.institution?.code,
      tab,
    })
  return (
    <Card>
      <div className="headline">
        <div>
          <div className="soft">
            {figure.institution?.name ?? region} · {printed(figure.period)} <Settled figure={figure} />
          </div>
          <div className="number" style={{ fontSize: 34, fontWeight: 600, lineHeight: 1.35 }}>
            {figure.value == null ? <span className="warn" style={{ fontSize: 18 }}>未测量：{figure.not_measured_reason}</span> : withUnit(figure.display, figure.unit)}
          </div>
          <div className="soft number">
            {figure.denominator != null && `分子 ${decimal(figure.numerator)} ÷ 分母 ${decimal(figure.denominator)}`}
            {figure.interval && `　95% 区间 ${figure.interval.display}`}
          </div>
        </div>
        <dl className="counts">
          <Fact name={`环比（${figure.previous ? printed(figure.previous.period) : NONE}）`}><Change of={figure.previous} direction={figure.direction} /></Fact>
          <Fact name={`同比（${figure.year_ago ? printed(figure.year_ago.period) : NONE}）`}><Change of={figure.year_ago} direction={figure.direction} /></Fact>
          <Fact name={`目标差${figure.target ? `（${figure.target.display}）` : ''}`}><TargetGap figure={figure} /></Fact>
          {figure.by === 'institution' && <Fact name={`同级排名${figure.rank ? `（${figure.rank.peers}）` : ''}`}><RankOf figure={figure} /></Fact>}
          <Fact name="已报 / 应报"><Reported figure={figure} /></Fact>
        </dl>
        <div className="stack" style={{ gap: 8 }}>
          <Button type="primary" onClick={() => open('rows')}>
            查看明细记录
          </Button>
          <Button onClick={() => open()}>计算过程</Button>
        </div>
      </div>
    </Card>
  )
}

function Fact({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <div style={{ border: 0, padding: '2px 0' }}>
      <dt>{name}</dt>
      <dd style={{ fontSize: 16 }}>{children}</dd>
    </div>
  )
}

function Trend({ id, period, institution }: { id: string; period: string; institution: string | undefined }) {
  const meta = useMeta()
  const grain = grainOf(period)
  const query = {
    indicator: id,
    grain,
    by: institution ? 'institution' : 'region',
    institution,
    from: seriesStart(period, meta.data?.months ?? []),
    to: period,
  }
  const asked = useAnswer('/api/values', {}, { ...query, size: 200 }, { enabled: meta.data !== undefined })
  return (
    <Await asked={asked} rows={6}>
      {(page) => <TrendChart rows={page.rows} exportHref={(format) => address('/api/values', {}, { ...query, format })} />}
    </Await>
  )
}

function TrendChart({ rows, exportHref }: { rows: ValueRow[]; exportHref: (format: 'xlsx' | 'csv') => string }) {
  const option = useMemo(() => seriesOption(rows), [rows])
  if (rows.length === 0) return <Nothing>这段时间没有数值。</Nothing>
  return (
    <Chart
      label={`${rows[0]?.name ?? ''}的趋势`}
      caption={`${rows.some((row) => row.interval) ? '浅色带为 95% 区间；' : ''}空心点为暂定值${rows.some((row) => row.observing) ? '；观察期未满的不画，数值见表' : ''}`}
      option={option}
      height={320}
      rows={rows}
      rowKey={(row) => row.period}
      exportHref={exportHref}
      columns={[
        { title: '报告期', render: (_, row) => printed(row.period) },
        { title: '值', className: 'numeric', render: (_, row) => (row.value == null ? `未测量：${row.not_measured_reason ?? ''}` : withUnit(row.display, row.unit)) },
        { title: '95% 区间', className: 'numeric', render: (_, row) => row.interval?.display ?? NONE },
        { title: '分子', className: 'numeric', render: (_, row) => decimal(row.numerator) },
        { title: '分母', className: 'numeric', render: (_, row) => decimal(row.denominator) },
        { title: '目标', className: 'numeric', render: (_, row) => row.target?.display ?? NONE },
        { title: '已报 / 应报', className: 'numeric', render: (_, row) => <Reported figure={row} /> },
        { title: '状态', render: (_, row) => (unsettled(row) ?? (row.value == null ? NONE : '确定')) },
      ]}
    />
  )
}

/** Figures in the chart at most; the table below has them all. */
const CHARTED = 1000

function Comparison({ id, period }: { id: string; period: string }) {
  const [url, setUrl] = useUrl()
  const explain = useExplain()
  const meta = useMeta()
  const levels = [...new Set(meta.data?.institutions.flatMap((one) => one.level ?? []))].sort()
  const query = { indicator: id, period, by: 'institution', level: url.level }
  const asked = useAnswer('/api/figures', {}, { ...query, sort: 'rank', size: CHARTED })
  const region = useFigure(id, period, undefined)
  return (
    <div className="stack">
      <div className="row">
        <Select
          aria-label="级别"
          value={url.level ?? ''}
          onChange={(level) => setUrl({ level: level || undefined, page: undefined })}
          style={{ width: 180 }}
          options={[{ value: '', label: '全部级别' }, ...levels.map((level) => ({ value: level, label: level }))]}
        />
        <span className="soft">同级比较更公平：请先选择级别。横线为 95% 区间，◆ 为未达目标。</span>
      </div>
      <Await asked={asked} rows={8}>
        {(page) => (
          <ComparisonChart
            figures={page.rows}
            region={region.data?.rows[0]}
            onPick={(figure) => explain.open({ indicator: id, period, by: 'institution', institution: figure.institution?.code })}
            exportHref={(format) => address('/api/figures', {}, { ...query, format })}
          />
        )}
      </Await>
      <DataTable name="机构对比" path="/api/figures" query={query} columns={byInstitution} rowKey={figureKey} search="查找机构" />
    </div>
  )
}

interface ComparisonProps {
  figures: Figure[]
  region: Figure | undefined
  onPick: (figure: Figure) => void
  exportHref: (format: 'xlsx' | 'csv') => string
}

function ComparisonChart({ figures, region, onPick, exportHref }: ComparisonProps) {
  const measured = useMemo(() => {
    const better = figures[0]?.direction === 'up' ? -1 : 1
    return figures.filter((figure) => figure.value != null).sort((a, b) => better * ((a.value ?? 0) - (b.value ?? 0)))
  }, [figures])
  const option = useMemo(() => comparisonOption(measured, region), [measured, region])
  if (measured.length === 0) return <Nothing>本期没有机构有该指标的数值。</Nothing>
  const unmeasured = figures.length - measured.length
  const notes = [
    unmeasured > 0 && `另有 ${unmeasured} 家未测量，原因见下表`,
    !commonTarget(measured) && measured.some((figure) => figure.target) && '目标按机构类别不同，见下表',
    comparisonRange(measured).cut && '病例很少的机构区间过宽，在图边截断，完整数值见下表',
  ].filter(Boolean)
  return (
    <Chart
      label="机构对比"
      caption={notes.join('；')}
      option={option}
      height={comparisonHeight(measured.length)}
      rows={measured}
      rowKey={figureKey}
      exportHref={exportHref}
      onPick={(at) => {
        const figure = measured[measured.length - 1 - at]
        if (figure) onPick(figure)
      }}
      columns={[
        { title: '机构', render: (_, row) => row.institution?.name },
        { title: '值', className: 'numeric', render: (_, row) => withUnit(row.display, row.unit) },
        { title: '95% 区间', className: 'numeric', render: (_, row) => row.interval?.display ?? NONE },
        { title: '同级排名', className: 'numeric', render: (_, row) => <RankOf figure={row} /> },
      ]}
    />
  )
}

function Alliances({ id, period }: { id: string; period: string }) {
  return (
    <DataTable
      name="医联体对比"
      path="/api/figures"
      query={{ indicator: id, period, by: 'alliance' }}
      columns={byAlliance}
      rowKey={figureKey}
      search={false}
      empty="没有登记医联体。"
    />
  )
}

function Departments({ id, period }: { id: string; period: string }) {
  const [url, setUrl] = useUrl()
  const institution = url.institution
  if (!institution) {
    return (
      <Nothing>
        <div className="stack" style={{ alignItems: 'center' }}>
          科室以机构为单位查看，请选择一家机构。
          <InstitutionPicker value={undefined} onChange={(code) => setUrl({ institution: code })} />
        </div>
      </Nothing>
    )
  }
  return <DepartmentsOf id={id} period={period} institution={institution} />
}

function DepartmentsOf({ id, period, institution }: { id: string; period: string; institution: string }) {
  const explain = useExplain()
  const query = { indicator: id, period, by: 'department', institution }
  const asked = useAnswer('/api/figures', {}, { ...query, sort: '-denominator', size: CHARTED })
  const measured = useMemo(() => asked.data?.rows.filter((row) => row.value != null) ?? [], [asked.data])
  const option = useMemo(() => departmentOption(measured), [measured])
  return (
    <div className="stack">
      <Await asked={asked} rows={6}>
        {() =>
          measured.length === 0 ? (
            <Nothing>该机构本期没有分科室的数值。</Nothing>
          ) : (
            <Chart
              label="科室分布"
              caption="按分母由大到小"
              option={option}
              height={comparisonHeight(measured.length)}
              rows={measured}
              rowKey={figureKey}
              exportHref={(format) => address('/api/figures', {}, { ...query, format })}
              onPick={(at) => {
                const figure = measured[measured.length - 1 - at]
                if (figure) explain.open({ indicator: id, period, by: 'department', institution, department: figure.department?.code })
              }}
              columns={[
                { title: '科室', render: (_, row) => row.department?.name },
                { title: '值', className: 'numeric', render: (_, row) => withUnit(row.display, row.unit) },
                { title: '分母', className: 'numeric', render: (_, row) => decimal(row.denominator) },
              ]}
            />
          )
        }
      </Await>
      <DataTable name="科室分布" path="/api/figures" query={query} columns={byDepartment} rowKey={figureKey} search="查找科室" />
    </div>
  )
}
