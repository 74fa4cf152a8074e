// 口径库: every definition, to search.
import { Card, Segmented, Tabs } from 'antd'
import { Link } from '@tanstack/react-router'
import { DataTable } from '../components/DataTable'
import { PageHead, Tag } from '../components/small'
import { definitionKind } from '../lib/definition'
import { NONE, date } from '../lib/format'
import { definitionStatus } from '../lib/labels'
import { useUrl } from '../lib/url'

export default function Definitions() {
  const [url, setUrl] = useUrl()
  return (
    <>
      <PageHead title="口径库" lead="每个指标、校验规则、数据集、预警规则、参数、代码表、工作要点和通报怎样定义、依据什么、用在哪里，附逐个验证过的算例。" />
      <Card>
        <Tabs
          activeKey={url.tab ?? 'definitions'}
          onChange={(tab) => setUrl({ tab: tab === 'definitions' ? undefined : tab })}
          items={[
            { key: 'definitions', label: '定义', children: <All /> },
            { key: 'changes', label: '变更记录', children: <Changes /> },
          ]}
        />
      </Card>
    </>
  )
}

function All() {
  const [url, setUrl] = useUrl()
  const kind = url.kind !== undefined && url.kind in definitionKind ? url.kind : undefined
  return (
    <DataTable
      name="口径库"
      path="/api/definitions"
      query={{ kind }}
      rowKey={(row) => `${row.kind}:${row.id}`}
      size={50}
      search="查找编号、名称、用途、依据"
      empty="没有符合条件的定义。"
      tools={
        <Segmented
          aria-label="种类"
          value={kind ?? ''}
          onChange={(next) => setUrl({ kind: next || undefined, page: undefined, filter: undefined })}
          options={[{ label: '全部', value: '' }, ...Object.entries(definitionKind).map(([value, label]) => ({ value, label }))]}
        />
      }
      columns={[
        { key: 'id', title: '编号', sortable: true, render: (row) => <span className="nowrap">{row.id}</span> },
        {
          key: 'name',
          title: '名称',
          sortable: true,
          render: (row) => (
            <div style={{ minWidth: 180, maxWidth: 340 }}>
              {row.status ? (
                <Link to="/definitions/$kind/$id" params={{ kind: row.kind, id: row.id }}>
                  {row.name}
                </Link>
              ) : (
                row.name
              )}
            </div>
          ),
        },
        { key: 'kind', title: '种类', sortable: true, hidden: kind !== undefined, render: (row) => <span className="nowrap">{definitionKind[row.kind]}</span> },
        { key: 'domain', title: '领域或数据集', sortable: true, filterable: true, render: (row) => row.domain },
        {
          key: 'status',
          title: '状态',
          filterable: true,
          render: (row) => (row.status ? <Tag {...definitionStatus[row.status]} /> : <Tag word="不单独计算" tone="muted" />),
        },
        { key: 'purpose', title: '用途', render: (row) => <div style={{ maxWidth: 320 }}>{row.purpose}</div> },
        { key: 'legal_basis', title: '依据', hidden: true, render: (row) => <div style={{ maxWidth: 340 }}>{row.legal_basis}</div> },
        { key: 'definition_file', title: '定义文件', hidden: true, render: (row) => <span className="code">{row.definition_file}</span> },
      ]}
    />
  )
}

/** What the versions of the packs changed, and of which periods the values are others now. */
function Changes() {
  return (
    <DataTable
      name="口径变更记录"
      prefix="c_"
      path="/api/definition-changes"
      rowKey={(row) => `${row.pack}:${row.version}:${row.what}`}
      search="查找变更、定义编号"
      empty="没有变更记录。"
      columns={[
        { key: 'pack', title: '定义包', filterable: true, render: (row) => <span className="nowrap">{row.pack}</span> },
        {
          key: 'version',
          title: '版本',
          filterable: true,
          exports: ['version', 'date'],
          render: (row) => (
            <span className="nowrap">
              {row.version ?? '尚未发布'}
              {row.date && `（${date(row.date)}）`}
            </span>
          ),
        },
        { key: 'what', title: '变更', render: (row) => <div style={{ minWidth: 220, maxWidth: 420 }}>{row.what}</div> },
        { key: 'ids', title: '定义编号', render: (row) => <div style={{ maxWidth: 320 }}>{row.ids.join('、')}</div> },
        { key: 'periods', title: '影响的报告期', filterable: true, render: (row) => <span className="nowrap">{row.periods}</span> },
        {
          key: 'recompute',
          title: '须重新计算',
          filterable: true,
          help: '标“是”的，此前算好的数值与现在的口径不同，平台已经自动重新计算；已经定稿的通报保持定稿时的数值。',
          render: (row) => (row.recompute ? <Tag word="是" tone="warn" /> : NONE),
        },
      ]}
    />
  )
}
