// Where a number comes from: the sums, the rows, the files, and how the definition reads.
import { Alert, Drawer, Segmented, Tabs } from 'antd'
import { Link } from '@tanstack/react-router'
import { useAnswer } from '../api/queries'
import type { Explanation } from '../api/types'
import { NONE, count, decimal, period as printed, time, withUnit } from '../lib/format'
import { FIRST, useExplain, type Explained } from '../lib/explain'
import { clause } from '../lib/labels'
import { useUrl } from '../lib/url'
import { ExplainRows } from './ExplainRows'
import { DataTable } from './DataTable'
import { Defined } from './Definition'
import { Change, RankOf, Reported, Settled, TargetGap } from './figure'
import { Await, Code, Info } from './small'

export function ExplainDrawer() {
  const explain = useExplain()
  const { value } = explain
  return (
    <Drawer
      open={value !== undefined}
      onClose={explain.close}
      size={Math.min(1280, window.innerWidth - 100)}
      destroyOnHidden
      title={value && <Title value={value} />}
    >
      {value && <Body value={value} />}
    </Drawer>
  )
}

function useExplanation(value: Explained) {
  const { indicator, period, by, institution, department, known } = value
  return useAnswer('/api/explain/{indicator}', { indicator }, { period, by, institution, department, known_at: known })
}

function Title({ value }: { value: Explained }) {
  const { data } = useExplanation(value)
  if (!data) return <>数字从哪里来</>
  const { figure } = data
  return (
    <>
      <Defined kind="indicator" id={figure.indicator} name={figure.name} />
      <span className="soft" style={{ fontWeight: 400, marginLeft: 12 }}>
        {[figure.institution?.name, figure.department?.name, printed(figure.period), value.known && `按${time(value.known)}已知的数据`].filter(Boolean).join(' · ')}
      </span>
    </>
  )
}

function Body({ value }: { value: Explained }) {
  const [, setUrl] = useUrl()
  const asked = useExplanation(value)
  return (
    <Await asked={asked} rows={8}>
      {(data) => (
        <Tabs
          activeKey={value.tab ?? 'sums'}
          onChange={(tab) => setUrl({ explain_tab: tab === 'sums' ? undefined : tab, ...FIRST })}
          items={[
            { key: 'sums', label: '计算过程', children: <Sums value={value} data={data} /> },
            { key: 'rows', label: '明细记录', children: <Rows value={value} data={data} /> },
            { key: 'files', label: `来源文件（${count(data.files.length)}）`, children: <Files value={value} /> },
          ]}
        />
      )}
    </Await>
  )
}

function Sums({ value, data }: { value: Explained; data: Explanation }) {
  const { figure } = data
  const [, setUrl] = useUrl()
  const missing = data.months.filter((month) => month.missing.length > 0)
  const gaps = data.months.flatMap((month) => month.gaps.map((gap) => ({ ...gap, period: month.period })))
  return (
    <div className="stack">
      {figure.value == null ? (
        <Alert type="warning" showIcon title={`未测量：${figure.not_measured_reason ?? ''}`} />
      ) : (
        <div className="formula">
          <span className="result number">{withUnit(figure.display, figure.unit)}</span>
          {figure.denominator != null && (
            <>
              <span>＝</span>
              <span className="fraction number">
                <span>分子 {decimal(figure.numerator)}</span>
                <span>分母 {decimal(figure.denominator)}</span>
              </span>
            </>
          )}
          {figure.interval && (
            <span className="soft number">
              {figure.interval.level * 100}% 区间 {figure.interval.display}
              <Info about="区间">
                按 {figure.interval.method} 方法计算。病例越少，区间越宽；两个机构的区间明显重叠时，不宜据此判断优劣。
              </Info>
            </span>
          )}
          <Settled figure={figure} />
        </div>
      )}
      <dl className="counts">
        <Fact name="环比"><Change of={figure.previous} direction={figure.direction} /></Fact>
        <Fact name="同比"><Change of={figure.year_ago} direction={figure.direction} /></Fact>
        <Fact name={`目标差${figure.target ? `（${figure.target.display}）` : ''}`}><TargetGap figure={figure} /></Fact>
        {figure.rank && <Fact name={`同级排名（${figure.rank.peers}）`}><RankOf figure={figure} /></Fact>}
        <Fact name="已报 / 应报"><Reported figure={figure} /></Fact>
      </dl>
      {missing.length > 0 && (
        <Alert
          type="warning"
          showIcon
          title="数据尚未报齐，数值为暂定"
          description={missing.map((month) => (
            <div key={month.period}>
              {printed(month.period)}：已报 {month.reported} / 应报 {month.due}，未报 {month.missing.map((one) => one.name).join('、')}
            </div>
          ))}
        />
      )}
      {gaps.length > 0 && (
        <Alert
          type="warning"
          showIcon
          title="已报但不能计入"
          description={gaps.map((gap) => (
            <div key={`${gap.institution.code}${gap.period}`}>
              {gap.institution.name} {printed(gap.period)}：{gap.reason}
            </div>
          ))}
        />
      )}
      <section>
        <h3>口径</h3>
        <dl className="reading">
          {data.reading.map((line) => (
            <Reading key={line.clause} name={clause[line.clause]} text={line.text} expression={line.expression} />
          ))}
          <dt>依据</dt>
          <dd>{data.legal_basis.join('；') || NONE}</dd>
          <dt>定义文件</dt>
          <dd className="code">{data.definition_file}</dd>
        </dl>
      </section>
      <section>
        <h3>各项合计</h3>
        <DataTable
          name="各项合计"
          prefix="p_"
          path="/api/explain/{indicator}/parts"
          variables={{ indicator: value.indicator }}
          query={{ period: value.period, by: value.by, institution: value.institution, department: value.department, known_at: value.known }}
          rowKey={(part) => `${part.clause}${part.name}`}
          search={false}
          columns={[
            { key: 'clause', title: '属于', render: (part) => clause[part.clause] },
            { key: 'name', title: '项目', render: (part) => part.name },
            { key: 'rows', title: '记录数', numeric: true, render: (part) => count(part.rows) },
            { key: 'display', title: '合计', numeric: true, exports: ['sum', 'display'], render: (part) => part.display },
            {
              key: 'link',
              title: '明细',
              exports: [],
              render: (part) =>
                (part.clause === 'numerator' || part.clause === 'denominator') && (
                  <a
                    href="#rows"
                    onClick={(event) => {
                      event.preventDefault()
                      setUrl({ explain_tab: 'rows', explain_part: part.clause, ...FIRST })
                    }}
                  >
                    查看{clause[part.clause]}记录
                  </a>
                ),
            },
          ]}
        />
      </section>
    </div>
  )
}

function Fact({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd style={{ fontSize: 17 }}>{children}</dd>
    </div>
  )
}

function Reading({ name, text, expression }: { name: string; text: string; expression: string }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>
        {text || NONE}
        {expression && <div className="code soft">{expression}</div>}
      </dd>
    </>
  )
}

function Rows({ value, data }: { value: Explained; data: Explanation }) {
  const [url, setUrl] = useUrl()
  const part = url.explain_part === 'denominator' ? 'denominator' : 'numerator'
  return (
    <>
      <div className="row" style={{ marginBottom: 12 }}>
        {data.figure.denominator != null && (
          <Segmented
            aria-label="查看分子或分母的记录"
            value={part}
            onChange={(next) => setUrl({ explain_part: next === 'numerator' ? undefined : next, x_page: undefined })}
            options={[
              { label: '分子的记录', value: 'numerator' },
              { label: '分母的记录', value: 'denominator' },
            ]}
          />
        )}
        <span className="soft">不含姓名、证件号码、地址和电话。</span>
      </div>
      <ExplainRows value={value} part={part} />
    </>
  )
}

function Files({ value }: { value: Explained }) {
  const { indicator, period, by, institution, department, known } = value
  return (
    <DataTable
      name="来源文件"
      prefix="x_"
      path="/api/explain/{indicator}/files"
      variables={{ indicator }}
      query={{ period, by, institution, department, known_at: known }}
      rowKey={(file) => file.submission}
      search="查找机构、文件"
      columns={[
        { key: 'institution', title: '机构', exports: ['institution', 'institution_code'], render: (file) => file.institution.name },
        { key: 'period', title: '月份', sortable: true, render: (file) => printed(file.period) },
        {
          key: 'file_name',
          title: '文件',
          exports: ['file_name', 'version', 'submission'],
          render: (file) => (
            <Link to="/submissions/$id" params={{ id: file.submission }}>
              {file.file_name ?? '零报告'}（第 {file.version} 版）
            </Link>
          ),
        },
        { key: 'received_at', title: '收到时间', sortable: true, render: (file) => time(file.received_at) },
        { key: 'rows', title: '记录数', numeric: true, sortable: true, render: (file) => count(file.rows) },
        { key: 'counted_rows', title: '计入', numeric: true, sortable: true, render: (file) => count(file.counted_rows) },
        { key: 'hash', title: '校验值（SM3）', render: (file) => (file.hash ? <Code first={16}>{file.hash}</Code> : NONE) },
      ]}
    />
  )
}
