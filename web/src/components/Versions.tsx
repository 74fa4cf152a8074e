// Every version of an institution's month.
import { Table } from 'antd'
import { Link } from '@tanstack/react-router'
import type { SubmissionRow } from '../api/types'
import { NONE, count, percent, time } from '../lib/format'
import { mode, submissionStatus } from '../lib/labels'
import { Tag } from './small'

export function Versions({ rows, current }: { rows: SubmissionRow[]; current: string }) {
  return (
    <Table
      size="small"
      pagination={false}
      dataSource={rows}
      rowKey="id"
      columns={[
        {
          title: '版本',
          render: (_, row) =>
            row.id === current ? (
              <b>第 {row.version} 版（本页）</b>
            ) : (
              <Link to="/submissions/$id" params={{ id: row.id }}>
                第 {row.version} 版
              </Link>
            ),
        },
        { title: '状态', render: (_, row) => <Tag {...submissionStatus[row.status]} /> },
        { title: '方式', render: (_, row) => (row.zero ? '零报告' : mode[row.mode]) },
        { title: '收到时间', render: (_, row) => time(row.received_at) },
        { title: '文件', render: (_, row) => row.file_name ?? NONE },
        { title: '记录数', className: 'numeric', render: (_, row) => count(row.rows) },
        { title: '错误率', className: 'numeric', render: (_, row) => percent(row.error_rate) },
        { title: '退回原因', render: (_, row) => row.returned_reason ?? NONE },
      ]}
    />
  )
}
