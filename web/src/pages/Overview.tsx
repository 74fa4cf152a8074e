// 首页总览: what the head of a section must know in ten seconds.
import { Button, Card } from 'antd'
import { Link } from '@tanstack/react-router'
import { useMemo, useState } from 'react'
import { useAnswer } from '../api/queries'
import type { Briefing, BriefingLine, Overview as Data, ReportingSummary } from '../api/types'
import { address } from '../api/client'
import { Chart } from '../components/Chart'
import { FigureCard } from '../components/figure'
import { Lights, PlanProgress } from '../components/Lights'
import { PeriodPicker, usePeriod } from '../components/PeriodPicker'
import { Await, Info, InstitutionLink, Nothing, PageHead, Tag, TextLink } from '../components/small'
import { QualityTable } from '../components/QualityTable'
import { trendOption } from '../lib/options'
import { NONE, count, date, percent, period as printed } from '../lib/format'
import { attentionKind, attentionSeverity, planStatus } from '../lib/labels'
import { grainOf } from '../lib/period'
import { useUrl } from '../lib/url'
import { palette } from '../theme'

/** Matters shown here; the rest is one click away. */
const MATTERS = 7

export default function Overview() {
  const [url, setUrl] = useUrl()
  const period = usePeriod(url.period)
  const asked = useAnswer('/api/overview', {}, { period }, { enabled: period !== undefined })
  return (
    <>
      <PageHead
        title={`${printed(period)}总览`}
        actions={<PeriodPicker value={period} onChange={(next) => setUrl({ period: next })} />}
      />
      {period === undefined ? (
        <Nothing>
          还没有任何报送。请先 <Link to="/submit">上传第一份文件</Link>。
        </Nothing>
      ) : (
        <Await asked={asked} rows={10}>
          {(data) => <Content data={data} />}
        </Await>
      )}
    </>
  )
}

function Content({ data }: { data: Data }) {
  return (
    <div className="stack">
      <Summary data={data} />
      <BriefingOf period={data.period} />
      <section className="figures" aria-label="主要指标">
        {data.headline.map((figure) => (
          <FigureCard key={figure.indicator} figure={figure} />
        ))}
      </section>
      <div className="columns">
        <Matters data={data} />
        <Card title="报送进度" extra={<TextLink to={`/submissions?tab=reporting&period=${data.period}`}>逐家查看</TextLink>}>
          {data.reporting.map((one) => (
            <Progress key={one.dataset.code} of={one} period={data.period} />
          ))}
        </Card>
      </div>
      <div className="columns">
        <Trend data={data} />
        <Card
          title={
            <span className="row" style={{ gap: 4 }}>
              数据质量
              <Info about="数据质量">
                有“错误”级问题的记录暂不计入统计，改正后再次报送即可计入；有“提示”级问题的记录计入统计，可改正或填写情况说明。
              </Info>
            </span>
          }
          extra={<TextLink to={`/submissions?tab=reporting&period=${data.period}&r_sort=-error_rate`}>全部机构</TextLink>}
        >
          <QualityTable quality={data.quality} period={data.period} />
        </Card>
      </div>
    </div>
  )
}

function Summary({ data }: { data: Data }) {
  const total = (key: 'due' | 'reported' | 'late' | 'returned') => data.reporting.reduce((sum, one) => sum + one[key], 0)
  const missing = data.reporting.reduce((sum, one) => sum + one.missing.length, 0)
  const discharges = data.trend.find((point) => point.period === data.period)?.discharges
  const high = data.attention.filter((one) => one.severity === 'high').length
  const unit = grainOf(data.period) === 'month' ? '家' : '家次'
  return (
    <p className="summary" style={{ margin: 0 }}>
      应报 <b>{count(total('due'))}</b> {unit}，已报 <b>{count(total('reported') + total('late'))}</b> {unit}
      {total('late') > 0 && <>（其中迟报 {total('late')}）</>}
      {missing > 0 && <>，<span className="bad">未报 <b>{missing}</b> {unit}</span></>}
      {total('returned') > 0 && <>，<span className="bad">退回待改 <b>{total('returned')}</b> {unit}</span></>}
      {discharges != null && <>；出院 <b>{count(discharges)}</b> 人次</>}
      ；错误记录占 <b>{percent(data.quality.error_rate)}</b>；需要关注 <b>{data.attention.length}</b> 项
      {high > 0 && <>，<span className="bad">其中严重 <b>{high}</b> 项</span></>}。
    </p>
  )
}

/** 谁落后、谁没报、什么变了、要拿主意的, under the plan's lights. */
function BriefingOf({ period }: { period: string }) {
  const asked = useAnswer('/api/briefing', {}, { period })
  return (
    <Await asked={asked} rows={6}>
      {(data) => (
        <>
          {data.plan ? (
            <Card
              title={
                <Link to="/plans/$plan" params={{ plan: data.plan.id }}>
                  {data.plan.name}
                </Link>
              }
              extra={<TextLink to={`/meeting?period=${data.period}`}>月度进展通报</TextLink>}
            >
              <PlanProgress plan={data.plan} />
              <Lights plan={data.plan.id} chapters={data.plan.chapters} />
            </Card>
          ) : (
            <Card>
              <Nothing>本地还没有当年的工作要点。把要点写进地区定义包后，这里显示各章进展。</Nothing>
            </Card>
          )}
          <section className="questions" aria-label="需要知道的四件事">
            <Question title="谁落后" of={data.behind} more={data.plan && `/plans/${data.plan.id}?filter=${encodeURIComponent(JSON.stringify({ status: ['滞后', '逾期'] }))}`} empty="没有滞后或逾期的事项。" />
            <Late of={data.late} period={data.period} />
            <Question title="什么变了" of={data.changed} empty="与上期相比没有变化。" />
            <Question title="要拿主意的" of={data.decide} empty="没有等待决定的事项。" />
          </section>
        </>
      )}
    </Await>
  )
}

/** Lines of a question shown at once; the rest unfolds in place. */
const LINES = 4

function Question({ title, of, more, empty }: { title: string; of: BriefingLine[]; more?: string | null; empty: string }) {
  const [open, setOpen] = useState(false)
  const shown = open ? of : of.slice(0, LINES)
  return (
    <Card size="small" title={`${title}（${of.length}）`} extra={more && of.length > 0 && <TextLink to={more}>逐项查看</TextLink>}>
      {of.length === 0 ? (
        <span className="soft">{empty}</span>
      ) : (
        <ul className="lines">
          {shown.map((line) => (
            <li key={`${line.link}${line.sentence}`}>
              {line.status && <Tag {...planStatus[line.status]} />}
              <TextLink to={line.link}>
                <span className="soft">{line.label}</span> {line.sentence}
              </TextLink>
              {line.who && <span className="soft nowrap">{line.who}</span>}
            </li>
          ))}
        </ul>
      )}
      <More all={of.length} open={open} setOpen={setOpen} />
    </Card>
  )
}

function Late({ of, period }: { of: Briefing['late']; period: string }) {
  const [open, setOpen] = useState(false)
  const shown = open ? of : of.slice(0, LINES)
  return (
    <Card size="small" title={`谁没报（${of.length}）`} extra={of.length > 0 && <TextLink to={`/urging?period=${period}`}>去催报</TextLink>}>
      {of.length === 0 ? (
        <span className="soft">应报的都已报齐。</span>
      ) : (
        <ul className="lines">
          {shown.map((one) => (
            <li key={one.institution.code}>
              <TextLink to={one.link}>{one.institution.name}</TextLink>
              <span className="soft">{one.owes.join('、')}</span>
              <span className={one.days > 0 ? 'bad nowrap' : 'soft nowrap'}>{one.days > 0 ? `逾期 ${one.days} 天` : '未到期'}</span>
            </li>
          ))}
        </ul>
      )}
      <More all={of.length} open={open} setOpen={setOpen} />
    </Card>
  )
}

function More({ all, open, setOpen }: { all: number; open: boolean; setOpen: (open: boolean) => void }) {
  if (all <= LINES) return null
  return (
    <Button type="link" size="small" style={{ padding: 0 }} aria-expanded={open} onClick={() => setOpen(!open)}>
      {open ? '收起' : `还有 ${all - LINES} 条`}
    </Button>
  )
}

function Matters({ data }: { data: Data }) {
  return (
    <Card
      title={`需要关注（${data.attention.length}）`}
      extra={<TextLink to={`/attention?period=${data.period}`}>全部事项</TextLink>}
    >
      {data.attention.length === 0 ? (
        <Nothing>本期没有需要关注的事项。</Nothing>
      ) : (
        <ul className="matters">
          {data.attention.slice(0, MATTERS).map((one) => (
            <li key={`${one.kind}${one.link}${one.sentence}`}>
              <Tag {...attentionSeverity[one.severity]} />
              <span className="soft nowrap">{attentionKind[one.kind]}</span>
              <TextLink to={one.link}>{one.sentence}</TextLink>
            </li>
          ))}
        </ul>
      )}
    </Card>
  )
}

function Progress({ of, period }: { of: ReportingSummary; period: string }) {
  const missing = of.missing.length
  const share = (n: number) => `${of.due > 0 ? (100 * n) / of.due : 0}%`
  const parts = [
    { name: '按时', n: of.reported, colour: palette.good },
    { name: '迟报', n: of.late, colour: '#c98a1b' },
    { name: '退回待改', n: of.returned, colour: palette.bad },
    { name: '未报', n: missing, colour: '#9aa5b1' },
  ]
  return (
    <section aria-label={of.dataset.name}>
      <div className="between">
        <strong>{of.dataset.name}</strong>
        <span className="soft">
          应报 {of.due} {grainOf(period) === 'month' ? '家' : '家次'}{of.deadline && `，${date(of.deadline)}截止`}
        </span>
      </div>
      <div className="meter" aria-hidden="true">
        {parts.filter((part) => part.n > 0).map((part) => (
          <span key={part.name} style={{ width: share(part.n), background: part.colour }} />
        ))}
      </div>
      <dl className="legend">
        {parts.map((part) => (
          <div key={part.name}>
            <dt style={{ '--swatch': part.colour } as React.CSSProperties}>{part.name}</dt>
            <dd>{part.n}</dd>
          </div>
        ))}
      </dl>
      <Names title="未报" of={of.missing} period={period} />
      <Names title="退回待改" of={of.returned_institutions} period={period} />
      <Names title="迟报" of={of.late_institutions} period={period} />
    </section>
  )
}

function Names({ title, of, period }: { title: string; of: ReportingSummary['missing']; period: string }) {
  if (of.length === 0) return null
  return (
    <p className="names">
      <span className="soft">{title}：</span>
      {of.map((one, at) => (
        <span key={`${one.code}${at}`}>
          {at > 0 && '、'}
          <InstitutionLink institution={one} period={period} />
        </span>
      ))}
    </p>
  )
}

function Trend({ data }: { data: Data }) {
  const option = useMemo(() => trendOption(data.trend), [data.trend])
  return (
    <Card title="出院人次趋势">
      <Chart
        label="出院人次趋势"
        caption="空心点为尚未报齐的月份"
        option={option}
        height={310}
        rows={data.trend}
        rowKey={(row) => row.period}
        exportHref={(format) => address('/api/trend', {}, { period: data.period, format })}
        columns={[
          { title: '月份', render: (_, row) => printed(row.period) },
          { title: '出院人次', className: 'numeric', render: (_, row) => (row.discharges == null ? NONE : count(row.discharges)) },
          { title: '已报 / 应报', className: 'numeric', render: (_, row) => `${row.reported} / ${row.due}` },
          { title: '状态', render: (_, row) => (row.provisional ? '暂定' : '已报齐') },
        ]}
      />
    </Card>
  )
}
