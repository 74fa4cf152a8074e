// What came of a file: faults, counts, checks, columns, next steps.
import { Alert, Collapse, Descriptions } from 'antd'
import type { CheckResult, Fault, FileFacts, NextStep } from '../api/types'
import { NONE, bytes, count, percent } from '../lib/format'
import { severity } from '../lib/labels'
import type { DataColumn } from './DataTable'
import { Defined } from './Definition'
import { Code, Elements, Tag, TextLink } from './small'

/** Why a file as a whole was returned, each with its remedy. */
export function Faults({ faults }: { faults: Fault[] }) {
  if (faults.length === 0) return null
  return (
    <section aria-label="退回原因">
      {faults.map((fault) => (
        <div className="fault" key={`${fault.code}${fault.place ?? ''}${fault.message}`}>
          <div>
            <strong className="bad">{fault.message}</strong> <span className="soft">（{fault.code}{fault.place && `，${fault.place}`}）</span>
          </div>
          <div>怎么办：{fault.help}</div>
        </div>
      ))}
    </section>
  )
}

/** Worth knowing about how a file was read; none of it returns the file. */
export function Notices({ notices }: { notices: Fault[] }) {
  if (notices.length === 0) return null
  return (
    <Alert
      type="warning"
      showIcon
      title={`读取文件时注意到 ${notices.length} 种情况`}
      description={
        <ul className="next">
          {notices.map((notice) => (
            <li key={`${notice.code}${notice.place ?? ''}${notice.message}`}>
              {notice.message}
              <span className="soft">（{notice.code}{notice.place && `，${notice.place}`}）</span>
              <div className="soft">{notice.help}</div>
            </li>
          ))}
        </ul>
      }
    />
  )
}

interface Counted {
  rows?: number | null
  clean_rows?: number | null
  counted_rows?: number | null
  error_rows?: number | null
  warning_rows?: number | null
  error_rate?: number | null
}

/** Rows of a file, by how they came out. */
export function Counts({ of }: { of: Counted }) {
  const all: [string, string][] = [
    ['记录数', count(of.rows)],
    ...(of.clean_rows === undefined ? [] : [['没有问题', count(of.clean_rows)] satisfies [string, string]]),
    ...(of.counted_rows === undefined ? [] : [['计入统计', count(of.counted_rows)] satisfies [string, string]]),
    ['有错误（不计入）', count(of.error_rows)],
    ['只有提示（计入）', count(of.warning_rows)],
    ['错误率', percent(of.error_rate)],
  ]
  return (
    <dl className="counts">
      {all.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}

/** What to do next, each leading to its page. */
export function NextSteps({ steps }: { steps: NextStep[] }) {
  if (steps.length === 0) return null
  return (
    <section className="steps" aria-label="下一步">
      <strong>下一步</strong>
      <ol className="next">
        {steps.map((step) => (
          <li key={step.sentence}>{step.link ? <TextLink to={step.link}>{step.sentence}</TextLink> : step.sentence}</li>
        ))}
      </ol>
    </section>
  )
}

/** How a file was read. */
export function FileRead({ file }: { file: FileFacts }) {
  return (
    <div className="stack">
      <Descriptions
        bordered
        size="small"
        column={2}
        items={[
          { label: '文件名', children: file.name },
          { label: '大小', children: bytes(file.bytes) },
          { label: '格式', children: file.form },
          { label: '文字编码', children: file.encoding ?? '不适用' },
          { label: '版式', children: file.layout ?? '未识别' },
          { label: '识别的列', children: `${count(file.known_columns)} 列` },
          { label: '校验值（SM3）', span: 2, children: <Code>{file.hash}</Code> },
        ]}
      />
      <Collapse
        size="small"
        items={[
          {
            key: 'unknown',
            label: `未识别的列（${file.unknown_columns.length}）：原样保存，不参与统计`,
            children: file.unknown_columns.join('、') || '没有',
          },
          {
            key: 'renamed',
            label: `按其他名称识别的列（${file.renamed_columns.length}）`,
            children: file.renamed_columns.map((one) => `${one.header} → ${one.element}`).join('；') || '没有',
          },
          {
            key: 'absent',
            label: `文件中没有的数据项（${file.absent_elements.length}）`,
            children: file.absent_elements.map((one) => `${one.code} ${one.name}`).join('、') || '没有',
          },
        ]}
      />
    </div>
  )
}

/** Columns of a table of checks; `violated` may lead to the findings. */
export function checkColumns(violated: (check: CheckResult) => React.ReactNode): DataColumn<CheckResult>[] {
  return [
    { key: 'id', title: '规则编号', sortable: true, render: (row) => <Defined kind="check" id={row.id} name={row.id} /> },
    { key: 'severity', title: '级别', filterable: true, sortable: true, render: (row) => <Tag {...severity[row.severity]} /> },
    { key: 'name', title: '校验规则', render: (row) => <div style={{ minWidth: 220, maxWidth: 380 }}>{row.name}</div> },
    {
      key: 'elements',
      title: '数据项',
      render: (row) => <Elements of={row.elements} />,
    },
    { key: 'violated', title: '不通过', numeric: true, sortable: true, render: violated },
    { key: 'passed', title: '通过', numeric: true, sortable: true, render: (row) => count(row.passed) },
    {
      key: 'not_applicable',
      title: '不适用',
      numeric: true,
      sortable: true,
      help: '规则的前提不成立的记录，例如只针对产妇的规则遇到男性。',
      render: (row) => count(row.not_applicable),
    },
    {
      key: 'not_evaluable',
      title: '无法判断',
      numeric: true,
      sortable: true,
      help: '缺少判断所需的数据项或字典，没有得出结论。无法判断不等于通过。',
      exports: ['not_evaluable', 'reason'],
      render: (row) => (
        <span className={row.not_evaluable > 0 ? 'warn' : ''} title={row.reason ?? undefined}>
          {count(row.not_evaluable)}
        </span>
      ),
    },
    { key: 'reason', title: '无法判断的原因', hidden: true, render: (row) => row.reason ?? NONE },
    { key: 'source', title: '出处', hidden: true, render: (row) => row.source },
  ]
}
