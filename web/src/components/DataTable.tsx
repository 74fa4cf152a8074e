// The one table of these pages: sorted, filtered and paged by the server, exported with the same
// filters, columns to choose, everything in the address.
import { Button, Checkbox, Popover, Table, type TableColumnType } from 'antd'
import { useState, type ComponentProps, type ReactNode } from 'react'
import { address, type Query, type RowOf, type TablePath, type VariablesOf } from '../api/client'
import { useTablePage } from '../api/queries'
import { count } from '../lib/format'
import { Icon } from '../lib/icons'
import { filtered, parseFilter, useUrl } from '../lib/url'
import { ExportMenu } from './ExportMenu'
import { SearchBox } from './SearchBox'
import { Failure, Info, Nothing } from './small'

export interface DataColumn<R> {
  /** The server's key of the column: sort, filter and export use it. */
  key: string
  title: string
  render: (row: R) => ReactNode
  /** Help behind (i). */
  help?: ReactNode
  numeric?: boolean
  sortable?: boolean
  /** Offer the column's values as a filter. */
  filterable?: boolean
  /** How a value of that filter is printed; as the server gives it when not given. */
  facet?: (value: string) => string
  /** Not shown until the user chooses it. */
  hidden?: boolean
  width?: number
  /** Server keys that the export writes for it; its own when not given. */
  exports?: string[]
}

interface Props<P extends TablePath> {
  path: P
  variables?: VariablesOf<P>
  /** Fixed part of the query, beside what the table itself adds. */
  query?: Query
  columns: DataColumn<RowOf<P>>[]
  rowKey: (row: RowOf<P>) => string
  /** What the table is, for readers of the screen and for column settings. */
  name: string
  /** Prefix of its parameters in the address when a page has several tables. */
  prefix?: string
  search?: string | false
  tools?: ReactNode
  empty?: ReactNode
  size?: number
  /** Order when the address does not say; the server's own when not given. */
  sort?: string
  /** Heading above the first row of each group, as long as the rows stand in the server's own order. */
  group?: (row: RowOf<P>) => string
  enabled?: boolean
}

/** A row, and above it the heading of its group where one begins. */
function GroupedRow({ group, span, ...row }: ComponentProps<'tr'> & { group?: string; span?: number }) {
  return (
    <>
      {group !== undefined && (
        <tr className="group">
          <th scope="rowgroup" colSpan={span}>
            {group}
          </th>
        </tr>
      )}
      <tr {...row} />
    </>
  )
}
const grouping = { body: { row: GroupedRow } }

function chosenColumns(name: string, all: { key: string; hidden?: boolean }[]): string[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(`columns:${name}`) ?? 'null')
    if (Array.isArray(kept) && kept.length > 0) return all.map((c) => c.key).filter((key) => kept.includes(key))
  } catch {
    // A store that cannot be read is as good as an empty one.
  }
  return all.filter((column) => !column.hidden).map((column) => column.key)
}

export function DataTable<P extends TablePath>(props: Props<P>) {
  type R = RowOf<P>
  const { path, query = {}, columns, name, prefix = '', size: defaultSize = 20 } = props
  const variables = props.variables ?? ({} as VariablesOf<P>)
  const [url, setUrl] = useUrl()
  const param = (key: string) => `${prefix}${key}`
  const page = Number(url[param('page')] ?? 1)
  const size = Number(url[param('size')] ?? defaultSize)
  const sort = url[param('sort')] ?? props.sort
  const filterText = url[param('filter')]
  const search = url[param('search')]
  const filter = parseFilter(filterText)

  const [shown, setShown] = useState(() => chosenColumns(name, columns))
  const choose = (keys: string[]) => {
    setShown(keys)
    localStorage.setItem(`columns:${name}`, JSON.stringify(keys))
  }

  const asked = useTablePage(path, variables, { ...query, page, size, sort, filter: filterText, search }, props.enabled)
  const rows = asked.data?.rows ?? []
  const { group } = props
  const headed = group && sort === undefined
  const visible = columns.filter((column) => shown.includes(column.key))
  const exportAs = (format: 'csv' | 'xlsx') =>
    address(path, variables as Record<string, string>, {
      ...query,
      sort,
      filter: filterText,
      search,
      columns: visible.flatMap((column) => column.exports ?? [column.key]).join(','),
      format,
    })

  const tableColumns = visible.map((column): TableColumnType<R> => {
    const facets = column.filterable ? asked.data?.facets?.[column.key] : undefined
    return {
      key: column.key,
      title: column.help ? (
        <span className="th">
          {column.title}
          <Info about={column.title}>{column.help}</Info>
        </span>
      ) : (
        <span className="th">{column.title}</span>
      ),
      className: column.numeric ? 'numeric' : undefined,
      width: column.width,
      sorter: column.sortable,
      sortOrder: sort === column.key ? 'ascend' : sort === `-${column.key}` ? 'descend' : null,
      filters: facets?.map((facet) => ({ text: `${facet.value ? (column.facet?.(facet.value) ?? facet.value) : '（空）'}（${count(facet.rows)}）`, value: facet.value })),
      filterSearch: (facets?.length ?? 0) > 8,
      filteredValue: filter[column.key] ?? null,
      render: (_, row) => column.render(row),
    }
  })

  return (
    <section aria-label={name}>
      <div className="table-tools">
        {props.search !== false && (
          <SearchBox
            value={search}
            onSearch={(text) => setUrl({ [param('search')]: text, [param('page')]: undefined })}
            placeholder={props.search ?? '查找'}
            label={`在${name}中查找`}
            width={240}
          />
        )}
        {props.tools}
        <div className="right">
          <Popover
            trigger="click"
            placement="bottomRight"
            title="显示的列"
            content={
              <Checkbox.Group
                value={shown}
                onChange={choose}
                style={{ display: 'grid', gap: 6, maxHeight: 360, overflow: 'auto' }}
                options={columns.map((column) => ({ label: column.title, value: column.key, disabled: shown.length === 1 && shown[0] === column.key }))}
              />
            }
          >
            <Button icon={<Icon name="columns" />} aria-label={`${name}的列设置`}>
              列
            </Button>
          </Popover>
          <ExportMenu name={name} href={exportAs} />
        </div>
      </div>
      {asked.error && !asked.data ? (
        <Failure error={asked.error} retry={() => void asked.refetch()} />
      ) : (
        <Table<R>
          size="small"
          tableLayout="auto"
          columns={tableColumns}
          dataSource={rows}
          rowKey={props.rowKey}
          components={headed ? grouping : undefined}
          onRow={
            headed
              ? (row, at = 0) => {
                  const before = rows[at - 1]
                  return { group: before && group(before) === group(row) ? undefined : group(row), span: visible.length } as object
                }
              : undefined
          }
          loading={asked.isFetching && { delay: 200 }}
          locale={{ emptyText: asked.isPending ? ' ' : <Nothing>{props.empty ?? '没有符合条件的记录。'}</Nothing> }}
          pagination={{
            current: page,
            pageSize: size,
            total: asked.data?.total ?? 0,
            showTotal: (total) => `共 ${count(total)} 条`,
            pageSizeOptions: [20, 50, 100, 500],
            showSizeChanger: (asked.data?.total ?? 0) > 20,
            hideOnSinglePage: false,
          }}
          onChange={(pagination, filters, sorter, { action }) => {
            const one = Array.isArray(sorter) ? sorter[0] : sorter
            const sorted = one?.order ? `${one.order === 'descend' ? '-' : ''}${String(one.columnKey)}` : undefined
            // Only what was done changes: of a column that is hidden or has no values to offer the table
            // tells neither order nor filter.
            const next = { ...filter }
            for (const [key, values] of Object.entries(filters)) {
              if (values && values.length > 0) next[key] = values.map(String)
              else delete next[key]
            }
            setUrl({
              [param('page')]: action === 'paginate' && pagination.current !== 1 ? String(pagination.current) : undefined,
              [param('size')]: pagination.pageSize === defaultSize ? undefined : String(pagination.pageSize),
              ...(action === 'sort' && { [param('sort')]: sorted === props.sort ? undefined : sorted }),
              ...(action === 'filter' && { [param('filter')]: Object.keys(next).length > 0 ? filtered(next) : undefined }),
            })
          }}
        />
      )}
    </section>
  )
}
