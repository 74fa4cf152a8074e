// 催报: who owes which report, whom to call, and the words to send.
import { App, Button, Card } from 'antd'
import { Link } from '@tanstack/react-router'
import { get } from '../api/client'
import type { UrgingRow } from '../api/types'
import { DataTable } from '../components/DataTable'
import { PeriodPicker, usePeriod } from '../components/PeriodPicker'
import { InstitutionLink, PageHead, Tag } from '../components/small'
import { NONE, count, date, period as printed } from '../lib/format'
import { reportingStatus } from '../lib/labels'
import { grainOf } from '../lib/period'
import { useUrl } from '../lib/url'

/** Rows of a page at most, as the server gives them. */
const MOST = 1000

export default function Urging() {
  const [url, setUrl] = useUrl()
  const period = usePeriod(url.period)
  // Of one month the column of months would say one thing only.
  const oneMonth = period !== undefined && grainOf(period) === 'month'
  const { message } = App.useApp()
  const copy = async (text: string, what: string) => {
    await navigator.clipboard.writeText(text)
    void message.success(`${what}已复制，可直接粘贴发送。`)
  }
  const copyAll = async () => {
    const notices = new Set<string>()
    for (let page = 1, total = 1; (page - 1) * MOST < total; page++) {
      const rows = await get('/api/urging', {}, { period, page, size: MOST })
      total = rows.total
      for (const row of rows.rows) notices.add(row.notice)
    }
    await copy([...notices].join('\n\n──────────\n\n'), `${notices.size} 家机构的通知`)
  }
  return (
    <>
      <PageHead
        title="催报"
        lead="没有报送或退回后没有重报的报表；同一家机构的各张报表合写一份通知。"
        actions={
          <>
            <PeriodPicker value={period} onChange={(next) => setUrl({ period: next, page: undefined })} />
            <Button onClick={() => void copyAll()}>复制全部通知</Button>
          </>
        }
      />
      <Card>
        <DataTable
          name="催报清单"
          path="/api/urging"
          query={{ period }}
          enabled={period !== undefined}
          rowKey={(row) => `${row.institution.code}${row.dataset.code}${row.period}`}
          size={50}
          search="查找机构、联系人"
          empty="应报的都已报齐，没有需要催报的。"
          columns={[
            { key: 'institution', title: '机构', exports: ['institution', 'institution_code'], render: (row) => <InstitutionLink institution={row.institution} period={row.period} /> },
            {
              key: 'contact',
              title: '联系人',
              exports: ['contact', 'phone'],
              render: (row) => (
                <span className="nowrap">
                  {row.contact ?? NONE}　<span className="number">{row.phone}</span>
                </span>
              ),
            },
            { key: 'dataset', title: '报表', filterable: true, exports: ['dataset', 'period'], render: (row) => row.dataset.name },
            ...(oneMonth ? [] : [{ key: 'period', title: '月份', sortable: true, filterable: true, exports: [], render: (row: UrgingRow) => <span className="nowrap">{printed(row.period)}</span> }]),
            { key: 'status', title: '状态', filterable: true, render: (row) => <Tag {...reportingStatus[row.status]} /> },
            { key: 'deadline', title: '截止日期', sortable: true, render: (row) => <span className="nowrap">{date(row.deadline)}</span> },
            {
              key: 'days_overdue',
              title: '逾期天数',
              numeric: true,
              sortable: true,
              render: (row) => (row.days_overdue > 0 ? <b className="bad">{count(row.days_overdue)}</b> : <span className="soft">未到期</span>),
            },
            {
              key: 'returned_reason',
              title: '退回原因',
              render: (row) =>
                row.submission ? (
                  <div className="brief" title={row.returned_reason ?? undefined}>
                    <Link to="/submissions/$id" params={{ id: row.submission }}>
                      {row.returned_reason ?? '查看'}
                    </Link>
                  </div>
                ) : (
                  NONE
                ),
            },
            { key: 'last_period', title: '最近一次报送', hidden: true, render: (row) => printed(row.last_period) },
            {
              key: 'notice',
              title: '办理',
              render: (row) => (
                <span className="row nowrap">
                  <Button size="small" onClick={() => void copy(row.notice, `${row.institution.name}的通知`)} aria-label={`复制通知：${row.institution.name}`}>
                    复制通知
                  </Button>
                  <Link to="/reports" search={{ institution: row.institution.code, period: row.period } as never}>
                    填报
                  </Link>
                </span>
              ),
            },
          ]}
        />
      </Card>
    </>
  )
}
