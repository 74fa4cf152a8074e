// The checks of a dry run: they came with its outcome, violated ones first.
import { Segmented, Table } from 'antd'
import { useState } from 'react'
import type { CheckResult } from '../api/types'
import { count } from '../lib/format'
import { Nothing } from './small'
import { checkColumns } from './outcome'

type Shown = 'violated' | 'not_evaluable' | 'all'

export function CheckList({ checks, onViolated }: { checks: CheckResult[]; onViolated: (check: string) => void }) {
  const violated = checks.filter((check) => check.violated > 0).sort((a, b) => b.violated - a.violated)
  const undecided = checks.filter((check) => check.not_evaluable > 0)
  const [shown, setShown] = useState<Shown>('violated')
  const rows = { violated, not_evaluable: undecided, all: checks }[shown]
  const columns = checkColumns((check) =>
    check.violated === 0 ? (
      '0'
    ) : (
      <a
        href={`#${check.id}`}
        onClick={(event) => {
          event.preventDefault()
          onViolated(check.id)
        }}
      >
        {count(check.violated)}
      </a>
    ),
  )
  return (
    <>
      <Segmented<Shown>
        aria-label="显示哪些校验规则"
        value={shown}
        onChange={setShown}
        style={{ marginBottom: 10 }}
        options={[
          { label: `有问题（${violated.length}）`, value: 'violated' },
          { label: `无法判断（${undecided.length}）`, value: 'not_evaluable' },
          { label: `全部（${checks.length}）`, value: 'all' },
        ]}
      />
      <Table
        size="small"
        dataSource={rows}
        rowKey="id"
        pagination={{ pageSize: 20, hideOnSinglePage: true, showTotal: (total) => `共 ${total} 项` }}
        locale={{ emptyText: <Nothing>{shown === 'violated' ? '没有发现问题。' : '没有这样的校验规则。'}</Nothing> }}
        columns={columns
          .filter((column) => shown !== 'not_evaluable' || !['passed', 'not_applicable', 'violated'].includes(column.key))
          .filter((column) => !column.hidden || (shown === 'not_evaluable' && column.key === 'reason'))
          .map((column) => ({
            key: column.key,
            title: column.title,
            className: column.numeric ? 'numeric' : undefined,
            render: (_: unknown, row: CheckResult) => column.render(row),
          }))}
      />
    </>
  )
}
