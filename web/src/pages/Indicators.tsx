// 指标: the values of one place in one period, or the catalogue of definitions.
import { Card, Segmented, Select, Tag as Chip } from 'antd'
import { Link } from '@tanstack/react-router'
import { useMeta, useRegion } from '../api/queries'
import { DataTable } from '../components/DataTable'
import { Defined } from '../components/Definition'
import { figureKey, ofPlace } from '../components/figureColumns'
import { InstitutionPicker } from '../components/InstitutionPicker'
import { PeriodPicker, usePeriod } from '../components/PeriodPicker'
import { PageHead, Tag } from '../components/small'
import { definitionStatus, direction } from '../lib/labels'
import { filtered, parseFilter, useUrl } from '../lib/url'

export default function Indicators() {
  const [url, setUrl] = useUrl()
  const view = url.view === 'catalogue' ? 'catalogue' : 'values'
  const period = usePeriod(url.period)
  return (
    <>
      <PageHead
        title="指标"
        lead="点击指标名称查看定义、趋势与机构对比；点击数值查看计算过程与明细。"
        actions={
          <>
            {view === 'values' && <PeriodPicker value={period} onChange={(next) => setUrl({ period: next, page: undefined })} />}
            <Segmented
              aria-label="查看内容"
              value={view}
              onChange={(next) => setUrl({ view: next === 'values' ? undefined : next, page: undefined, sort: undefined, filter: undefined })}
              options={[
                { label: '本期数值', value: 'values' },
                { label: '指标目录', value: 'catalogue' },
              ]}
            />
          </>
        }
      />
      <Card>
        <Domains />
        {view === 'values' ? <Values period={period} /> : <Catalogue />}
      </Card>
    </>
  )
}

/** Chips of the domains: a filter on the column of the same name. */
function Domains() {
  const meta = useMeta()
  const [url, setUrl] = useUrl()
  const filter = parseFilter(url.filter)
  const chosen = filter.domain?.[0]
  const choose = (name: string | undefined) => {
    const { domain: _, ...others } = filter
    const next = name ? { ...others, domain: [name] } : others
    setUrl({ filter: Object.keys(next).length > 0 ? filtered(next) : undefined, page: undefined })
  }
  return (
    <div className="chips" role="group" aria-label="领域" style={{ marginBottom: 14 }}>
      <Chip.CheckableTag checked={!chosen} onChange={() => choose(undefined)}>
        全部领域
      </Chip.CheckableTag>
      {meta.data?.domains.map((domain) => (
        <Chip.CheckableTag key={domain.code} checked={chosen === domain.name} onChange={() => choose(domain.name)}>
          {domain.name}
        </Chip.CheckableTag>
      ))}
    </div>
  )
}

function Values({ period }: { period: string | undefined }) {
  const meta = useMeta()
  const region = useRegion()
  const [url, setUrl] = useUrl()
  const by = url.institution ? 'institution' : url.alliance ? 'alliance' : 'region'
  const place = url.institution ?? url.alliance
  const change = (patch: Record<string, string | undefined>) => setUrl({ institution: undefined, alliance: undefined, page: undefined, ...patch })
  return (
    <DataTable
      name="指标数值"
      path="/api/figures"
      query={{ period, by, institution: place }}
      enabled={period !== undefined}
      columns={ofPlace(by === 'institution')}
      rowKey={figureKey}
      size={50}
      search="查找指标"
      tools={
        <>
          <Select
            aria-label="统计范围"
            value={by === 'alliance' ? url.alliance : ''}
            onChange={(code) => change({ alliance: code || undefined })}
            style={{ width: 190 }}
            options={[
              { value: '', label: by === 'institution' ? '按机构' : region },
              ...(meta.data?.alliances ?? []).map((one) => ({ value: one.code, label: one.name })),
            ]}
          />
          <InstitutionPicker value={url.institution} onChange={(code) => change({ institution: code })} placeholder="或选择一家机构" allowClear />
        </>
      }
      empty="这个范围内没有指标数值。"
    />
  )
}

function Catalogue() {
  return (
    <DataTable
      name="指标目录"
      path="/api/indicators"
      rowKey={(row) => row.id}
      size={50}
      search="查找指标、依据"
      columns={[
        { key: 'id', title: '编号', sortable: true, render: (row) => <span className="nowrap">{row.id}</span> },
        {
          key: 'name',
          title: '指标',
          sortable: true,
          render: (row) => (
            <Defined kind="indicator" id={row.id} name={row.name}>
              <Link to="/indicators/$id" params={{ id: row.id }} search={{ tab: 'definition' } as never}>
                {row.name}
              </Link>
            </Defined>
          ),
        },
        { key: 'domain', title: '领域', sortable: true, render: (row) => <span className="nowrap">{row.domain}</span> },
        { key: 'status', title: '状态', filterable: true, render: (row) => <Tag {...definitionStatus[row.status]} /> },
        { key: 'unit', title: '单位', render: (row) => row.unit },
        { key: 'direction', title: '导向', filterable: true, render: (row) => <span className="nowrap">{direction[row.direction]}</span> },
        { key: 'purpose', title: '用途', render: (row) => <div style={{ maxWidth: 340 }}>{row.purpose}</div> },
        { key: 'legal_basis', title: '依据', render: (row) => <div style={{ maxWidth: 340 }}>{row.legal_basis}</div> },
        { key: 'dataset', title: '数据集', filterable: true, hidden: true, render: (row) => row.dataset },
      ]}
    />
  )
}
