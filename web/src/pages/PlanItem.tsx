// One item of a plan: what is computed on the left, what people have done on the right.
import { Alert, Button, Card, Timeline } from 'antd'
import { Link, useParams } from '@tanstack/react-router'
import { useMemo, useState } from 'react'
import { useAnswer } from '../api/queries'
import type { PlanItem as Data, PlanTarget } from '../api/types'
import { Chart } from '../components/Chart'
import { PlanForm, type Asked } from '../components/PlanForms'
import { Await, Info, InstitutionLink, PageHead, Tag, TextLink } from '../components/small'
import { NONE, date, decimal, period as printed, time } from '../lib/format'
import { planHandling, planStatus, progressKind } from '../lib/labels'
import { targetOption } from '../lib/options'
import { useUrl } from '../lib/url'

export default function PlanItem() {
  const { plan, item } = useParams({ strict: false }) as { plan: string; item: string }
  const [url] = useUrl()
  const asked = useAnswer('/api/plans/{plan}/items/{item}', { plan, item }, { as_of: url.as_of })
  return (
    <Await asked={asked} rows={10}>
      {(data) => <Content data={data} />}
    </Await>
  )
}

function Content({ data }: { data: Data }) {
  const [asked, ask] = useState<Asked>()
  const { row } = data
  const plan = data.plan.code
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
            <Link to="/plans/$plan" params={{ plan }}>
              {data.plan.name}
            </Link>
            {` · ${row.chapter}、${row.chapter_title}`}
          </>
        }
        actions={
          <>
            {data.previous && (
              <Link to="/plans/$plan/items/$item" params={{ plan, item: data.previous }}>
                上一项
              </Link>
            )}
            {data.next && (
              <Link to="/plans/$plan/items/$item" params={{ plan, item: data.next }}>
                下一项
              </Link>
            )}
          </>
        }
      />
      <div className="columns">
        <div className="stack">
          <Card
            title={
              <span className="row">
                进展状态 <Tag {...planStatus[row.status]} />
                <Info about="进展状态">由指标、登记、办理事项和里程碑按规则算出，不能手工填写；科室填报的进展、督办和销号显示在另一侧，两者互不改写。</Info>
              </span>
            }
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
              <dt>判断方式</dt>
              <dd>{data.status_by}</dd>
              <dt>涉及对象</dt>
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
          {data.targets.map((target) => (
            <Target key={`${target.measures}${target.subject}${target.display}${target.by}`} of={target} />
          ))}
          {data.bindings.length > 0 && (
            <Card title="关联的指标、登记和办理事项">
              <ul className="matters">
                {data.bindings.map((one) => (
                  <li key={`${one.kind}${one.id}`}>
                    <span className="soft nowrap">{one.kind}</span>
                    <span>{one.available ? null : <Tag word="尚未上线" tone="muted" />}</span>
                    <span>
                      {one.link ? <TextLink to={one.link}>{one.name}</TextLink> : one.name}
                      {one.figure && <b className="number">　{one.figure.value == null ? `未测量：${one.figure.not_measured_reason ?? ''}` : `${one.figure.display} ${one.figure.unit}`}</b>}
                    </span>
                  </li>
                ))}
              </ul>
            </Card>
          )}
        </div>
        <div className="stack">
          <Card
            title={
              <span className="row">
                办理情况 <Tag {...planHandling[row.handling]} />
              </span>
            }
          >
            <dl className="reading">
              <dt>牵头科室</dt>
              <dd>{row.lead ?? NONE}</dd>
              <dt>配合科室</dt>
              <dd>{row.with.join('、') || NONE}</dd>
              <dt>责任人</dt>
              <dd>{row.person ?? NONE}</dd>
            </dl>
            {!data.excluded && (
              <div className="row" style={{ marginTop: 14 }}>
                <Button onClick={() => ask('assignment')}>责任分解</Button>
                <Button type="primary" onClick={() => ask('progress')}>
                  填报进展
                </Button>
                <Button onClick={() => ask('supervision')}>督办</Button>
                <Button onClick={() => ask('judgement')}>人工判定</Button>
                {row.handling === 'closed' ? <Button onClick={() => ask('reopened')}>恢复</Button> : <Button onClick={() => ask('closed')}>销号</Button>}
              </div>
            )}
          </Card>
          {data.milestones.length > 0 && (
            <Card title="里程碑">
              <Timeline
                items={data.milestones.map((one) => ({
                  color: one.done_on ? 'green' : one.overdue ? 'red' : 'gray',
                  content: (
                    <div>
                      <div className="between">
                        <span>
                          <b>{date(one.by)}前</b>　{one.title}
                        </span>
                        {!one.done_on && (
                          <Button size="small" onClick={() => ask({ milestone: one.number })}>
                            标记完成
                          </Button>
                        )}
                      </div>
                      {one.done_on ? (
                        <span className="good">
                          {date(one.done_on)}完成（{one.done_by}）
                        </span>
                      ) : (
                        one.overdue && <span className="bad">已过期，尚未完成</span>
                      )}
                    </div>
                  ),
                }))}
              />
            </Card>
          )}
          <Card title={`进展记录（${data.progress.length}）`}>
            {data.progress.length === 0 ? (
              <span className="soft">还没有记录。点击“填报进展”写下第一条。</span>
            ) : (
              <Timeline
                items={data.progress.map((one) => ({
                  color: one.withdrawn ? 'gray' : one.kind === 'supervision' || one.kind === 'judged_not_met' ? 'red' : 'blue',
                  content: (
                    <div className={one.withdrawn ? 'withdrawn' : undefined}>
                      <div className="between">
                        <span>
                          <b>{date(one.on)}</b>　{progressKind[one.kind]}　{one.person}
                        </span>
                        {!one.withdrawn && (
                          <Button size="small" type="text" onClick={() => ask({ withdraw: one })}>
                            撤回
                          </Button>
                        )}
                      </div>
                      <div className="text">{one.text}</div>
                      {one.evidence && <div className="soft">佐证：{one.evidence}</div>}
                      <div className="soft">
                        {one.actor} 录入于 {time(one.entered_at)}
                      </div>
                      {one.withdrawn && <div className="note">已撤回：{one.withdrawn}</div>}
                    </div>
                  ),
                }))}
              />
            )}
          </Card>
          {data.assignments.length > 0 && (
            <Card title="责任分解记录">
              <Timeline
                items={data.assignments.map((one) => ({
                  content: (
                    <div>
                      {one.lead} {one.person}
                      {one.with.length > 0 && `，配合：${one.with.join('、')}`}
                      {one.deadline && `，时限${date(one.deadline)}`}
                      {one.note && <div>{one.note}</div>}
                      <div className="soft">
                        {one.actor} 录入于 {time(one.entered_at)}
                      </div>
                    </div>
                  ),
                }))}
              />
            </Card>
          )}
        </div>
      </div>
      {asked && <PlanForm item={data} asked={asked} close={() => ask(undefined)} />}
    </>
  )
}

function Target({ of }: { of: PlanTarget }) {
  const option = useMemo(() => targetOption(of), [of])
  return (
    <Card
      title={
        <span className="row">
          {of.measures} {of.display} <Tag {...planStatus[of.status]} />
          {of.provisional && <Tag word="暂定" tone="warn" />}
        </span>
      }
      extra={of.link && <TextLink to={of.link}>数字从哪里来</TextLink>}
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
        <dd>“{of.quote}”，{date(of.by)}前</dd>
        <dt>现值</dt>
        <dd>
          {of.value_display ?? NONE}
          {of.period && <span className="soft">（{printed(of.period)}）</span>}
        </dd>
        <dt>期末预测</dt>
        <dd>
          {of.forecast ? (
            <>
              {of.forecast.display}
              <Info about="期末预测">
                {of.forecast.method}依据 {of.forecast.months} 个月的数据，括号内为 {of.forecast.level * 100}% 区间。
              </Info>
            </>
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
          description={of.missed_by.map((one) => (
            <span key={one.institution.code} className="nowrap" style={{ marginInlineEnd: 16 }}>
              <InstitutionLink institution={one.institution} /> {one.display}
            </span>
          ))}
          style={{ marginBottom: 12 }}
        />
      )}
      {of.series.length > 0 && (
        <Chart
          label={`${of.measures}逐月走势`}
          caption="空心点为暂定值；虚线为目标"
          option={option}
          height={240}
          rows={of.series}
          rowKey={(point) => point.period}
          columns={[
            { title: '月份', render: (_, point) => printed(point.period) },
            { title: '当月', className: 'numeric', render: (_, point) => decimal(point.value) },
            { title: '累计', className: 'numeric', render: (_, point) => decimal(point.cumulative) },
            { title: '状态', render: (_, point) => (point.provisional ? '暂定' : '') },
          ]}
        />
      )}
    </Card>
  )
}
