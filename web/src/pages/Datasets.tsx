// 填报规范: the datasets that institutions report.
import { Card } from 'antd'
import { Link } from '@tanstack/react-router'
import { DataTable } from '../components/DataTable'
import { Defined } from '../components/Definition'
import { PageHead, Tag } from '../components/small'
import { count } from '../lib/format'
import { definitionStatus } from '../lib/labels'

export default function Datasets() {
  return (
    <>
      <PageHead title="填报规范" lead="每个数据集的数据项、校验规则及其来源，可下载空白模板。" />
      <Card>
        <DataTable
          name="数据集"
          path="/api/datasets"
          rowKey={(row) => row.id}
          search={false}
          columns={[
            {
              key: 'name',
              title: '数据集',
              exports: ['id', 'name'],
              render: (row) => (
                <Defined kind="dataset" id={row.id} name={row.name}>
                  <Link to="/datasets/$id" params={{ id: row.id }}>
                    {row.name}
                  </Link>
                </Defined>
              ),
            },
            { key: 'status', title: '状态', filterable: true, render: (row) => <Tag {...definitionStatus[row.status]} /> },
            { key: 'purpose', title: '用途', render: (row) => <div style={{ maxWidth: 520 }}>{row.purpose}</div> },
            { key: 'fields', title: '数据项', numeric: true, render: (row) => count(row.fields) },
            { key: 'checks', title: '校验规则', numeric: true, render: (row) => count(row.checks) },
            { key: 'draft_checks', title: '未启用规则', numeric: true, help: '暂不能判断的规则，原因列在数据集页面中。', render: (row) => count(row.draft_checks) },
          ]}
        />
      </Card>
    </>
  )
}
