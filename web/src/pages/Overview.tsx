// 首页总览: what the head of a section must know in ten seconds.
import { Button, Card } from 'antd'
import { Link } from '@tanstack/react-router'
import { useMemo, useState, type ReactNode } from 'react'
import { useAnswer } from '../api/queries'
import type { Briefing, BriefingLine, Overview as Data, ReportingSummary } from '../api/types'
import { address } from '../api/client'
import { Chart } from '../components/Chart'
import { FigureCard } from '../components/figure'
import { Lights, PlanProgress } from '../components/Lights'
import { PeriodPicker, usePeriod } from '../components/PeriodPicker'
import { Await, Info, Nothing, PageHead, Tag, TextLink } from '../components/small'
import { MatterInfo } from '../components/Definition'
import { QualityTable } from '../components/QualityTable'
import { trendOption } from '../lib/options'
import { NONE, count, date, percent, period as printed } from '../lib/format'
import { attentionKind, attentionSeverity, planStatus } from '../lib/labels'
import { filtered, stringifySearch, useUrl } from '../lib/url'
import { palette } from '../theme'

/** Matters shown here; the rest is one click away. */
const MATTERS = 10

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
  const asked = useAnswer('/api/briefing', {}, { period: data.period })
  return (
    <div className="stack">
      <Summary data={data} briefing={asked.data} />
      <Await asked={asked} rows={6}>
        {(briefing) => <BriefingOf data={briefing} />}
      </Await>
      <section className="figures" aria-label="主要指标">
        {data.headline.map((figure) => (
          <FigureCard key={figure.indicator} figure={figure} />
        ))}
      </section>
      <div className="columns">
        <Matters data={data} />
        <Reporting data={data} />
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

/** The whole in one sentence: the plan, the reports, what waits. */
function Summary({ data, briefing }: { data: Data; briefing: Briefing | undefined }) {
  const total = (key: 'due' | 'reported' | 'late' | 'returned') => data.reporting.reduce((sum, one) => sum + one[key], 0)
  const missing = data.reporting.reduce((sum, one) => sum + one.missing.length, 0)
  const high = data.attention.filter((one) => one.severity === 'high').length
  const counts = briefing?.plan?.counts
  return (
    <p className="summary" style={{ margin: 0 }}>
      {counts && (
        <>
          工作要点 <b>{count(counts.items)}</b> 项，已完成 <b>{count(counts.met)}</b> 项
          {counts.overdue > 0 && <>，<span className="bad">逾期 <b>{count(counts.overdue)}</b> 项</span></>}
          {counts.behind > 0 && <>，<span className="bad">滞后 <b>{count(counts.behind)}</b> 项</span></>}；
        </>
      )}
      应报 <b>{count(total('due'))}</b> 份，已报 <b>{count(total('reported') + total('late'))}</b> 份
      {total('late') > 0 && <>（其中迟报 {count(total('late'))}）</>}
      {missing > 0 && <>，<span className="bad">未报 <b>{count(missing)}</b> 份</span></>}
      {total('returned') > 0 && <>，<span className="bad">退回待改 <b>{count(total('returned'))}</b> 份</span></>}
      ；错误记录占 <b>{percent(data.quality.error_rate)}</b>；需要关注 <b>{count(data.attention.length)}</b> 项
      {high > 0 && <>，<span className="bad">其中严重 <b>{count(high)}</b> 项</span></>}
      {briefing && briefing.decide.length > 0 && <>；要拿主意的 <b>{count(briefing.decide.length)}</b> 件</>}。
    </p>
  )
}

/** 谁落后、谁没报、什么变了、要拿主意的, under the plan's lights. */
function BriefingOf({ data }: { data: Briefing }) {
  const [url] = useUrl()
  const late = filtered({ status: [planStatus.overdue.word, planStatus.behind.word] })
  return (
    <>
      {data.plan ? (
        <Card
          size="small"
          title={
            <Link to="/plans/$plan" params={{ plan: data.plan.id }} search={{ period: url.period } as never}>
              {data.plan.name}
            </Link>
          }
          extra={<TextLink to={`/meeting?period=${data.period}`}>月度进展报告</TextLink>}
        >
          <PlanProgress plan={data.plan} period={url.period} />
          <Lights plan={data.plan.id} chapters={data.plan.chapters} period={url.period} />
        </Card>
      ) : (
        <Card size="small">
          <Nothing>本地还没有当年的工作要点。把要点写进地区定义包后，这里显示各章进展。</Nothing>
        </Card>
      )}
      <section className="questions" aria-label="需要知道的四件事">
        <Question title="谁落后" of={data.behind} more={data.plan ? `/plans/${data.plan.id}${stringifySearch({ period: url.period, filter: late })}` : undefined} empty="没有滞后或逾期的事项。" />
        <Late of={data.late} period={data.period} />
        <Question title="什么变了" of={data.changed} empty="与上期相比没有变化。" />
        <Question title="要拿主意的" of={data.decide} empty="没有等待决定的事项。" />
      </section>
    </>
  )
}

/** Lines of a question shown at once; the rest unfolds in place. */
const LINES = 4

function Question({ title, of, more, empty }: { title: string; of: BriefingLine[]; more?: string; empty: string }) {
  return (
    <Lines title={title} all={of.length} empty={empty} more={more && <TextLink to={more}>逐项查看</TextLink>}>
      {of.map((line) => (
        <li key={`${line.link}${line.sentence}`}>
          <TextLink to={line.link} title={line.sentence}>
            {line.status ? <Tag {...planStatus[line.status]} /> : <Tag word={line.label} tone="muted" />}
            {line.who && <b>{line.who}</b>} {line.sentence}
          </TextLink>
        </li>
      ))}
    </Lines>
  )
}

function Late({ of, period }: { of: Briefing['late']; period: string }) {
  return (
    <Lines title="谁没报" all={of.length} empty="应报的都已报齐。" more={<TextLink to={`/urging?period=${period}`}>去催报</TextLink>}>
      {of.map((one) => (
        <li key={one.institution.code}>
          <TextLink to={one.link} title={one.owes.join('、')}>
            <Tag word={one.days > 0 ? `逾期 ${one.days} 天` : '未到期'} tone={one.days > 0 ? 'bad' : 'muted'} />
            <b>{one.institution.name}</b> {one.owes.join('、')}
          </TextLink>
        </li>
      ))}
    </Lines>
  )
}

/** The first lines of a question; the rest unfolds in place. */
function Lines({ title, all, more, empty, children }: { title: string; all: number; more?: ReactNode; empty: string; children: ReactNode[] }) {
  const [open, setOpen] = useState(false)
  return (
    <Card size="small" title={`${title}（${all}）`} extra={all > 0 && more}>
      {all === 0 ? <span className="soft">{empty}</span> : <ul className={open ? 'lines' : 'lines short'}>{open ? children : children.slice(0, LINES)}</ul>}
      {all > LINES && (
        <Button type="link" size="small" style={{ padding: 0 }} aria-expanded={open} onClick={() => setOpen(!open)}>
          {open ? '收起' : `还有 ${all - LINES} 条`}
        </Button>
      )}
    </Card>
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
              <span>
                <TextLink to={one.link}>{one.sentence}</TextLink> <MatterInfo of={one} />
              </span>
            </li>
          ))}
        </ul>
      )}
    </Card>
  )
}

const parts = [
  { name: '按时', colour: palette.good, of: (one: ReportingSummary) => one.reported },
  { name: '迟报', colour: '#c98a1b', of: (one: ReportingSummary) => one.late },
  { name: '退回待改', colour: palette.bad, of: (one: ReportingSummary) => one.returned },
  { name: '未报', colour: '#9aa5b1', of: (one: ReportingSummary) => one.missing.length },
]

/** How complete each dataset is, one line each. */
function Reporting({ data }: { data: Data }) {
  return (
    <Card title="报送进度" extra={<TextLink to={`/submissions?tab=reporting&period=${data.period}`}>逐家查看</TextLink>}>
      <div className="legend" aria-hidden="true">
        {parts.map((part) => (
          <span key={part.name} style={{ '--swatch': part.colour } as React.CSSProperties}>
            {part.name}
          </span>
        ))}
      </div>
      <ul className="reporting">
        {data.reporting.map((one) => {
          const told = parts.filter((part) => part.of(one) > 0)
          return (
            <li key={one.dataset.code}>
              <TextLink to={`/submissions?tab=reporting&period=${data.period}&r_filter=${encodeURIComponent(filtered({ dataset: [one.dataset.name] }))}`}>{one.dataset.name}</TextLink>
              <span className="number" title={one.deadline ? `${date(one.deadline)}截止` : undefined}>
                {count(one.reported + one.late)} / {count(one.due)}
              </span>
              <span className="meter" role="img" aria-label={told.map((part) => `${part.name} ${part.of(one)}`).join('，')}>
                {told.map((part) => (
                  <span key={part.name} title={`${part.name} ${part.of(one)}`} style={{ flexGrow: part.of(one), background: part.colour }} />
                ))}
              </span>
            </li>
          )
        })}
      </ul>
    </Card>
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
        height={280}
        rows={data.trend}
        rowKey={(row) => row.period}
        exportHref={(format) => address('/api/trend', {}, { period: data.period, format })}
        columns={[
          { title: '月份', render: (_, row) => printed(row.period) },
          { title: '出院人次', className: 'numeric', render: (_, row) => (row.discharges == null ? NONE : count(row.discharges)) },
          { title: '已报 / 应报', className: 'numeric', render: (_, row) => `${row.reported} / ${row.due}` },
          { title: '状态', render: (_, row) => (row.provisional ? '暂定' : row.discharges == null ? NONE : '已报齐') },
        ]}
      />
    </Card>
  )
}
