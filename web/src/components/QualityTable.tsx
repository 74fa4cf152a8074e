// The institutions with the most errors of a period.
import { Table } from 'antd'
import type { Overview } from '../api/types'
import { address } from '../api/client'
import { count, percent } from '../lib/format'
import { ExportMenu } from './ExportMenu'
import { InstitutionLink, Nothing } from './small'

const ROWS = 7

export function QualityTable({ quality, period }: { quality: Overview['quality']; period: string }) {
  return (
    <>
      <p className="between" style={{ marginTop: 0 }}>
        <span>共 <b className="number">{count(quality.rows)}</b> 条记录，错误 <b className="number">{count(quality.error_rows)}</b> 条（
        {percent(quality.error_rate)}），提示 <b className="number">{count(quality.warning_rows)}</b> 条。错误率最高的机构：</span>
        <ExportMenu name="数据质量" href={(format) => address('/api/quality', {}, { period, format })} />
      </p>
      <Table
        size="small"
        pagination={false}
        dataSource={quality.institutions.slice(0, ROWS)}
        rowKey={(row) => row.institution.code}
        locale={{ emptyText: <Nothing>本期还没有记录。</Nothing> }}
        columns={[
          { title: '机构', render: (_, row) => <InstitutionLink institution={row.institution} period={period} /> },
          { title: '记录数', className: 'numeric', render: (_, row) => count(row.rows) },
          { title: '错误', className: 'numeric', render: (_, row) => count(row.error_rows) },
          { title: '错误率', className: 'numeric', render: (_, row) => percent(row.error_rate) },
        ]}
      />
    </>
  )
}
