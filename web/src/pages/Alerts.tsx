// 预警: what the computation found, and what was made of it; and the rules it looks by.
import { Card, Tabs } from 'antd'
import { AlertList } from '../components/AlertList'
import { DataTable } from '../components/DataTable'
import { DefinitionInfo } from '../components/Definition'
import { Info, PageHead, Tag } from '../components/small'
import { NONE, count } from '../lib/format'
import { alertKind, attentionSeverity, definitionStatus } from '../lib/labels'
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
            { key: 'alerts', label: '预警', children: <AlertList /> },
            { key: 'rules', label: '预警规则', children: <Rules /> },
          ]}
        />
      </Card>
    </>
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
        { key: 'name', title: '规则', render: (row) => <div style={{ minWidth: 90, maxWidth: 130 }}>{row.name} <DefinitionInfo kind="alert" id={row.id} name={row.name} /></div> },
        { key: 'status', title: '状态', filterable: true, render: (row) => <Tag {...definitionStatus[row.status]} /> },
        { key: 'kind', title: '种类', filterable: true, render: (row) => alertKind[row.kind] },
        { key: 'severity', title: '级别', render: (row) => <Tag {...attentionSeverity[row.severity]} /> },
        { key: 'method', title: '方法', render: (row) => <div style={{ minWidth: 240, maxWidth: 300 }}>{row.method}</div> },
        { key: 'watches', title: '监测对象', render: (row) => <div style={{ minWidth: 140, maxWidth: 190 }}>{row.watches.map((one) => one.name).join('、')}</div> },
        { key: 'answer_within', title: '答复天数', numeric: true, render: (row) => count(row.answer_within) },
        { key: 'alarms', title: '触发', numeric: true, help: '按机构和月份计。', render: (row) => count(row.alarms) },
        { key: 'clear', title: '未触发', numeric: true, render: (row) => count(row.clear) },
        {
          key: 'not_judged',
          title: '未判断',
          numeric: true,
          exports: ['not_judged', 'reasons'],
          help: '数据不足或未报齐的不作判断，也不算未触发。',
          render: (row) => (
            <span className="th">
              {count(row.not_judged)}
              {row.reasons.length > 0 && (
                <Info about={`${row.name}未判断的原因`}>
                  {row.reasons.map((one) => (
                    <div key={one.reason}>
                      {one.reason}：{count(one.count)}
                    </div>
                  ))}
                </Info>
              )}
            </span>
          ),
        },
        { key: 'active', title: '在办预警', numeric: true, render: (row) => count(row.active) },
        { key: 'legal_basis', title: '依据', hidden: true, render: (row) => row.legal_basis },
        { key: 'limits', title: '局限', hidden: true, render: (row) => row.limits || NONE },
      ]}
    />
  )
}
