// One institution: figures, reporting, register.
import { Alert, Card, Descriptions, Tabs } from 'antd'
import { useParams } from '@tanstack/react-router'
import { useAnswer } from '../api/queries'
import type { Institution as Data, InstitutionVersion, ReportingRow } from '../api/types'
import { AlertList } from '../components/AlertList'
import { DataTable } from '../components/DataTable'
import { figureKey, ofPlace } from '../components/figureColumns'
import { PeriodPicker, usePeriod } from '../components/PeriodPicker'
import { ReportingCalendar } from '../components/ReportingCalendar'
import { submissionColumns } from '../components/submissionColumns'
import { Await, Code, LinkButton, PageHead, TextLink } from '../components/small'
import { NONE, count, date, period as printed } from '../lib/format'
import { isMonth } from '../lib/period'
import { useUrl } from '../lib/url'

export default function Institution() {
  const { code } = useParams({ strict: false }) as { code: string }
  const asked = useAnswer('/api/institutions/{code}', { code })
  return <Await asked={asked} rows={10}>{(data) => <Content data={data} />}</Await>
}

function Content({ data }: { data: Data }) {
  const [url, setUrl] = useUrl()
  const period = usePeriod(url.period)
  // Reports are by month: what is looked at by quarter or year leads to none.
  const report = { institution: data.code, period: isMonth(url.period) ? url.period : undefined }
  const current = data.versions[0]
  const lead = current && [current.level?.name, current.class.name, current.ownership, current.beds != null && `${count(current.beds)} 张床位`, current.region.name, current.alliance?.name]
  return (
    <>
      <PageHead
        title={data.name}
        lead={lead && lead.filter(Boolean).join(' · ')}
        actions={
          <>
            <LinkButton to="/reports" search={report as never}>
              报表填报
            </LinkButton>
            <LinkButton to="/submit" search={report as never} primary>
              为该机构预检与报送
            </LinkButton>
          </>
        }
      />
      <Owed rows={data.reporting} institution={data.code} />
      <Card styles={{ body: { paddingTop: 6 } }}>
        <Tabs
          activeKey={url.tab ?? 'figures'}
          onChange={(tab) => setUrl({ tab: tab === 'figures' ? undefined : tab, page: undefined, sort: undefined, filter: undefined, search: undefined })}
          items={[
            {
              key: 'figures',
              label: '指标',
              children: (
                <DataTable
                  name="机构指标"
                  path="/api/figures"
                  query={{ period, by: 'institution', institution: data.code }}
                  enabled={period !== undefined}
                  columns={ofPlace(true)}
                  rowKey={figureKey}
                  size={50}
                  search="查找指标"
                  tools={<PeriodPicker value={period} onChange={(next) => setUrl({ period: next, page: undefined })} />}
                  empty="该机构本期没有指标数值。"
                />
              ),
            },
            {
              key: 'reporting',
              label: '报送历史',
              children: (
                <div className="stack">
                  <ReportingCalendar rows={data.reporting} institution={data.code} />
                  <DataTable
                    name="报送记录"
                    path="/api/submissions"
                    query={{ institution: data.code }}
                    columns={submissionColumns.filter((column) => column.key !== 'institution')}
                    rowKey={(row) => row.id}
                    search={false}
                    empty="该机构还没有报送。"
                  />
                </div>
              ),
            },
            { key: 'alerts', label: '预警', children: <AlertList institution={data.code} /> },
            { key: 'register', label: '登记信息', children: <Register data={data} current={current} /> },
          ]}
        />
      </Card>
    </>
  )
}

/** How many of the reports owed are named; the calendar shows them all. */
const NAMED = 8

/** What it has not reported, newest first. */
function Owed({ rows, institution }: { rows: ReportingRow[]; institution: string }) {
  const owed = rows.filter((row) => row.status === 'missing' || row.status === 'returned').sort((a, b) => b.period.localeCompare(a.period))
  if (owed.length === 0) return null
  return (
    <Alert
      type="warning"
      showIcon
      style={{ marginBottom: 12 }}
      title={`有 ${count(owed.length)} 份报表未报或退回后没有重报`}
      description={
        <span className="row">
          {owed.slice(0, NAMED).map((row) => (
            <TextLink
              key={`${row.dataset.code}${row.period}`}
              to={`/reports${row.form ? `/${row.dataset.code}` : ''}?institution=${institution}&period=${row.period}`}
            >
              {printed(row.period)}
              {row.dataset.name}
            </TextLink>
          ))}
          {owed.length > NAMED && <TextLink to={`/institutions/${institution}?tab=reporting`}>全部见报送历史</TextLink>}
        </span>
      }
    />
  )
}

function Register({ data, current }: { data: Data; current: InstitutionVersion | undefined }) {
  return (
    <div className="stack">
      <Descriptions
        bordered
        size="small"
        column={2}
        items={[
          { label: '登记号', children: <Code>{data.code}</Code> },
          { label: '统一社会信用代码', children: data.credit_code ? <Code>{data.credit_code}</Code> : NONE },
          { label: '别名与其他代码', children: data.aliases.join('；') || NONE },
          { label: '医联体', children: current?.alliance?.name ?? NONE },
          { label: '联系人', children: current?.contact ?? NONE },
          { label: '联系电话', children: current?.phone ?? NONE },
          { label: '诊疗科目', span: 2, children: current?.subjects.map((one) => one.name).join('、') || NONE },
        ]}
      />
      <section>
        <h3>登记号的含义</h3>
        <DataTable
          name="登记号的含义"
          prefix="l_"
          path="/api/institutions/{code}/licence"
          variables={{ code: data.code }}
          rowKey={(part) => part.name}
          search={false}
          columns={[
            { key: 'name', title: '组成', render: (part) => part.name },
            { key: 'code', title: '代码', render: (part) => <Code>{part.code}</Code> },
            { key: 'meaning', title: '含义', render: (part) => part.meaning ?? '代码表中没有' },
          ]}
        />
      </section>
      <section>
        <h3>历次变更</h3>
        <DataTable
          name="登记变更"
          path="/api/institutions/{code}/versions"
          variables={{ code: data.code }}
          rowKey={(one) => one.from}
          search={false}
          columns={[
            { key: 'from', title: '生效', render: (one) => date(one.from) },
            { key: 'to', title: '失效', render: (one) => (one.to ? date(one.to) : '现行') },
            { key: 'name', title: '名称', render: (one) => one.name },
            { key: 'level', title: '级别', render: (one) => one.level?.name ?? NONE },
            { key: 'class', title: '类别', render: (one) => one.class.name },
            { key: 'beds', title: '床位数', numeric: true, render: (one) => count(one.beds) },
            { key: 'ownership', title: '所有制', render: (one) => one.ownership },
            { key: 'region', title: '行政区划', hidden: true, render: (one) => one.region.name },
            { key: 'alliance', title: '医联体', render: (one) => one.alliance?.name ?? NONE },
            { key: 'subjects', title: '诊疗科目', numeric: true, render: (one) => `${one.subjects.length} 项` },
          ]}
        />
      </section>
    </div>
  )
}
