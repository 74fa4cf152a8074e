// 工作要点: every plan, the region's own first.
import { Card } from 'antd'
import { Link } from '@tanstack/react-router'
import { DataTable } from '../components/DataTable'
import { Bar } from '../components/Lights'
import { PageHead, Tag } from '../components/small'
import { count } from '../lib/format'

export default function Plans() {
  return (
    <>
      <PageHead title="工作要点" lead="年度工作要点逐条对应指标、登记和办理事项，进展由数据算出；各地往年的要点供参考。" />
      <Card>
        <DataTable
          name="工作要点"
          path="/api/plans"
          rowKey={(row) => row.id}
          search="查找名称、地区"
          empty="还没有工作要点。把本地的要点写进地区定义包后，这里会显示每一项的进展。"
          columns={[
            {
              key: 'name',
              title: '工作要点',
              sortable: true,
              render: (row) => (
                <span className="row">
                  <Link to="/plans/$plan" params={{ plan: row.id }}>
                    {row.name}
                  </Link>
                  {row.current && <Tag word="本地现行" tone="good" />}
                </span>
              ),
            },
            { key: 'place', title: '地区', sortable: true, filterable: true, render: (row) => row.place },
            { key: 'publisher', title: '发布单位', hidden: true, render: (row) => row.publisher },
            { key: 'year', title: '年度', numeric: true, sortable: true, filterable: true, render: (row) => row.year },
            { key: 'items', title: '事项', numeric: true, sortable: true, render: (row) => count(row.counts.items) },
            {
              key: 'progress',
              title: '进展',
              exports: ['met', 'on_course', 'judgement', 'behind', 'overdue', 'not_measured', 'excluded'],
              width: 220,
              render: (row) => <Bar counts={row.counts} />,
            },
            { key: 'met', title: '已完成', numeric: true, sortable: true, render: (row) => count(row.counts.met) },
            {
              key: 'behind',
              title: '滞后和逾期',
              numeric: true,
              exports: ['behind', 'overdue'],
              render: (row) => count(row.counts.behind + row.counts.overdue),
            },
            { key: 'not_measured', title: '未测量', numeric: true, sortable: true, render: (row) => count(row.counts.not_measured) },
          ]}
        />
      </Card>
    </>
  )
}
