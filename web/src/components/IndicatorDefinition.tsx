// A definition as its pack has it.
import type { Indicator } from '../api/types'
import { NONE, date } from '../lib/format'
import { clause, direction } from '../lib/labels'
import { DataTable } from './DataTable'

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
        <DataTable
          name="目标值"
          prefix="t_"
          path="/api/indicators/{id}/targets"
          variables={{ id: definition.id }}
          rowKey={(target) => `${target.from}${target.applies_to ?? ''}${target.display}`}
          search={false}
          empty="没有规定目标值，只作监测比较。"
          columns={[
            { key: 'applies_to', title: '适用对象', render: (target) => target.applies_to ?? '全部机构' },
            { key: 'display', title: '目标', exports: ['display', 'value'], render: (target) => target.display },
            { key: 'from', title: '起始', render: (target) => date(target.from) },
            { key: 'to', title: '截止', render: (target) => (target.to ? date(target.to) : '现行') },
            { key: 'source', title: '出处', render: (target) => target.source },
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
