// The rows behind a value; their columns come with the answer.
import { Dropdown, Button, Table, type TableColumnType } from 'antd'
import { Link } from '@tanstack/react-router'
import { address } from '../api/client'
import { useAnswer } from '../api/queries'
import type { ExplainRow } from '../api/types'
import { NONE, count, date } from '../lib/format'
import type { Explained } from '../lib/explain'
import { Icon } from '../lib/icons'
import { useUrl } from '../lib/url'
import { Await, Nothing } from './small'

export function ExplainRows({ value, part }: { value: Explained; part: 'numerator' | 'denominator' }) {
  const [url, setUrl] = useUrl()
  const page = Number(url.x_page ?? 1)
  const size = Number(url.x_size ?? 20)
  const sort = url.x_sort
  const { indicator, period, by, institution, department, known } = value
  const query = { period, by, institution, department, known_at: known, part, sort }
  const asked = useAnswer('/api/explain/{indicator}/rows', { indicator }, { ...query, page, size })
  const href = (format: string) => address('/api/explain/{indicator}/rows', { indicator }, { ...query, format })
  return (
    <Await asked={asked} rows={8}>
      {(data) => {
        if (data.columns.length === 0) return <Nothing>该指标不由明细记录直接相加。</Nothing>
        const order = (key: string) => (sort === key ? 'ascend' : sort === `-${key}` ? 'descend' : null)
        const columns: TableColumnType<ExplainRow>[] = [
          ...(by === 'institution' || by === 'department' ? [] : [{ title: '机构', key: 'institution', render: (_: unknown, row: ExplainRow) => row.institution.name }]),
          ...data.columns.map(
            (column, at): TableColumnType<ExplainRow> => ({
              key: column.code,
              title: (
                <span title={column.by_definition ? '定义使用的数据项' : undefined}>
                  {column.name}
                  {column.by_definition && <span className="soft"> ●</span>}
                </span>
              ),
              className: column.numeric ? 'numeric' : undefined,
              sorter: true,
              sortOrder: order(column.code),
              render: (_, row) => cell(row.cells[at]),
            }),
          ),
          { title: '计入值', key: 'adds', className: 'numeric', render: (_, row) => row.adds },
          {
            title: '出处',
            key: 'source',
            render: (_, row) => (
              <Link to="/submissions/$id" params={{ id: row.submission }} className="nowrap">
                {row.sheet ? `${row.sheet} ` : '文件'}第 {count(row.row)} 行
              </Link>
            ),
          },
        ]
        return (
          <>
            <div className="between" style={{ marginBottom: 10 }}>
              <span className="soft">共 {count(data.total)} 条记录；标 ● 的列是定义使用的数据项。</span>
              <Dropdown
                trigger={['click']}
                menu={{
                  items: [
                    { key: 'xlsx', label: <a href={href('xlsx')} download>Excel 工作簿（xlsx）</a> },
                    { key: 'csv', label: <a href={href('csv')} download>文本表格（csv）</a> },
                  ],
                }}
              >
                <Button icon={<Icon name="download" />} aria-label="导出明细记录">导出</Button>
              </Dropdown>
            </div>
            <Table<ExplainRow>
              size="small"
              columns={columns}
              dataSource={data.rows}
              rowKey={(row) => `${row.submission}/${row.sheet ?? ''}/${row.row}`}
              loading={asked.isFetching && { delay: 200 }}
              locale={{ emptyText: <Nothing>没有记录计入{part === 'numerator' ? '分子' : '分母'}。</Nothing> }}
              pagination={{ current: page, pageSize: size, total: data.total, showTotal: (total) => `共 ${count(total)} 条`, pageSizeOptions: [20, 50, 100, 500] }}
              onChange={(pagination, _, sorter, { action }) => {
                const one = Array.isArray(sorter) ? sorter[0] : sorter
                setUrl({
                  x_page: action === 'paginate' && pagination.current !== 1 ? String(pagination.current) : undefined,
                  x_size: pagination.pageSize === 20 ? undefined : String(pagination.pageSize),
                  x_sort: one?.order ? `${one.order === 'descend' ? '-' : ''}${String(one.columnKey)}` : undefined,
                })
              }}
            />
          </>
        )
      }}
    </Await>
  )
}

/** A date is printed as one, with its hour and minute; everything else as it stands. */
function cell(text: string | null | undefined) {
  if (text == null || text === '') return NONE
  const moment = /^(\d{4}-\d{2}-\d{2})(?:[ T](\d{2}:\d{2})(?::\d{2})?)?$/.exec(text)
  return moment ? [date(moment[1]), moment[2]].filter(Boolean).join(' ') : text
}
