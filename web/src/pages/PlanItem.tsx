// One item of a plan: what is computed on the left, what people have done on the right.
import { Alert, Button, Card, Timeline } from 'antd'
import { Link, useParams } from '@tanstack/react-router'
import { useMemo, useState } from 'react'
import { address } from '../api/client'
import { useAnswer, useAsOf, useMeta, useRegion } from '../api/queries'
import type { Figure, PlanItem as Data, PlanTarget } from '../api/types'
import { Chart } from '../components/Chart'
import { DefinitionInfo } from '../components/Definition'
import { PlanForm, type Asked } from '../components/PlanForms'
import { Await, Info, InstitutionLink, PageHead, Tag, TextLink } from '../components/small'
import { useExplain, type Explained } from '../lib/explain'
import { NONE, date, decimal, period as printed, time, withUnit } from '../lib/format'
import { person, planHandling, planStatus, progressKind } from '../lib/labels'
import { targetOption } from '../lib/options'
import { asSeen, useUrl } from '../lib/url'

export default function PlanItem() {
  const { plan, item } = useParams({ strict: false }) as { plan: string; item: string }
  const asked = useAnswer('/api/plans/{plan}/items/{item}', { plan, item }, { as_of: useAsOf() })
  return (
    <Await asked={asked} rows={10}>
      {(data) => <Content data={data} />}
    </Await>
  )
}

function Content({ data }: { data: Data }) {
  const [asked, ask] = useState<Asked>()
  const [url] = useUrl()
  const asOf = useAsOf()
  const { row } = data
  const plan = data.plan.code
  const own = useOwn(plan)
  return (
    <>
      <PageHead
        title={
          <>
            {row.number} {row.title}
          </>
        }
        lead={
          <>
            <Link to="/plans/$plan" params={{ plan }} search={asSeen(url) as never}>
              {data.plan.name}
            </Link>
            {` · ${row.chapter}、${row.chapter_title}`}
            {asOf && ` · 进展截至${date(asOf)}`}
          </>
        }
        actions={
          <nav className="row" aria-label="前后事项">
            <Neighbour plan={plan} item={data.previous} name="上一项" />
            <Neighbour plan={plan} item={data.next} name="下一项" />
          </nav>
        }
      />
      <div className="columns top">
        <div className="stack">
          <Status data={data} />
          {data.targets.map((target) => (
            <Target key={`${target.measures}${target.subject}${target.display}${target.by}`} of={target} />
          ))}
          {data.bindings.length > 0 && <Bindings of={data.bindings} />}
        </div>
        <div className="stack">
          <Handling data={data} own={own} ask={ask} />
          {data.milestones.length > 0 && <Milestones of={data.milestones} ask={own && !data.excluded ? ask : undefined} />}
          <Entries of={data.progress} milestones={data.milestones} ask={own ? ask : undefined} />
          {data.assignments.length > 0 && <Assignments of={data.assignments} />}
        </div>
      </div>
      {asked && <PlanForm item={data} asked={asked} close={() => ask(undefined)} />}
    </>
  )
}

/** Whether the plan is the region's own: people enter nothing about the plans of other places. */
function useOwn(plan: string): boolean {
  const meta = useMeta()
  const asked = useAnswer('/api/plans/{plan}', { plan })
  return asked.data !== undefined && asked.data.head.place === meta.data?.region
}

function Neighbour({ plan, item, name }: { plan: string; item: string | null | undefined; name: string }) {
  const [url] = useUrl()
  if (!item) return <Button disabled>{name}</Button>
  return (
    <Link to="/plans/$plan/items/$item" params={{ plan, item }} search={asSeen(url) as never} className="button">
      {name}
    </Link>
  )
}

/** What the computation says; nobody can write it. */
function Status({ data }: { data: Data }) {
  const { row } = data
  return (
    <Card
      title={
        <span className="row">
          进展状态 <Tag {...planStatus[row.status]} />
          <Info about="进展状态">由指标、登记、办理事项和节点按规则算出，不能手工填写；科室填报的进展、督办和销号显示在另一侧，两者互不改写。</Info>
        </span>
      }
      extra={<span className="soft">系统计算</span>}
    >
      <p className="verdict">{row.reason}</p>
      <dl className="reading">
        <dt>要求</dt>
        <dd>{data.demand}</dd>
        <dt>完成时限</dt>
        <dd>
          {date(row.deadline)}
          <span className={row.days_left < 0 ? 'bad' : 'soft'}>{row.days_left < 0 ? `（已过 ${-row.days_left} 天）` : `（还有 ${row.days_left} 天）`}</span>
        </dd>
        <dt>状态来源</dt>
        <dd>{data.status_by}</dd>
        <dt>承担者</dt>
        <dd>{data.actors.join('、') || NONE}</dd>
        <dt>能力领域</dt>
        <dd>{[row.capability, ...data.also].map((one) => one.name).join('；')}</dd>
        {data.excluded && (
          <>
            <dt>不纳入原因</dt>
            <dd>{data.excluded}</dd>
          </>
        )}
      </dl>
    </Card>
  )
}

function Bindings({ of }: { of: Data['bindings'] }) {
  const explain = useExplain()
  return (
    <Card title="关联的指标、登记和办理事项">
      <ul className="bindings">
        {of.map((one) => (
          <li key={`${one.kind}${one.id}`}>
            <span className="soft nowrap">{one.kind}</span>
            <span>
              {one.link ? <TextLink to={one.link}>{one.name}</TextLink> : one.name}{' '}
              {one.kind === '指标' && <DefinitionInfo kind="indicator" id={one.id} name={one.name} />}
            </span>
            <span className="value">
              {!one.available && <Tag word="尚未启用" tone="muted" />}
              {one.figure && <Value of={one.figure} open={explain.open} />}
            </span>
          </li>
        ))}
      </ul>
    </Card>
  )
}

/** A bound indicator's value, which explains itself on a click. */
function Value({ of, open }: { of: Figure; open: (wanted: Explained) => void }) {
  const name = of.value == null ? `未测量：${of.not_measured_reason ?? ''}` : withUnit(of.display, of.unit)
  return (
    <>
      <span className="soft">{printed(of.period)}</span>
      <Button
        type="link"
        size="small"
        title="查看计算过程与明细"
        aria-label={`${of.name} ${name}，查看计算过程与明细`}
        onClick={() => open({ indicator: of.indicator, period: of.period, by: of.by })}
      >
        {name}
      </Button>
    </>
  )
}

/** What people have done; it never changes what is computed. */
function Handling({ data, own, ask }: { data: Data; own: boolean; ask: (what: Asked) => void }) {
  const { row } = data
  const judged = data.progress.some((one) => !one.withdrawn && (one.kind === 'judged_met' || one.kind === 'judged_not_met'))
  const judgeable = judged || row.status === 'judgement' || row.status === 'not_measured'
  return (
    <Card
      title={
        <span className="row">
          办理情况 <Tag {...planHandling[row.handling]} />
        </span>
      }
      extra={<span className="soft">科室填报</span>}
    >
      <dl className="reading">
        <dt>牵头科室</dt>
        <dd>{row.lead ?? NONE}</dd>
        <dt>配合科室</dt>
        <dd>{row.with.join('、') || NONE}</dd>
        <dt>责任人</dt>
        <dd>{row.person ?? NONE}</dd>
      </dl>
      {own && !data.excluded && (
        <div className="row" style={{ marginTop: 14 }}>
          <Button type="primary" onClick={() => ask('progress')}>
            填报进展
          </Button>
          <Button onClick={() => ask('assignment')}>责任分解</Button>
          <Button onClick={() => ask('supervision')}>督办</Button>
          {judgeable && <Button onClick={() => ask('judgement')}>人工判定</Button>}
          {row.handling === 'closed' ? <Button onClick={() => ask('reopened')}>恢复</Button> : <Button onClick={() => ask('closed')}>销号</Button>}
        </div>
      )}
    </Card>
  )
}

function Milestones({ of, ask }: { of: Data['milestones']; ask?: (what: Asked) => void }) {
  const done = of.filter((one) => one.done_on).length
  return (
    <Card title={`节点（完成 ${done} / ${of.length}）`}>
      <Timeline
        items={of.map((one) => ({
          color: one.done_on ? 'green' : one.overdue ? 'red' : 'gray',
          content: (
            <div>
              <div className="between tight">
                <b>{date(one.by)}前</b>
                {ask && !one.done_on && (
                  <Button size="small" onClick={() => ask({ milestone: one.number })} aria-label={`标记完成：${one.title}`}>
                    标记完成
                  </Button>
                )}
              </div>
              <div>{one.title}</div>
              {one.done_on ? (
                <span className="good">
                  {date(one.done_on)}完成{one.done_by && `（${one.done_by}）`}
                </span>
              ) : (
                <span className={one.overdue ? 'bad' : 'soft'}>{one.overdue ? '已过期，尚未完成' : '未到期'}</span>
              )}
            </div>
          ),
        }))}
      />
    </Card>
  )
}

function Entries({ of, milestones, ask }: { of: Data['progress']; milestones: Data['milestones']; ask?: (what: Asked) => void }) {
  return (
    <Card title={`进展记录（${of.length}）`}>
      {of.length === 0 ? (
        <span className="soft">还没有记录。{ask && '点击“填报进展”写下第一条。'}</span>
      ) : (
        <Timeline
          items={of.map((one) => {
            const milestone = milestones.find((other) => other.number === one.milestone)
            return {
              color: one.withdrawn ? 'gray' : one.kind === 'supervision' || one.kind === 'judged_not_met' ? 'red' : 'blue',
              content: (
                <div className={one.withdrawn ? 'withdrawn' : undefined}>
                  <div className="between tight">
                    <span>
                      <b>{date(one.on)}</b>　{progressKind[one.kind]}　{one.person}
                    </span>
                    {ask && !one.withdrawn && (
                      <Button size="small" onClick={() => ask({ withdraw: one })} aria-label={`撤回${date(one.on)}的记录`}>
                        撤回
                      </Button>
                    )}
                  </div>
                  {milestone && <div className="soft">节点：{milestone.title}</div>}
                  <div className="text">{one.text}</div>
                  {one.evidence && <div>佐证：{one.evidence}</div>}
                  <div className="soft">
                    {person(one.actor)} 录入于 {time(one.entered_at)}
                  </div>
                  {one.withdrawn && <div className="note">已撤回：{one.withdrawn}</div>}
                </div>
              ),
            }
          })}
        />
      )}
    </Card>
  )
}

function Assignments({ of }: { of: Data['assignments'] }) {
  return (
    <Card title={`责任分解记录（${of.length}）`}>
      <Timeline
        items={of.map((one) => ({
          content: (
            <div>
              <b>{one.lead}</b>　{one.person}
              {one.with.length > 0 && `，配合：${one.with.join('、')}`}
              {one.deadline && `，时限${date(one.deadline)}`}
              {one.note && <div>{one.note}</div>}
              <div className="soft">
                {person(one.actor)} 录入于 {time(one.entered_at)}
              </div>
            </div>
          ),
        }))}
      />
    </Card>
  )
}

function Target({ of }: { of: PlanTarget }) {
  // Held against each institution, the target has no place in a picture of the whole region.
  const each = of.value == null && of.value_display != null
  const option = useMemo(() => targetOption(each ? { ...of, line: null, line_high: null } : of), [of, each])
  const explain = useExplain()
  const region = useRegion()
  const { indicator, period, series } = of
  return (
    <Card
      title={
        <span className="row">
          {of.measures} {of.display}
          {indicator && <DefinitionInfo kind="indicator" id={indicator.code} name={indicator.name} />}
          <Tag {...planStatus[of.status]} />
          {of.provisional && <Tag word="暂定" tone="warn" />}
        </span>
      }
      extra={of.link && <TextLink to={each ? `${of.link}${of.link.includes('?') ? '&' : '?'}tab=institutions` : of.link}>{each ? '查看各机构' : '查看指标'}</TextLink>}
    >
      <p className="verdict">{of.reason}</p>
      <dl className="reading" style={{ marginBottom: 12 }}>
        {of.subject && (
          <>
            <dt>对象</dt>
            <dd>{of.subject}</dd>
          </>
        )}
        <dt>原文</dt>
        <dd>
          “{of.quote}”，{date(of.by)}前
        </dd>
        <dt>现值</dt>
        <dd>
          {indicator && period && of.value_display ? (
            <>
              <Button
                type="link"
                className="inline"
                title="查看计算过程与明细"
                aria-label={`${of.measures} ${of.value_display}，查看计算过程与明细`}
                onClick={() => explain.open({ indicator: indicator.code, period, by: 'region' })}
              >
                {of.value_display}
              </Button>
              <span className="soft">（{printed(period)}）</span>
            </>
          ) : (
            (of.value_display ?? <span className="soft">未测量</span>)
          )}
        </dd>
        <dt>到期预测</dt>
        <dd>
          {of.forecast ? (
            <span className="row" style={{ gap: 4 }}>
              {of.forecast.display}
              <Info about="到期预测">{of.forecast.method}。</Info>
            </span>
          ) : (
            <span className="soft">{of.no_forecast ?? NONE}</span>
          )}
        </dd>
      </dl>
      {of.missed_by.length > 0 && (
        <Alert
          type="warning"
          showIcon
          title={`未达到的机构（${of.missed_by.length}）`}
          description={
            <ul className="missed">
              {of.missed_by.map((one) => (
                <li key={one.institution.code}>
                  <InstitutionLink institution={one.institution} /> <span className="number">{one.display}</span>
                </li>
              ))}
            </ul>
          }
          style={{ marginBottom: 12 }}
        />
      )}
      {indicator && series.length > 0 && (
        <Chart
          label={`${of.measures}逐月走势`}
          caption={
            each
              ? `${region}数值，供参考；目标按机构逐家判断；空心点为暂定`
              : of.forecast
                ? `${region}数值；空心点为暂定，虚线为目标，菱形和竖线为到期预测及其区间`
                : `${region}数值；空心点为暂定，虚线为目标`
          }
          option={option}
          height={260}
          rows={series}
          rowKey={(point) => point.period}
          exportHref={(format) => address('/api/values', {}, { indicator: indicator.code, grain: 'month', from: series[0]?.period, to: series.at(-1)?.period, format })}
          columns={[
            { title: '月份', render: (_, point) => printed(point.period) },
            { title: '当月', className: 'numeric', render: (_, point) => (point.value == null ? '未测量' : decimal(point.value)) },
            { title: '累计', className: 'numeric', render: (_, point) => decimal(point.cumulative) },
            { title: '状态', render: (_, point) => (point.provisional ? '暂定' : point.value == null ? '' : '已报齐') },
          ]}
        />
      )}
    </Card>
  )
}
