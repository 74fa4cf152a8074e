// A chart with its data as a table, one switch away.
import { Segmented, Table, type TableColumnType } from 'antd'
import type { EChartsCoreOption, EChartsType } from 'echarts/core'
import { useEffect, useRef, useState, type ReactNode } from 'react'
import { palette } from '../theme'

interface Props<R extends object> {
  /** What the chart shows, for those who do not see it. */
  label: string
  caption?: ReactNode
  option: EChartsCoreOption
  height: number
  rows: R[]
  columns: TableColumnType<R>[]
  rowKey: (row: R) => string
  /** Address of the same data as a file. */
  exportHref?: (format: 'xlsx' | 'csv') => string
  onPick?: (dataIndex: number) => void
}

const base: EChartsCoreOption = {
  animation: false,
  color: [...palette.series],
  textStyle: { fontFamily: 'inherit', color: palette.ink },
}

export function Chart<R extends object>({ label, caption, option, height, rows, columns, rowKey, exportHref, onPick }: Props<R>) {
  const [view, setView] = useState<'chart' | 'table'>('chart')
  const holder = useRef<HTMLDivElement>(null)
  const chart = useRef<EChartsType>(null)
  const pick = useRef(onPick)
  pick.current = onPick

  useEffect(() => {
    if (view !== 'chart') return
    let gone = false
    let observer: ResizeObserver | undefined
    void import('../lib/echarts').then(({ init }) => {
      if (gone || !holder.current) return
      const drawn = init(holder.current, undefined, { renderer: 'svg', locale: 'ZH' })
      chart.current = drawn
      drawn.setOption({ ...base, ...option })
      drawn.on('click', (event) => pick.current?.(event.dataIndex))
      observer = new ResizeObserver(() => drawn.resize())
      observer.observe(holder.current)
    })
    return () => {
      gone = true
      observer?.disconnect()
      chart.current?.dispose()
      chart.current = null
    }
    // The option is set anew below; only the view decides whether there is a chart.
    // eslint-disable-next-line
  }, [view])

  useEffect(() => {
    chart.current?.setOption({ ...base, ...option }, { notMerge: true })
  }, [option])

  return (
    <figure className="chart" style={{ margin: 0 }}>
      <div className="switch">
        <span className="caption">{caption}</span>
        {view === 'table' && exportHref && (
          <span className="row">
            <a href={exportHref('xlsx')} download>
              导出 xlsx
            </a>
            <a href={exportHref('csv')} download>
              导出 csv
            </a>
          </span>
        )}
        <Segmented
          size="small"
          aria-label={`${label}的显示方式`}
          value={view}
          onChange={setView}
          options={[
            { label: '图', value: 'chart' },
            { label: '表', value: 'table' },
          ]}
        />
      </div>
      {view === 'chart' ? (
        <div ref={holder} className="canvas" style={{ height }} role="img" aria-label={`${label}。可切换为表格查看全部数据。`} />
      ) : (
        <Table<R>
          size="small"
          columns={columns}
          dataSource={rows}
          rowKey={rowKey}
          pagination={{ pageSize: 12, hideOnSinglePage: true, showSizeChanger: false, showTotal: (total) => `共 ${total} 条` }}
        />
      )}
    </figure>
  )
}
