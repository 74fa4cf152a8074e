// 预警: what the computation found, and what was made of it; and the rules it looks by.
import { Card, Segmented, Tabs } from 'antd'
import { Link } from '@tanstack/react-router'
import { DataTable } from '../components/DataTable'
import { InstitutionPicker } from '../components/InstitutionPicker'
import { InstitutionLink, PageHead, Tag } from '../components/small'
import { NONE, count, date, period as printed } from '../lib/format'
import { alertKind, alertState, attentionSeverity, definitionStatus } from '../lib/labels'
import { useUrl } from '../lib/url'

export default function Alerts() {
  const [url, setUrl] = useUrl()
  return (
    <>
      <PageHead title="预警" lead="目标未达、报送逾期、统计控制图异常，由规则自动产生；每家机构、每个指标同一规则只有一条在办预警，新情况并入其中。" />
      <Card>
        <Tabs
          activeKey={url.tab ?? 'alerts'}
          onChange={(tab) => setUrl({ tab: tab === 'alerts' ? undefined : tab })}
          items={[
            { key: 'alerts', label: '预警', children: <List /> },
            { key: 'rules', label: '预警规则', children: <Rules /> },
          ]}
        />
      </Card>
    </>
  )
}

function List() {
  const [url, setUrl] = useUrl()
  const active = url.ended === undefined
  return (
    <DataTable
      name="预警"
      path="/api/alerts"
      query={{ active: active ? true : url.ended === 'all' ? undefined : false, institution: url.institution, indicator: url.indicator, rule: url.rule }}
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
          <InstitutionPicker value={url.institution} onChange={(institution) => setUrl({ institution, page: undefined })} placeholder="全部机构" allowClear />
        </>
      }
      columns={[
        {
          key: 'id',
          title: '编号',
          render: (row) => (
            <Link to="/alerts/$alert" params={{ alert: row.id }}>
              {row.id}
            </Link>
          ),
        },
        { key: 'severity', title: '级别', filterable: true, render: (row) => <Tag {...attentionSeverity[row.severity]} /> },
        { key: 'state', title: '状态', filterable: true, render: (row) => <Tag {...alertState[row.state]} /> },
        { key: 'institution', title: '机构', exports: ['institution', 'institution_code'], render: (row) => (row.by === 'institution' ? <InstitutionLink institution={row.institution} /> : row.institution.name) },
        { key: 'subject', title: '指标或数据集', exports: ['indicator', 'dataset'], render: (row) => row.indicator?.name ?? row.dataset?.name ?? NONE },
        {
          key: 'sentence',
          title: '情况',
          render: (row) => (
            <div style={{ minWidth: 260, maxWidth: 480 }}>
              <Link to="/alerts/$alert" params={{ alert: row.id }}>
                {row.sentence}
              </Link>
            </div>
          ),
        },
        { key: 'rule', title: '规则', filterable: true, render: (row) => row.rule.name },
        { key: 'kind', title: '种类', filterable: true, hidden: true, render: (row) => (row.kind ? alertKind[row.kind] : NONE) },
        { key: 'first_period', title: '起始月份', sortable: true, hidden: true, render: (row) => printed(row.first_period) },
        { key: 'last_period', title: '最近月份', sortable: true, render: (row) => printed(row.last_period) },
        {
          key: 'due',
          title: '答复时限',
          sortable: true,
          exports: ['due', 'overdue'],
          render: (row) => (
            <span className={row.overdue ? 'bad nowrap' : 'nowrap'}>
              {date(row.due)}
              {row.overdue && '（已超期）'}
            </span>
          ),
        },
        { key: 'explanation', title: '机构说明', hidden: true, render: (row) => row.explanation ?? NONE },
        { key: 'reason', title: '办结或撤销原因', hidden: active, render: (row) => row.reason ?? NONE },
      ]}
    />
  )
}

function Rules() {
  return (
    <DataTable
      name="预警规则"
      prefix="r_"
      path="/api/alert-rules"
      rowKey={(row) => row.id}
      search="查找规则"
      columns={[
        { key: 'name', title: '规则', render: (row) => row.name },
        { key: 'status', title: '状态', filterable: true, render: (row) => <Tag {...definitionStatus[row.status]} /> },
        { key: 'kind', title: '种类', filterable: true, render: (row) => alertKind[row.kind] },
        { key: 'severity', title: '级别', render: (row) => <Tag {...attentionSeverity[row.severity]} /> },
        { key: 'method', title: '方法', render: (row) => <div style={{ minWidth: 260, maxWidth: 440 }}>{row.method}</div> },
        { key: 'watches', title: '监测对象', render: (row) => <div style={{ maxWidth: 260 }}>{row.watches.map((one) => one.name).join('、')}</div> },
        { key: 'answer_within', title: '答复天数', numeric: true, render: (row) => count(row.answer_within) },
        { key: 'alarms', title: '异常', numeric: true, help: '按机构和月份计。', render: (row) => count(row.alarms) },
        { key: 'clear', title: '正常', numeric: true, render: (row) => count(row.clear) },
        {
          key: 'not_judged',
          title: '无法判断',
          numeric: true,
          exports: ['not_judged', 'reasons'],
          help: '数据不足或未报齐的不作判断，也不算正常。',
          render: (row) => <span title={row.reasons.map((one) => `${one.reason}：${one.count}`).join('\n')}>{count(row.not_judged)}</span>,
        },
        { key: 'active', title: '在办预警', numeric: true, render: (row) => count(row.active) },
        { key: 'legal_basis', title: '依据', hidden: true, render: (row) => row.legal_basis },
        { key: 'limits', title: '局限', hidden: true, render: (row) => row.limits || NONE },
      ]}
    />
  )
}
