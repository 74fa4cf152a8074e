// The list of alerts, of everybody or of one institution.
import { Segmented } from 'antd'
import { Link } from '@tanstack/react-router'
import type { AlertRow } from '../api/types'
import { NONE, date, period as printed } from '../lib/format'
import { alertKind, alertState, attentionSeverity } from '../lib/labels'
import { useUrl } from '../lib/url'
import { DataTable } from './DataTable'
import { Defined, DefinitionInfo } from './Definition'
import { InstitutionPicker } from './InstitutionPicker'
import { InstitutionLink, Tag } from './small'

/** The indicator or dataset that an alert is about. */
function AlertSubject({ of }: { of: AlertRow }) {
  const [kind, subject] = of.indicator ? (['indicator', of.indicator] as const) : (['dataset', of.dataset] as const)
  if (!subject) return NONE
  return (
    <>
      {subject.name} <DefinitionInfo kind={kind} id={subject.code} name={subject.name} />
    </>
  )
}

/** Alerts of everybody, or of one institution. */
export function AlertList({ institution }: { institution?: string }) {
  const [url, setUrl] = useUrl()
  const active = url.ended === undefined
  return (
    <DataTable
      name={institution ? '机构预警' : '预警'}
      path="/api/alerts"
      query={{ active: active ? true : url.ended === 'all' ? undefined : false, institution: institution ?? url.institution, indicator: url.indicator, rule: url.rule }}
      rowKey={(row) => row.id}
      size={50}
      search="查找机构、指标、情况"
      empty={active ? '没有在办的预警。' : '没有符合条件的预警。'}
      tools={
        <>
          <Segmented
            aria-label="办理范围"
            value={url.ended ?? 'active'}
            onChange={(next) => setUrl({ ended: next === 'active' ? undefined : next, page: undefined })}
            options={[
              { label: '在办', value: 'active' },
              { label: '已结束', value: 'ended' },
              { label: '全部', value: 'all' },
            ]}
          />
          {!institution && <InstitutionPicker value={url.institution} onChange={(next) => setUrl({ institution: next, page: undefined })} placeholder="全部机构" allowClear />}
        </>
      }
      columns={[
        {
          key: 'id',
          title: '编号',
          hidden: true,
          render: (row) => (
            <Link to="/alerts/$alert" params={{ alert: row.id }}>
              {row.id}
            </Link>
          ),
        },
        { key: 'severity', title: '级别', filterable: true, render: (row) => <Tag {...attentionSeverity[row.severity]} /> },
        { key: 'state', title: '状态', filterable: true, render: (row) => <Tag {...alertState[row.state]} /> },
        ...(institution ? [] : [{ key: 'institution', title: '机构', exports: ['institution', 'institution_code'], render: (row: AlertRow) => <div style={{ minWidth: 90, maxWidth: 150 }}>{row.by === 'institution' ? <InstitutionLink institution={row.institution} /> : row.institution.name}</div> }]),
        { key: 'subject', title: '指标或数据集', exports: ['indicator', 'dataset'], render: (row) => <div style={{ minWidth: 90, maxWidth: 150 }}><AlertSubject of={row} /></div> },
        {
          key: 'sentence',
          title: '情况',
          render: (row) => (
            <div style={{ minWidth: 220, maxWidth: 330 }}>
              <Link to="/alerts/$alert" params={{ alert: row.id }}>
                {row.sentence}
              </Link>
            </div>
          ),
        },
        { key: 'kind', title: '种类', filterable: true, hidden: true, render: (row) => (row.kind ? alertKind[row.kind] : NONE) },
        { key: 'first_period', title: '起始月份', sortable: true, hidden: true, render: (row) => printed(row.first_period) },
        { key: 'last_period', title: '最近月份', sortable: true, render: (row) => <span className="nowrap">{printed(row.last_period)}</span> },
        {
          key: 'due',
          title: '答复时限',
          sortable: true,
          exports: ['due', 'overdue'],
          render: (row) => (
            <span className={row.overdue ? 'bad nowrap' : 'nowrap'}>
              {date(row.due)}
              {row.overdue && <div>已超期</div>}
            </span>
          ),
        },
        { key: 'rule', title: '规则', filterable: true, render: (row) => <Defined kind="alert" id={row.rule.code} name={row.rule.name} /> },
        { key: 'explanation', title: '机构说明', hidden: true, render: (row) => row.explanation ?? NONE },
        { key: 'reason', title: '办结或撤销原因', hidden: active, render: (row) => row.reason ?? NONE },
      ]}
    />
  )
}
