// One plan: its lights by chapter, its items, its targets, who has to be reminded.
import { Button, Card, Modal, Tabs } from 'antd'
import { Link, useParams } from '@tanstack/react-router'
import { useState } from 'react'
import { useAnswer, useAsOf } from '../api/queries'
import type { Plan as Data, PlanReminder } from '../api/types'
import { DataTable } from '../components/DataTable'
import { Defined } from '../components/Definition'
import { Lights, PlanProgress } from '../components/Lights'
import { Await, PageHead, Tag, TextLink } from '../components/small'
import { useCopy } from '../lib/copy'
import { NONE, date } from '../lib/format'
import { planHandling, planStatus } from '../lib/labels'
import { asSeen, filtered, parseFilter, stringifySearch, useUrl } from '../lib/url'

export default function Plan() {
  const { plan } = useParams({ strict: false }) as { plan: string }
  const asked = useAnswer('/api/plans/{plan}', { plan }, { as_of: useAsOf() })
  return (
    <Await asked={asked} rows={10}>
      {(data) => <Content data={data} />}
    </Await>
  )
}

function Content({ data }: { data: Data }) {
  const [url, setUrl] = useUrl()
  const filter = parseFilter(url.filter)
  const choose = (word: string | undefined) => {
    const { status: _, ...others } = filter
    const next = word ? { ...others, status: [word] } : others
    setUrl({ tab: undefined, page: undefined, filter: Object.keys(next).length > 0 ? filtered(next) : undefined })
  }
  const { head } = data
  return (
    <>
      <PageHead
        title={
          <span className="row">
            {head.name} {head.current && <Tag word="本地现行" tone="good" />}
          </span>
        }
        lead={`${head.publisher} · ${date(head.from)}至${date(head.to)} · 进展截至${date(data.as_of)}`}
        actions={head.current && <TextLink to={`/meeting${stringifySearch({ plan: head.id, period: url.period })}`}>月度进展报告</TextLink>}
      />
      <div className="stack">
        <Card size="small">
          <PlanProgress plan={{ id: head.id, elapsed: data.elapsed, counts: head.counts }} chosen={filter.status} choose={choose} />
          <Lights plan={head.id} chapters={data.chapters} chosen={filter.chapter?.[0] ?? ''} />
        </Card>
        <Card>
          <Tabs
            activeKey={url.tab ?? 'items'}
            onChange={(tab) => setUrl({ tab: tab === 'items' ? undefined : tab })}
            items={[
              { key: 'items', label: '事项', children: <Items data={data} /> },
              { key: 'targets', label: '目标值', children: <Targets data={data} /> },
              { key: 'reminders', label: '提醒与督办', children: <Reminders data={data} /> },
              { key: 'source', label: '出处与局限', children: <Source data={data} /> },
            ]}
          />
        </Card>
      </div>
    </>
  )
}

function Items({ data }: { data: Data }) {
  const plan = data.head.id
  const [url, setUrl] = useUrl()
  return (
    <DataTable
      name="事项进展"
      path="/api/plans/{plan}/items"
      variables={{ plan }}
      query={{ as_of: data.as_of }}
      rowKey={(row) => row.number}
      group={(row) => `${row.chapter}、${row.chapter_title}`}
      size={50}
      search="查找事项、科室、责任人"
      tools={url.filter && <Button onClick={() => setUrl({ filter: undefined, page: undefined })}>清除筛选</Button>}
      columns={[
        { key: 'number', title: '序号', render: (row) => <span className="nowrap">{row.number}</span> },
        {
          key: 'title',
          title: '事项',
          render: (row) => (
            <div style={{ minWidth: 120, maxWidth: 240 }}>
              <Link to="/plans/$plan/items/$item" params={{ plan, item: row.number }} search={asSeen(url) as never}>
                {row.title}
              </Link>
            </div>
          ),
        },
        { key: 'chapter', title: '章', filterable: true, hidden: true, render: (row) => `${row.chapter}、${row.chapter_title}` },
        { key: 'status', title: '进展状态', filterable: true, help: '由指标、登记、办理事项和节点算出，不能手工填写。', render: (row) => <Tag {...planStatus[row.status]} /> },
        { key: 'reason', title: '说明', render: (row) => <div className="reason">{row.reason}</div> },
        { key: 'target', title: '目标', hidden: true, render: (row) => row.target ?? NONE },
        { key: 'value', title: '现值', numeric: true, hidden: true, render: (row) => <span className="nowrap">{row.value ?? NONE}</span> },
        { key: 'forecast', title: '到期预测', numeric: true, hidden: true, help: '按近月走势推算到完成时限，括号内为80%区间。', render: (row) => <span className="nowrap">{row.forecast ?? NONE}</span> },
        { key: 'lead', title: '牵头科室', sortable: true, filterable: true, render: (row) => <span className="nowrap">{row.lead ?? NONE}</span> },
        { key: 'with', title: '配合科室', hidden: true, render: (row) => row.with.join('、') || NONE },
        { key: 'person', title: '责任人', filterable: true, render: (row) => <span className="nowrap">{row.person ?? NONE}</span> },
        {
          key: 'deadline',
          title: '完成时限',
          sortable: true,
          exports: ['deadline', 'days_left'],
          render: (row) => (
            <span className="nowrap" title={row.days_left < 0 ? `已过 ${-row.days_left} 天` : `还有 ${row.days_left} 天`}>
              {date(row.deadline)}
            </span>
          ),
        },
        { key: 'handling', title: '办理情况', filterable: true, help: '由科室填报：责任分解、进展、督办、销号。', render: (row) => <Tag {...planHandling[row.handling]} /> },
        { key: 'last_progress', title: '最近进展', sortable: true, hidden: true, render: (row) => <span className="nowrap">{date(row.last_progress)}</span> },
        { key: 'capability', title: '能力领域', filterable: true, hidden: true, render: (row) => row.capability.name },
      ]}
    />
  )
}

function Targets({ data }: { data: Data }) {
  const plan = data.head.id
  const [url] = useUrl()
  return (
    <DataTable
      name="目标值"
      prefix="t_"
      path="/api/plans/{plan}/targets"
      variables={{ plan }}
      query={{ as_of: data.as_of }}
      rowKey={(row) => `${row.item}${row.measures}${row.subject}${row.display}${row.by}`}
      size={50}
      search="查找目标"
      empty="这份要点没有写明数值目标。"
      columns={[
        {
          key: 'item',
          title: '事项',
          exports: ['item', 'title'],
          render: (row) => (
            <div style={{ minWidth: 120, maxWidth: 180 }}>
              <Link to="/plans/$plan/items/$item" params={{ plan, item: row.item }} search={asSeen(url) as never}>
                {row.item} {row.title}
              </Link>
            </div>
          ),
        },
        { key: 'measures', title: '衡量内容', render: (row) => <div style={{ maxWidth: 200 }}>{row.measures}</div> },
        { key: 'subject', title: '对象', render: (row) => <div style={{ maxWidth: 120 }}>{row.subject || NONE}</div> },
        { key: 'display', title: '目标', render: (row) => <span className="nowrap">{row.display}</span> },
        { key: 'status', title: '状态', filterable: true, render: (row) => <Tag {...planStatus[row.status]} /> },
        { key: 'value', title: '现值', numeric: true, render: (row) => <span className="nowrap">{row.value ?? NONE}</span> },
        { key: 'forecast', title: '到期预测', numeric: true, help: '按近月走势推算到完成时限，括号内为80%区间。', render: (row) => <span className="nowrap">{row.forecast ?? NONE}</span> },
        { key: 'by', title: '时限', sortable: true, render: (row) => <span className="nowrap">{date(row.by)}</span> },
        {
          key: 'indicator',
          title: '指标',
          hidden: true,
          render: (row) =>
            row.indicator ? (
              <Defined kind="indicator" id={row.indicator.code} name={row.indicator.name}>
                <Link to="/indicators/$id" params={{ id: row.indicator.code }}>
                  {row.indicator.name}
                </Link>
              </Defined>
            ) : (
              NONE
            ),
        },
        { key: 'reason', title: '说明', hidden: true, render: (row) => <div className="reason">{row.reason}</div> },
      ]}
    />
  )
}

function Reminders({ data }: { data: Data }) {
  const plan = data.head.id
  const [url] = useUrl()
  const copy = useCopy()
  const [reading, read] = useState<PlanReminder>()
  return (
    <>
      <DataTable
        name="提醒与督办"
        prefix="r_"
        path="/api/plans/{plan}/reminders"
        variables={{ plan }}
        query={{ as_of: data.as_of }}
        rowKey={(row) => `${row.item}${row.level}${row.reason}`}
        search={false}
        empty="目前没有需要提醒的事项。"
        columns={[
          {
            key: 'item',
            title: '事项',
            exports: ['item', 'title'],
            render: (row) => (
              <div style={{ minWidth: 140, maxWidth: 240 }}>
                <Link to="/plans/$plan/items/$item" params={{ plan, item: row.item }} search={asSeen(url) as never}>
                  {row.item} {row.title}
                </Link>
              </div>
            ),
          },
          { key: 'level', title: '级别', filterable: true, render: (row) => <Tag word={row.level} tone={row.level === '提醒' ? 'plain' : row.level === '督办' ? 'warn' : 'bad'} /> },
          { key: 'to', title: '对象', filterable: true, render: (row) => row.to },
          { key: 'reason', title: '原因', render: (row) => <div className="reason">{row.reason}</div> },
          { key: 'deadline', title: '时限', sortable: true, render: (row) => <span className="nowrap">{date(row.deadline)}</span> },
          {
            key: 'notice',
            title: '通知',
            render: (row) => (
              <Button size="small" onClick={() => read(row)} aria-label={`查看通知：${row.title}`}>
                查看通知
              </Button>
            ),
          },
        ]}
      />
      <Modal
        open={reading !== undefined}
        title={reading && `${reading.level}：${reading.title}`}
        onCancel={() => read(undefined)}
        onOk={() => reading && void copy(reading.notice, '通知')}
        okText="复制通知"
        cancelText="关闭"
      >
        <div className="notice">{reading?.notice}</div>
      </Modal>
    </>
  )
}

function Source({ data }: { data: Data }) {
  return (
    <dl className="reading">
      <dt>用途</dt>
      <dd>{data.purpose}</dd>
      <dt>文件</dt>
      <dd>{data.legal_basis}</dd>
      <dt>地区</dt>
      <dd>{data.head.place}</dd>
      <dt>局限</dt>
      <dd>{data.limits || NONE}</dd>
      <dt>定义文件</dt>
      <dd className="code">{data.definition_file}</dd>
    </dl>
  )
}
