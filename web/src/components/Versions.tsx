// Every version of an institution's month.
import { Link } from '@tanstack/react-router'
import type { SubmissionRow } from '../api/types'
import { DataTable } from './DataTable'
import { submissionColumns } from './submissionColumns'

/** Columns that are the same for every version. */
const same = ['period', 'institution', 'dataset', 'version']

export function Versions({ of }: { of: SubmissionRow }) {
  return (
    <DataTable
      name="历次版本"
      prefix="v_"
      path="/api/submissions"
      query={{ institution: of.institution.code, dataset: of.dataset.code, period: of.period }}
      sort="-version"
      rowKey={(row) => row.id}
      search={false}
      columns={[
        {
          key: 'version',
          title: '版本',
          numeric: true,
          sortable: true,
          render: (row) =>
            row.id === of.id ? (
              <b>第 {row.version} 版（本页）</b>
            ) : (
              <Link to="/submissions/$id" params={{ id: row.id }}>
                第 {row.version} 版
              </Link>
            ),
        },
        ...submissionColumns
          .filter((column) => !same.includes(column.key))
          .map((column) => (column.key === 'file_name' ? { ...column, hidden: false } : column)),
      ]}
    />
  )
}
