// 催报: who owes which report, whom to call, and the words to send.
import { App, Button, Card, Input, Modal } from 'antd'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { ApiProblem, everyRow } from '../api/client'
import { useAnswer } from '../api/queries'
import type { UrgingRow } from '../api/types'
import { DataTable } from '../components/DataTable'
import { Defined } from '../components/Definition'
import { PeriodPicker, useNewestPeriod } from '../components/PeriodPicker'
import { InstitutionLink, PageHead, Tag } from '../components/small'
import { useCopy } from '../lib/copy'
import { NONE, count, date, period as printed } from '../lib/format'
import { reportingStatus } from '../lib/labels'
import { grainOf } from '../lib/period'
import { useUrl } from '../lib/url'

export default function Urging() {
  const [url, setUrl] = useUrl()
  const period = useNewestPeriod(url.period)
  // Of one month the column of months would say one thing only.
  const oneMonth = period !== undefined && grainOf(period) === 'month'
  const owed = useAnswer('/api/urging', {}, { period, size: 1 }, { enabled: period !== undefined }).data?.total ?? 0
  const { message } = App.useApp()
  const copied = useCopy()
  const [collecting, setCollecting] = useState(false)
  // What could not be copied is shown, to be marked by hand.
  const [shown, show] = useState<{ text: string; what: string }>()
  const copy = async (text: string, what: string) => {
    if (!(await copied(text, what))) show({ text, what })
  }
  const copyAll = async () => {
    setCollecting(true)
    try {
      const notices = new Set((await everyRow('/api/urging', {}, { period })).map((row) => row.notice))
      await copy([...notices].join('\n\n──────────\n\n'), `${notices.size} 家机构的通知`)
    } catch (failed) {
      void message.error(failed instanceof ApiProblem ? `${failed.problem.message}${failed.problem.help}` : '没有取得通知，请重试。')
    } finally {
      setCollecting(false)
    }
  }
  return (
    <>
      <PageHead
        title="催报"
        lead="没有报送或退回后没有重报的报表；同一家机构的各张报表合写一份通知。"
        actions={
          <>
            <PeriodPicker value={period} onChange={(next) => setUrl({ period: next, page: undefined })} />
            <Button loading={collecting} disabled={owed === 0} onClick={() => void copyAll()}>
              复制全部通知
            </Button>
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
            { key: 'dataset', title: '报表', filterable: true, exports: ['dataset', 'period'], render: (row) => <Defined kind="dataset" id={row.dataset.code} name={row.dataset.name} /> },
            ...(oneMonth ? [] : [{ key: 'period', title: '月份', sortable: true, filterable: true, facet: printed, exports: [], render: (row: UrgingRow) => <span className="nowrap">{printed(row.period)}</span> }]),
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
      <Modal open={shown !== undefined} title={shown?.what} onCancel={() => show(undefined)} footer={null} destroyOnHidden>
        <Input.TextArea readOnly aria-label={shown?.what} value={shown?.text} autoSize={{ minRows: 6, maxRows: 18 }} onFocus={(event) => event.target.select()} />
      </Modal>
    </>
  )
}
