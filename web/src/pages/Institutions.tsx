// 机构: the register's institutions and how they report.
import { Card } from 'antd'
import { Link } from '@tanstack/react-router'
import { DataTable } from '../components/DataTable'
import { PageHead } from '../components/small'
import { NONE, count, percent, period as printed } from '../lib/format'

export default function Institutions() {
  return (
    <>
      <PageHead title="医疗机构" lead="登记信息以今日有效的版本为准；点击机构名称查看历次变更、报送历史与指标。" />
      <Card>
        <DataTable
          name="医疗机构"
          path="/api/institutions"
          rowKey={(row) => row.code}
          size={50}
          search="查找名称、登记号、医联体"
          columns={[
            {
              key: 'name',
              title: '机构',
              sortable: true,
              render: (row) => (
                <Link to="/institutions/$code" params={{ code: row.code }}>
                  {row.name}
                </Link>
              ),
            },
            { key: 'level', title: '级别', sortable: true, filterable: true, render: (row) => row.level?.name ?? NONE },
            { key: 'class', title: '类别', sortable: true, filterable: true, render: (row) => row.class.name },
            { key: 'ownership', title: '所有制', filterable: true, render: (row) => row.ownership },
            { key: 'beds', title: '床位数', numeric: true, sortable: true, render: (row) => count(row.beds) },
            { key: 'region', title: '行政区划', sortable: true, filterable: true, render: (row) => row.region.name },
            { key: 'alliance', title: '医联体', sortable: true, filterable: true, render: (row) => row.alliance?.name ?? NONE },
            { key: 'last_reported', title: '最近报送', sortable: true, render: (row) => printed(row.last_reported) },
            {
              key: 'months_reported',
              title: '已报 / 应报月数',
              numeric: true,
              sortable: true,
              exports: ['months_reported', 'months_due'],
              render: (row) => (
                <span className={row.months_reported < row.months_due ? 'warn number' : 'number'}>
                  {row.months_reported < row.months_due && <span aria-hidden="true">▲ </span>}
                  {row.months_reported} / {row.months_due}
                </span>
              ),
            },
            {
              key: 'error_rate',
              title: '错误率',
              numeric: true,
              sortable: true,
              help: '有效报送中，有“错误”级问题而暂不计入统计的记录所占的比例。',
              render: (row) => percent(row.error_rate),
            },
            { key: 'code', title: '登记号', hidden: true, render: (row) => <span className="code">{row.code}</span> },
          ]}
        />
      </Card>
    </>
  )
}
