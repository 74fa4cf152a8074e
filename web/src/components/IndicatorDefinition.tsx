// A definition as its pack has it.
import { Table } from 'antd'
import type { Indicator } from '../api/types'
import { NONE, date } from '../lib/format'
import { clause, direction } from '../lib/labels'
import { Nothing } from './small'

export function IndicatorDefinition({ definition }: { definition: Indicator }) {
  return (
    <div className="stack">
      <dl className="reading">
        <Line name="用途" text={definition.purpose} />
        {definition.rationale && <Line name="为何这样算" text={definition.rationale} />}
        <Line name="类型" text={`${definition.kind}，单位：${definition.unit || '无'}，导向：${direction[definition.direction]}`} />
        {definition.reading.map((line) => (
          <Line key={line.clause} name={clause[line.clause]} text={line.text} code={line.expression} />
        ))}
        <dt>依据</dt>
        <dd>{definition.legal_basis.map((one) => <div key={one}>{one}</div>)}</dd>
        <Line name="局限" text={definition.limits} />
        <Line name="举例" text={definition.example} />
        <Line name="数据来源" text={definition.dataset} />
        <dt>定义文件</dt>
        <dd className="code">{definition.definition_file}</dd>
      </dl>
      <section>
        <h3>目标值</h3>
        <Table
          size="small"
          pagination={false}
          dataSource={definition.targets}
          rowKey={(target) => `${target.from}${target.applies_to ?? ''}${target.display}`}
          locale={{ emptyText: <Nothing>没有规定目标值，只作监测比较。</Nothing> }}
          columns={[
            { title: '适用对象', render: (_, target) => target.applies_to ?? '全部机构' },
            { title: '目标', dataIndex: 'display' },
            { title: '起始', render: (_, target) => date(target.from) },
            { title: '截止', render: (_, target) => (target.to ? date(target.to) : '现行') },
            { title: '出处', dataIndex: 'source' },
          ]}
        />
      </section>
    </div>
  )
}

function Line({ name, text, code }: { name: string; text: string; code?: string }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>
        {text || NONE}
        {code && <div className="code soft">{code}</div>}
      </dd>
    </>
  )
}
