// One dataset: fields, checks, an empty file to fill.
import { Button, Card, Tabs } from 'antd'
import { useParams } from '@tanstack/react-router'
import { address } from '../api/client'
import { useAnswer } from '../api/queries'
import type { Dataset as Data } from '../api/types'
import { DataTable } from '../components/DataTable'
import { Defined, DefinitionInfo, DefinitionText } from '../components/Definition'
import { Await, Elements, PageHead, Tag } from '../components/small'
import { Icon } from '../lib/icons'
import { NONE, count } from '../lib/format'
import { definitionStatus, severity } from '../lib/labels'
import { useUrl } from '../lib/url'

export default function Dataset() {
  const { id } = useParams({ strict: false }) as { id: string }
  const asked = useAnswer('/api/datasets/{id}', { id })
  return <Await asked={asked} rows={10}>{(data) => <Content data={data} />}</Await>
}

function Content({ data }: { data: Data }) {
  const [url, setUrl] = useUrl()
  return (
    <>
      <PageHead
        title={
          <span className="row" style={{ gap: 8 }}>
            {data.name}
            <DefinitionInfo kind="dataset" id={data.id} name={data.name} />
          </span>
        }
        lead={data.purpose}
        actions={
          <>
            <Button href={address('/api/datasets/{id}/template.xlsx', { id: data.id })} icon={<Icon name="download" />}>
              下载填报模板（Excel）
            </Button>
            <Button href={address('/api/datasets/{id}/template.csv', { id: data.id })}>空白文件（csv）</Button>
          </>
        }
      />
      <Card styles={{ body: { paddingTop: 6 } }}>
        <Tabs
          activeKey={url.tab ?? 'fields'}
          onChange={(tab) => setUrl({ tab, page: undefined, sort: undefined, filter: undefined, search: undefined, size: undefined })}
          items={[
            { key: 'fields', label: `数据项（${count(data.fields.length)}）`, children: <Fields id={data.id} /> },
            { key: 'checks', label: `校验规则（${count(data.checks.length)}）`, children: <Checks id={data.id} /> },
            { key: 'about', label: '说明', children: <DefinitionText of={{ kind: 'dataset', id: data.id }} within="page" /> },
          ]}
        />
      </Card>
    </>
  )
}

function Fields({ id }: { id: string }) {
  return (
    <DataTable
      name="数据项"
      path="/api/datasets/{id}/fields"
      variables={{ id }}
      rowKey={(row) => row.code}
      size={50}
      search="查找代码、名称"
      columns={[
        { key: 'seq', title: '序号', numeric: true, sortable: true, render: (row) => row.seq },
        { key: 'code', title: '代码', sortable: true, render: (row) => row.code },
        { key: 'name', title: '数据项', sortable: true, render: (row) => row.name },
        { key: 'section', title: '栏目', filterable: true, hidden: true, render: (row) => row.section || NONE },
        { key: 'type_name', title: '类型', render: (row) => row.type_name },
        { key: 'hint', title: '填报说明', render: (row) => <div style={{ maxWidth: 320 }}>{row.hint || NONE}</div> },
        { key: 'required', title: '填报要求', filterable: true, render: (row) => row.required },
        { key: 'code_list', title: '值域', filterable: true, render: (row) => (row.code_list ? <Defined kind="codelist" id={row.code_list} name={row.code_list} /> : NONE) },
        { key: 'personal', title: '个人信息', filterable: true, help: '个人信息加密后单独存放，页面和导出中均脱敏。', render: (row) => (row.personal ? '是' : '否') },
        { key: 'other_names', title: '其他版式中的名称', render: (row) => row.other_names.join('、') || NONE },
      ]}
    />
  )
}

function Checks({ id }: { id: string }) {
  return (
    <DataTable
      name="校验规则"
      path="/api/datasets/{id}/checks"
      variables={{ id }}
      rowKey={(row) => row.id}
      size={50}
      search="查找规则、数据项"
      columns={[
        { key: 'id', title: '规则编号', sortable: true, render: (row) => <Defined kind="check" id={row.id} name={row.id} /> },
        { key: 'severity', title: '级别', filterable: true, render: (row) => <Tag {...severity[row.severity]} /> },
        { key: 'name', title: '校验规则', render: (row) => <div style={{ minWidth: 260, maxWidth: 420 }}>{row.name}</div> },
        { key: 'elements', title: '数据项', render: (row) => <Elements of={row.elements} /> },
        { key: 'status', title: '状态', filterable: true, render: (row) => <Tag {...definitionStatus[row.status]} /> },
        { key: 'reason', title: '未启用原因', render: (row) => <div style={{ maxWidth: 260 }}>{row.reason ?? NONE}</div> },
        { key: 'expression', title: '表达式', hidden: true, render: (row) => <div className="code" style={{ maxWidth: 380 }}>{row.expression ?? NONE}</div> },
        { key: 'source', title: '出处', hidden: true, render: (row) => <div style={{ maxWidth: 260 }}>{row.source}</div> },
      ]}
    />
  )
}
