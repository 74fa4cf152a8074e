// A year per line, a month per cell: reported, late, returned, missing.
import { Fragment } from 'react'
import type { ReportingRow } from '../api/types'
import { count, period as printed } from '../lib/format'
import { reportingStatus } from '../lib/labels'
import { TextLink } from './small'

const months = Array.from({ length: 12 }, (_, at) => String(at + 1).padStart(2, '0'))

export function ReportingCalendar({ rows, institution }: { rows: ReportingRow[]; institution: string }) {
  const datasets = [...new Map(rows.map((row) => [row.dataset.code, row.dataset.name]))]
  return (
    <>
      {datasets.map(([dataset, name]) => {
        const own = rows.filter((row) => row.dataset.code === dataset)
        const years = [...new Set(own.map((row) => row.period.slice(0, 4)))].sort().reverse()
        return (
          <section key={dataset} aria-label={`${name}报送日历`}>
            <h3 style={{ marginTop: 4 }}>{name}</h3>
            <div className="calendar">
              <span />
              {months.map((month) => (
                <span key={month} className="head">{Number(month)}月</span>
              ))}
              {years.map((year) => (
                <Fragment key={year}>
                  <span className="soft">{year}年</span>
                  {months.map((month) => {
                    const row = own.find((one) => one.period === `${year}-${month}`)
                    return row ? <Cell key={month} row={row} institution={institution} /> : <span key={month} />
                  })}
                </Fragment>
              ))}
            </div>
          </section>
        )
      })}
    </>
  )
}

function Cell({ row, institution }: { row: ReportingRow; institution: string }) {
  const { word, tone } = reportingStatus[row.status]
  const target = `institution=${institution}&period=${row.period}`
  const empty = row.form ? `/reports/${row.dataset.code}?${target}` : `/submit?${target}&dataset=${row.dataset.code}`
  const to = row.submission ? `/submissions/${row.submission}` : empty
  return (
    <TextLink to={to} className={`cell ${tone}`}>
      <span title={`${printed(row.period)} ${word}`}>
        {word}
        <br />
        {row.rows != null ? count(row.rows) : '—'}
      </span>
    </TextLink>
  )
}
