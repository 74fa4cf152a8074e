// The findings of a file, in the file's order: filtered by check, element, severity or key.
import { Button, Input, Modal, Select, App } from 'antd'
import { useState } from 'react'
import { useQueryClient } from '@tanstack/react-query'
import { ApiProblem, post, type RowOf } from '../api/client'
import type { CheckResult, Finding } from '../api/types'
import { NONE, count } from '../lib/format'
import { severity } from '../lib/labels'
import { useUrl } from '../lib/url'
import { DataTable, type DataColumn } from './DataTable'
import { Defined } from './Definition'
import { SearchBox } from './SearchBox'
import { Tag } from './small'

type Path = '/api/submissions/{id}/findings' | '/api/checks/{token}/findings'

interface Props {
  /** Of a submission, or of a dry run. */
  of: { submission: string } | { token: string }
  checks: CheckResult[]
  /** Whether a warning can be explained here. */
  explainable?: boolean
}

export function Findings({ of, checks, explainable = false }: Props) {
  const [url, setUrl] = useUrl()
  const [explaining, setExplaining] = useState<Finding>()
  const violated = checks.filter((check) => check.violated > 0)
  const elements = [...new Map(violated.flatMap((check) => check.elements.map((one) => [one.code, one.name])))]
  const query = { check: url.check, element: url.element, severity: url.severity, key: url.key }
  const filterBy = (patch: Record<string, string | undefined>) => setUrl({ f_page: undefined, ...patch })

  const columns: DataColumn<RowOf<Path>>[] = [
    { key: 'row', title: '行', numeric: true, exports: ['sheet', 'row', 'column'], help: '文件中的行号，与表格软件显示的一致（表头为第 1 行）。', render: (row) => (row.sheet ? `${row.sheet}！${count(row.row)}` : count(row.row)) },
    { key: 'key', title: '业务主键', render: (row) => <span className="nowrap">{row.key}</span> },
    {
      key: 'element',
      title: '数据项',
      exports: ['element', 'element_name'],
      render: (row) => (row.element ? `${row.element} ${row.element_name ?? ''}` : '整行'),
    },
    {
      key: 'value',
      title: '值',
      render: (row) => (
        <span>
          {row.value || NONE}
          {row.masked && <span className="soft">（已脱敏）</span>}
        </span>
      ),
    },
    {
      key: 'message',
      title: '问题',
      exports: ['message', 'help'],
      render: (row) => (
        <div style={{ minWidth: 300, maxWidth: 460 }}>
          {row.message}
          {row.help && <div className="soft">{row.help}</div>}
          {row.explanation && <div className="good">情况说明：{row.explanation}</div>}
        </div>
      ),
    },
    { key: 'check', title: '规则编号', render: (row) => <Defined kind="check" id={row.check} name={row.check} /> },
    { key: 'severity', title: '级别', render: (row) => <Tag {...severity[row.severity]} /> },
    ...(explainable
      ? [
          {
            key: 'explanation',
            title: '情况说明',
            render: (row: Finding) =>
              row.severity === 'warning' && (
                <Button size="small" onClick={() => setExplaining(row)}>
                  {row.explanation ? '修改' : '填写'}
                </Button>
              ),
          },
        ]
      : []),
  ]
  const shared = {
    name: '问题清单',
    prefix: 'f_',
    query,
    columns,
    rowKey: (row: Finding) => `${row.check}/${row.row ?? ''}/${row.element ?? ''}/${row.key}`,
    search: false as const,
    size: 50,
    empty: '没有符合条件的问题。',
    tools: (
      <>
        <Select
          aria-label="校验规则"
          allowClear
          showSearch={{ optionFilterProp: 'label' }}
          placeholder="全部校验规则"
          value={url.check}
          onChange={(check) => filterBy({ check })}
          style={{ width: 320 }}
          options={violated.map((check) => ({ value: check.id, label: `${check.id} ${check.name}（${count(check.violated)}）` }))}
        />
        <Select
          aria-label="数据项"
          allowClear
          showSearch={{ optionFilterProp: 'label' }}
          placeholder="全部数据项"
          value={url.element}
          onChange={(element) => filterBy({ element })}
          style={{ width: 200 }}
          options={elements.map(([code, name]) => ({ value: code, label: `${code} ${name}` }))}
        />
        <Select
          aria-label="级别"
          allowClear
          placeholder="全部级别"
          value={url.severity}
          onChange={(next) => filterBy({ severity: next })}
          style={{ width: 110 }}
          options={Object.entries(severity).map(([value, { word }]) => ({ value, label: word }))}
        />
        <SearchBox value={url.key} onSearch={(key) => filterBy({ key })} placeholder="业务主键包含" label="业务主键包含" width={160} />
      </>
    ),
  }
  return (
    <>
      {'token' in of ? (
        <DataTable path="/api/checks/{token}/findings" variables={{ token: of.token }} {...shared} />
      ) : (
        <DataTable path="/api/submissions/{id}/findings" variables={{ id: of.submission }} {...shared} />
      )}
      {'submission' in of && explaining && (
        <Explain submission={of.submission} finding={explaining} close={() => setExplaining(undefined)} />
      )}
    </>
  )
}

function Explain({ submission, finding, close }: { submission: string; finding: Finding; close: () => void }) {
  const { message } = App.useApp()
  const client = useQueryClient()
  const [text, setText] = useState(finding.explanation ?? '')
  const [sending, setSending] = useState(false)
  const send = async () => {
    setSending(true)
    try {
      await post(`/api/submissions/${encodeURIComponent(submission)}/explanations`, { check: finding.check, key: finding.key, text })
      await client.invalidateQueries()
      void message.success('情况说明已保存，会随该记录带入以后的版本。')
      close()
    } catch (failed) {
      void message.error(failed instanceof ApiProblem ? `${failed.problem.message}${failed.problem.help}` : '没有保存成功，请重试。')
    } finally {
      setSending(false)
    }
  }
  return (
    <Modal open title="填写情况说明" onCancel={close} onOk={() => void send()} okText="保存" confirmLoading={sending} okButtonProps={{ disabled: text.trim() === '' }}>
      <p>
        {finding.check} · 业务主键 {finding.key}
        <br />
        {finding.message}
      </p>
      <Input.TextArea
        aria-label="情况说明"
        rows={4}
        value={text}
        onChange={(event) => setText(event.target.value)}
        placeholder="经核实数据无误的，请写明理由，例如：该患者为三胞胎第二胎，出生体重偏低属实。"
      />
    </Modal>
  )
}
