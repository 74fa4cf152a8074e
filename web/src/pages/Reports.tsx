// 报表填报: what an institution has to report for a month, and how each report stands.
import { Card } from 'antd'
import { Link } from '@tanstack/react-router'
import { address } from '../api/client'
import { useAnswer, useMeta } from '../api/queries'
import { DataTable } from '../components/DataTable'
import { Defined } from '../components/Definition'
import { InstitutionPicker } from '../components/InstitutionPicker'
import { PeriodPicker, useNewestPeriod } from '../components/PeriodPicker'
import { LinkButton, Nothing, PageHead, Tag } from '../components/small'
import { NONE, count, date, percent, period as printed, time } from '../lib/format'
import { reportingStatus } from '../lib/labels'
import { monthAfter } from '../lib/period'
import { useUrl } from '../lib/url'

export default function Reports() {
  const [url, setUrl] = useUrl()
  const period = useNewestPeriod(url.period)
  const meta = useMeta()
  // Who sees one institution only need not choose it.
  const [only, ...others] = meta.data?.institutions ?? []
  const institution = url.institution ?? (others.length === 0 ? only?.code : undefined)
  return (
    <>
      <PageHead
        title="报表填报"
        lead="选择机构和月份，逐张填报；可以在网页上填，也可以下载模板填好后上传。"
        actions={
          <>
            <InstitutionPicker value={institution} onChange={(next) => setUrl({ institution: next })} allowClear region />
            <PeriodPicker value={period} onChange={(next) => setUrl({ period: next })} grains={['month']} />
          </>
        }
      />
      <Card>
        {!institution || !period ? (
          <Nothing>请在右上角选择机构，即可看到该机构本月应报的全部报表。</Nothing>
        ) : (
          <DataTable
            name="应报报表"
            path="/api/reporting"
            query={{ institution, period }}
            rowKey={(row) => row.dataset.code}
            search={false}
            empty={`${printed(period)}没有应报的报表。`}
            columns={[
              { key: 'dataset', title: '报表', render: (row) => (
                <Defined kind="dataset" id={row.dataset.code} name={row.dataset.name}>
                  <b>{row.dataset.name}</b>
                </Defined>
              ) },
              { key: 'status', title: '状态', filterable: true, render: (row) => <Tag {...reportingStatus[row.status]} /> },
              { key: 'deadline', title: '截止日期', sortable: true, render: (row) => date(row.deadline) },
              { key: 'received_at', title: '收到时间', render: (row) => (row.received_at ? time(row.received_at) : NONE) },
              { key: 'rows', title: '记录数', numeric: true, render: (row) => count(row.rows) },
              { key: 'error_rate', title: '错误率', numeric: true, render: (row) => percent(row.error_rate) },
              {
                key: 'actions',
                title: '办理',
                exports: [],
                render: (row) => {
                  const dataset = row.dataset.code
                  const query = { institution, period }
                  return (
                    <span className="row">
                      {row.form && (
                        <LinkButton to="/reports/$dataset" params={{ dataset }} search={query as never} size="small" primary={!row.submission}>
                          {row.submission ? '查看和修改' : '填报'}
                        </LinkButton>
                      )}
                      <Link to="/submit" search={{ ...query, dataset } as never}>
                        上传文件
                      </Link>
                      <a href={address('/api/datasets/{id}/template.xlsx', { id: dataset }, query)} download>
                        下载模板
                      </a>
                      {row.submission ? (
                        <Link to="/submissions/$id" params={{ id: row.submission }}>
                          本次报送
                        </Link>
                      ) : (
                        <Link to="/submit" search={{ ...query, dataset, tab: 'zero' } as never}>
                          零报告
                        </Link>
                      )}
                    </span>
                  )
                },
              },
            ]}
          />
        )}
        {institution && period && period === meta.data?.months.at(-1) && <Ahead institution={institution} newest={period} />}
      </Card>
    </>
  )
}

/** The month that has just begun to be reported: what was due in the newest one is due again. */
function Ahead({ institution, newest }: { institution: string; newest: string }) {
  const asked = useAnswer('/api/reporting', {}, { institution, period: newest, size: 100 })
  const forms = (asked.data?.rows ?? []).filter((row) => row.form)
  const period = monthAfter(newest)
  if (forms.length === 0) return null
  return (
    <div className="row" style={{ marginTop: 12 }}>
      <span className="soft">填报{printed(period)}：</span>
      {forms.map(({ dataset }) => (
        <Link key={dataset.code} to="/reports/$dataset" params={{ dataset: dataset.code }} search={{ institution, period } as never}>
          {dataset.name}
        </Link>
      ))}
    </div>
  )
}
