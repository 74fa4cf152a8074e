// 数据报送: what came in, and who has reported a month.
import { Card, Tabs } from 'antd'
import { Link } from '@tanstack/react-router'
import { DataTable } from '../components/DataTable'
import { InstitutionPicker } from '../components/InstitutionPicker'
import { PeriodPicker, usePeriod } from '../components/PeriodPicker'
import { submissionColumns } from '../components/submissionColumns'
import { InstitutionLink, LinkButton, PageHead, Tag, TextLink } from '../components/small'
import { Icon } from '../lib/icons'
import { NONE, count, date, percent, time } from '../lib/format'
import { reportingStatus } from '../lib/labels'
import { useUrl } from '../lib/url'

export default function Submissions() {
  const [url, setUrl] = useUrl()
  return (
    <>
      <PageHead
        title="数据报送"
        lead="报送前可先预检；退回或有错误的记录，改正后再次报送即形成新版本，旧版本保留可查。"
        actions={
          <LinkButton to="/submit" primary icon={<Icon name="upload" />}>
            预检与报送
          </LinkButton>
        }
      />
      <Card styles={{ body: { paddingTop: 6 } }}>
        <Tabs
          activeKey={url.tab ?? 'submissions'}
          onChange={(tab) => setUrl({ tab: tab === 'submissions' ? undefined : tab })}
          items={[
            { key: 'submissions', label: '报送记录', children: <All /> },
            { key: 'reporting', label: '逐家进度', children: <Reporting /> },
          ]}
        />
      </Card>
    </>
  )
}

function All() {
  const [url, setUrl] = useUrl()
  return (
    <DataTable
      name="报送记录"
      path="/api/submissions"
      query={{ institution: url.institution }}
      columns={submissionColumns}
      rowKey={(row) => row.id}
      search="查找机构、文件名、退回原因"
      tools={
        <InstitutionPicker
          value={url.institution}
          onChange={(code) => setUrl({ institution: code, page: undefined })}
          placeholder="全部机构"
          allowClear
        />
      }
      empty={
        <>
          还没有报送。请先 <Link to="/submit">上传第一份文件</Link>。
        </>
      }
    />
  )
}

function Reporting() {
  const [url, setUrl] = useUrl()
  const period = usePeriod(url.period)
  return (
    <DataTable
      name="逐家进度"
      prefix="r_"
      path="/api/reporting"
      query={{ period }}
      enabled={period !== undefined}
      size={50}
      rowKey={(row) => `${row.institution.code}/${row.dataset.code}/${row.period}`}
      search="查找机构"
      tools={<PeriodPicker grains={['month']} value={period} onChange={(next) => setUrl({ period: next, r_page: undefined })} />}
      columns={[
        {
          key: 'institution',
          title: '机构',
          sortable: true,
          exports: ['institution', 'institution_code', 'period'],
          render: (row) => <InstitutionLink institution={row.institution} period={period} />,
        },
        { key: 'level', title: '级别', filterable: true, sortable: true, render: (row) => row.institution.level ?? NONE },
        { key: 'dataset', title: '数据集', filterable: true, render: (row) => row.dataset.name },
        { key: 'status', title: '报送状态', filterable: true, sortable: true, render: (row) => <Tag {...reportingStatus[row.status]} /> },
        { key: 'deadline', title: '截止日期', render: (row) => date(row.deadline) },
        { key: 'received_at', title: '收到时间', sortable: true, render: (row) => <span className="nowrap">{time(row.received_at)}</span> },
        { key: 'version', title: '版本', numeric: true, render: (row) => (row.version == null ? NONE : `第 ${row.version} 版`) },
        { key: 'rows', title: '记录数', numeric: true, sortable: true, render: (row) => count(row.rows) },
        { key: 'error_rows', title: '错误', numeric: true, sortable: true, render: (row) => count(row.error_rows) },
        { key: 'warning_rows', title: '提示', numeric: true, sortable: true, render: (row) => count(row.warning_rows) },
        { key: 'error_rate', title: '错误率', numeric: true, sortable: true, render: (row) => percent(row.error_rate) },
        {
          key: 'submission',
          title: '下一步',
          render: (row) =>
            row.submission && row.status !== 'returned' ? (
              <TextLink to={`/submissions/${row.submission}`}>查看</TextLink>
            ) : row.submission ? (
              <TextLink to={`/submissions/${row.submission}`}>看退回原因</TextLink>
            ) : (
              <TextLink to={`/submit?institution=${row.institution.code}&period=${row.period}&dataset=${row.dataset.code}`}>去报送</TextLink>
            ),
        },
      ]}
    />
  )
}
