// The columns of every table of submissions.
import { Link } from '@tanstack/react-router'
import type { SubmissionRow } from '../api/types'
import { NONE, count, percent, period as printed, time } from '../lib/format'
import { mode, submissionStatus } from '../lib/labels'
import type { DataColumn } from './DataTable'
import { Defined } from './Definition'
import { InstitutionLink, Tag } from './small'

export const submissionColumns: DataColumn<SubmissionRow>[] = [
  {
    key: 'period',
    title: '月份',
    sortable: true,
    filterable: true,
    facet: printed,
    render: (row) => (
      <Link to="/submissions/$id" params={{ id: row.id }} className="nowrap">
        {printed(row.period)}
      </Link>
    ),
  },
  {
    key: 'institution',
    title: '机构',
    sortable: true,
    exports: ['institution', 'institution_code'],
    render: (row) => <InstitutionLink institution={row.institution} />,
  },
  { key: 'dataset', title: '数据集', filterable: true, render: (row) => <Defined kind="dataset" id={row.dataset.code} name={row.dataset.name} /> },
  {
    key: 'status',
    title: '状态',
    filterable: true,
    exports: ['status', 'returned_reason'],
    render: (row) => (
      <span className="row" style={{ gap: 4 }}>
        <Tag {...submissionStatus[row.status]} />
        {row.late && <Tag word="迟报" tone="warn" />}
        {row.returned_reason && (
          <div className="soft" style={{ flexBasis: '100%', maxWidth: 280 }}>
            {row.returned_reason}
          </div>
        )}
      </span>
    ),
  },
  { key: 'version', title: '版本', numeric: true, sortable: true, render: (row) => `第 ${row.version} 版` },
  { key: 'mode', title: '方式', filterable: true, render: (row) => (row.zero ? '零报告' : mode[row.mode]) },
  { key: 'rows', title: '记录数', numeric: true, sortable: true, render: (row) => count(row.rows) },
  { key: 'counted_rows', title: '计入', numeric: true, sortable: true, hidden: true, render: (row) => count(row.counted_rows) },
  {
    key: 'error_rows',
    title: '错误',
    numeric: true,
    sortable: true,
    help: '有“错误”级问题的记录数。这些记录暂不计入统计，改正后再次报送即可计入。',
    render: (row) => count(row.error_rows),
  },
  { key: 'warning_rows', title: '提示', numeric: true, sortable: true, render: (row) => count(row.warning_rows) },
  { key: 'error_rate', title: '错误率', numeric: true, sortable: true, render: (row) => percent(row.error_rate) },
  { key: 'received_at', title: '收到时间', sortable: true, render: (row) => <span className="nowrap">{time(row.received_at)}</span> },
  { key: 'file_name', title: '文件', hidden: true, render: (row) => row.file_name ?? NONE },
  { key: 'late', title: '是否迟报', hidden: true, filterable: true, render: (row) => (row.late ? '是' : '否') },
  { key: 'id', title: '报送编号', hidden: true, render: (row) => <span className="code">{row.id}</span> },
]
