// One report in the browser: this month's values beside last month's and last year's, tried and sent.
import { Alert, Button, Card, ConfigProvider, Input, Select } from 'antd'
import { Link, useParams } from '@tanstack/react-router'
import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useMemo, useRef, useState } from 'react'
import { ApiProblem, address, post } from '../api/client'
import { useAnswer, useEveryRow } from '../api/queries'
import type { DatasetForm, Disappearing, Finding, FormField, Outcome } from '../api/types'
import { DefinitionInfo } from '../components/Definition'
import { ConfirmDisappearing } from '../components/ConfirmDisappearing'
import { Counts, Faults, NextSteps, Notices } from '../components/outcome'
import { Await, Failure, Info, Nothing, PageHead, Tag } from '../components/small'
import { NONE, date, period as printed } from '../lib/format'
import { reportingStatus, severity } from '../lib/labels'
import { useUrl } from '../lib/url'

type Row = Record<string, string>

export default function Report() {
  const { dataset } = useParams({ strict: false }) as { dataset: string }
  const [url] = useUrl()
  const { institution, period } = url
  const ready = institution !== undefined && period !== undefined
  const asked = useAnswer('/api/datasets/{id}/form', { id: dataset }, { institution, period }, { enabled: ready, staleTime: Infinity })
  if (!ready) return <Nothing>请从“报表填报”选择机构、月份和报表。</Nothing>
  return (
    <Await asked={asked} rows={12}>
      {(form) => <Content key={`${dataset}/${institution}/${period}`} form={form} />}
    </Await>
  )
}

/** Where unsent values wait in this browser. */
const draftKey = (form: DatasetForm) => `draft:${form.dataset.code}:${form.institution.code}:${form.period}`

function draftOf(form: DatasetForm): Row[] | undefined {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(draftKey(form)) ?? 'null')
    return Array.isArray(kept) ? (kept as Row[]) : undefined
  } catch {
    return undefined
  }
}

function Content({ form }: { form: DatasetForm }) {
  const client = useQueryClient()
  const draft = useMemo(() => draftOf(form), [form])
  const [rows, setRows] = useState<Row[]>(() => draft ?? (form.rows.length > 0 ? form.rows : form.single ? [{}] : []))
  const [changed, setChanged] = useState(draft !== undefined)
  const [outcome, setOutcome] = useState<Outcome>()
  const [failed, setFailed] = useState<unknown>()
  const [busy, setBusy] = useState<'check' | 'send'>()
  const [disappearing, setDisappearing] = useState<Disappearing>()

  useEffect(() => {
    if (changed) localStorage.setItem(draftKey(form), JSON.stringify(rows))
  }, [changed, form, rows])

  const edit = (next: Row[]) => {
    // Findings name rows by their place, which a removed row changes.
    if (next.length < rows.length) setOutcome(undefined)
    setRows(next)
    setChanged(true)
  }
  const drop = () => {
    localStorage.removeItem(draftKey(form))
    setRows(form.rows.length > 0 ? form.rows : form.single ? [{}] : [])
    setChanged(false)
    setOutcome(undefined)
  }
  const act = async (what: 'check' | 'send', confirmed = false) => {
    setBusy(what)
    setFailed(undefined)
    try {
      const path = what === 'check' ? '/api/datasets/{id}/form/check' : '/api/datasets/{id}/form'
      const came = await post<Outcome>(address(path, { id: form.dataset.code }), {
        institution: form.institution.code,
        period: form.period,
        rows,
        confirm_disappearing: confirmed,
      })
      setOutcome(came)
      setDisappearing(undefined)
      if (what === 'send' && came.verdict !== 'returned') {
        localStorage.removeItem(draftKey(form))
        setChanged(false)
        await client.invalidateQueries()
      }
    } catch (problem) {
      if (problem instanceof ApiProblem && problem.problem.disappearing) setDisappearing(problem.problem.disappearing)
      else setFailed(problem)
    } finally {
      setBusy(undefined)
    }
  }
  const back = { institution: form.institution.code, period: form.period }
  const fields = form.sections.flatMap((section) => section.fields)
  const findings = useFindings(outcome)
  const needed = fields.filter((field) => field.required)
  const empty = rows.reduce((sum, row) => sum + needed.filter((field) => !row[field.id]).length, 0)
  return (
    <>
      <PageHead
        title={
          <span className="row" style={{ gap: 8 }}>
            {form.dataset.name} · {printed(form.period)}
            <DefinitionInfo kind="dataset" id={form.dataset.code} name={form.dataset.name} />
          </span>
        }
        lead={
          <span className="row">
            <span>{form.institution.name}</span>
            <span>{form.due ? `${date(form.deadline)}前报送` : '本月不要求报送'}</span>
            {form.status && <Tag {...reportingStatus[form.status]} />}
          </span>
        }
        actions={
          <>
            <Link to="/reports" search={back as never}>
              返回应报报表
            </Link>
            <a href={address('/api/datasets/{id}/template.xlsx', { id: form.dataset.code }, back)} download>
              下载模板
            </a>
          </>
        }
      />
      <div className="stack">
        {draft && changed && (
          <Alert type="info" showIcon title="已恢复上次没有提交的内容。" action={<Button size="small" disabled={busy !== undefined} onClick={drop}>放弃，重新填写</Button>} />
        )}
        {outcome && <Result outcome={outcome} single={form.single} findings={[...findings.values()].flat()} />}
        {failed !== undefined && <Failure error={failed} />}
        {/* What is under way is about the rows as they were: nothing is typed into them meanwhile. */}
        <ConfigProvider componentDisabled={busy !== undefined}>
          {form.single ? (
            <Sheet form={form} row={rows[0] ?? {}} edit={(row) => edit([row])} findings={findings} />
          ) : (
            <Rows form={form} fields={fields} rows={rows} edit={edit} findings={findings} />
          )}
        </ConfigProvider>
        <div className="sendbar">
          <span className="soft">
            {changed ? '有未提交的修改，已暂存在本浏览器。' : '没有未提交的修改。'}
            {rows.length > 0 && (empty > 0 ? `必填项还有 ${empty} 处未填。` : '必填项已填齐。')}
          </span>
          <Button loading={busy === 'check'} disabled={busy === 'send'} onClick={() => void act('check')}>
            预检
          </Button>
          <Button type="primary" loading={busy === 'send'} disabled={busy === 'check'} onClick={() => void act('send')}>
            提交
          </Button>
        </div>
      </div>
      {disappearing && (
        <ConfirmDisappearing rows={disappearing} busy={busy === 'send'} cancel={() => setDisappearing(undefined)} confirm={() => void act('send', true)} />
      )}
    </>
  )
}

/** Too many rows with errors: of a report of one row that says no more than its findings do. */
const TOO_MANY_ERRORS = 'F0401'

function Result({ outcome, single, findings }: { outcome: Outcome; single: boolean; findings: Finding[] }) {
  const top = useRef<HTMLElement>(null)
  // Who pressed the button at the bottom sees what came of it.
  useEffect(() => {
    top.current?.scrollIntoView({ block: 'start' })
  }, [outcome])
  const errors = findings.filter((one) => one.severity === 'error').length
  const plain = single && errors > 0 && outcome.faults.every((fault) => fault.code === TOO_MANY_ERRORS)
  const sentence = plain
    ? `${outcome.submission ? '已退回' : '预检'}：有 ${errors} 处错误${findings.length > errors ? `、${findings.length - errors} 处提示` : ''}，已标在下面的相应栏目，改正后再提交。`
    : outcome.sentence
  const type = outcome.verdict === 'returned' ? 'error' : (outcome.error_rows ?? 0) > 0 ? 'warning' : 'success'
  return (
    <section ref={top} className="stack result" aria-label="结果">
      <Alert type={type} showIcon title={sentence} />
      {!plain && <Faults faults={outcome.faults} />}
      {outcome.rows != null && outcome.rows > 1 && <Counts of={outcome} />}
      <Notices notices={outcome.notices} />
      <NextSteps steps={outcome.next_steps} />
      {outcome.submission && (
        <div>
          <Link to="/submissions/$id" params={{ id: outcome.submission.id }}>
            查看本次报送
          </Link>
        </div>
      )}
    </section>
  )
}

/** Findings of what was tried or sent last, by row and element. */
function useFindings(outcome: Outcome | undefined): Map<string, Finding[]> {
  const token = outcome?.token ?? undefined
  const submission = token ? undefined : outcome?.submission?.id
  const tried = useEveryRow('/api/checks/{token}/findings', { token: token ?? '' }, { enabled: token !== undefined, staleTime: Infinity })
  const sent = useEveryRow('/api/submissions/{id}/findings', { id: submission ?? '' }, { enabled: submission !== undefined })
  const rows = token ? tried.data : submission ? sent.data : undefined
  return useMemo(() => {
    const found = new Map<string, Finding[]>()
    for (const finding of rows ?? []) {
      // The file that the form makes has its header in row 1.
      const key = `${(finding.row ?? 2) - 2}/${finding.element ?? ''}`
      found.set(key, [...(found.get(key) ?? []), finding])
    }
    return found
  }, [rows])
}

interface SheetProps {
  form: DatasetForm
  row: Row
  edit: (row: Row) => void
  findings: Map<string, Finding[]>
}

/** A report of one row: fields one below the other, with what they were before. */
function Sheet({ form, row, edit, findings }: SheetProps) {
  const [last = {}] = form.last_month
  const [year = {}] = form.year_ago
  return (
    <>
      {form.sections.map((section) => (
        <Card key={section.name} title={section.name || undefined} size="small">
          <table className="sheet fixed" aria-label={section.name || form.dataset.name}>
            <colgroup>
              <col style={{ width: '34%' }} />
              <col />
              <col style={{ width: '12%' }} />
              <col style={{ width: '10%' }} />
              <col style={{ width: '12%' }} />
            </colgroup>
            <thead>
              <tr>
                <th scope="col">项目</th>
                <th scope="col">本月</th>
                <th scope="col" className="numeric">{printed(form.last_month_period)}</th>
                <th scope="col" className="numeric">比上月</th>
                <th scope="col" className="numeric">{printed(form.year_ago_period)}</th>
              </tr>
            </thead>
            <tbody>
              {section.fields.map((field) => {
                const found = findings.get(`0/${field.id}`) ?? []
                return (
                  <tr key={field.id} className={found.length > 0 ? 'found' : undefined}>
                    <th scope="row">
                      {field.name}
                      {field.unit && <span className="soft">（{field.unit}）</span>}
                      {field.required && <span className="bad" title={field.required_words}> *</span>}
                      {field.hint && <Info about={field.name}>{field.hint}</Info>}
                    </th>
                    <td>
                      <Cell field={field} value={row[field.id] ?? ''} onChange={(value) => edit({ ...row, [field.id]: value })} invalid={found.length > 0} />
                      <Told found={found} />
                    </td>
                    <td className="numeric">{shown(field, last[field.id])}</td>
                    <td className="numeric">{change(field, row[field.id], last[field.id])}</td>
                    <td className="numeric">{shown(field, year[field.id])}</td>
                  </tr>
                )
              })}
            </tbody>
          </table>
        </Card>
      ))}
      <Whole findings={findings} row={0} title="整张报表的问题" />
    </>
  )
}

/** Findings at the field that they are about. */
function Told({ found }: { found: Finding[] }) {
  return found.map((one) => (
    <div key={`${one.check}${one.message}`} className={`finding ${severity[one.severity].tone}`}>
      <Tag {...severity[one.severity]} /> {one.message}
      {one.help && <div className="soft">{one.help}</div>}
    </div>
  ))
}

/** Findings about a row as a whole. */
function Whole({ findings, row, title }: { findings: Map<string, Finding[]>; row: number; title: string }) {
  const found = findings.get(`${row}/`) ?? []
  if (found.length === 0) return null
  return <Alert type={found.some((one) => one.severity === 'error') ? 'error' : 'warning'} showIcon title={title} description={<Told found={found} />} />
}

interface RowsProps {
  form: DatasetForm
  fields: FormField[]
  rows: Row[]
  edit: (rows: Row[]) => void
  findings: Map<string, Finding[]>
}

/** A report of several rows: a table to fill in. */
function Rows({ form, fields, rows, edit, findings }: RowsProps) {
  const keys = fields.filter((field) => field.key)
  const named = (row: Row) => keys.map((field) => row[field.id] ?? '').join('/')
  const present = new Set(rows.map(named))
  const missing = form.last_month.filter((row) => !present.has(named(row)))
  const carried = () => edit([...rows, ...missing.map((row) => Object.fromEntries(keys.map((field) => [field.id, row[field.id] ?? ''])))])
  return (
    <Card size="small">
      <div className="table-tools">
        <Button onClick={() => edit([...rows, {}])}>增加一行</Button>
        {missing.length > 0 && <Button onClick={carried}>带入上月项目（{missing.length}）</Button>}
        <span className="soft">共 {rows.length} 行；上月 {form.last_month.length} 行</span>
      </div>
      {rows.length === 0 ? (
        <Nothing>还没有填写。可以增加一行，或带入上月的项目。</Nothing>
      ) : (
        <div className="wide">
          <table className="sheet" aria-label={form.dataset.name}>
            <thead>
              <tr>
                <th scope="col">行</th>
                {fields.map((field) => (
                  <th key={field.id} scope="col">
                    {field.name}
                    {field.unit && <span className="soft">（{field.unit}）</span>}
                    {field.required && <span className="bad"> *</span>}
                    {field.hint && <Info about={field.name}>{field.hint}</Info>}
                  </th>
                ))}
                <th scope="col">操作</th>
              </tr>
            </thead>
            <tbody>
              {rows.map((row, at) => {
                const before = form.last_month.find((other) => named(other) === named(row))
                return (
                  <tr key={at}>
                    <td className="numeric">{at + 1}</td>
                    {fields.map((field) => {
                      const found = findings.get(`${at}/${field.id}`) ?? []
                      return (
                        <td key={field.id} className={found.length > 0 ? 'found' : undefined}>
                          <Cell
                            field={field}
                            row={at + 1}
                            value={row[field.id] ?? ''}
                            onChange={(value) => edit(rows.map((other, place) => (place === at ? { ...other, [field.id]: value } : other)))}
                            invalid={found.length > 0}
                          />
                          {!field.key && before?.[field.id] && <div className="soft">上月 {shown(field, before[field.id])}</div>}
                          <Told found={found} />
                        </td>
                      )
                    })}
                    <td>
                      <Button size="small" type="text" onClick={() => edit(rows.filter((_, place) => place !== at))} aria-label={`删除第 ${at + 1} 行`}>
                        删除
                      </Button>
                    </td>
                  </tr>
                )
              })}
            </tbody>
          </table>
          <div className="stack" style={{ marginTop: 12 }}>
            {rows.map((_, at) => (
              <Whole key={at} findings={findings} row={at} title={`第 ${at + 1} 行的问题`} />
            ))}
          </div>
        </div>
      )}
    </Card>
  )
}

interface CellProps {
  field: FormField
  value: string
  onChange: (value: string) => void
  invalid: boolean
  row?: number
}

/** Next field on Enter, as in a spreadsheet. */
function next(event: React.KeyboardEvent<HTMLElement>) {
  if (event.key !== 'Enter') return
  event.preventDefault()
  const all = [...document.querySelectorAll<HTMLInputElement>('.sheet input')]
  const to = all[all.indexOf(event.target as HTMLInputElement) + 1]
  to?.focus()
  to?.select()
}

function Cell({ field, value, onChange, invalid, row }: CellProps) {
  const label = row ? `第 ${row} 行${field.name}` : field.name
  // What is being typed stays as it is; thousands are set apart when the field is left.
  const [typed, setTyped] = useState<string>()
  if (field.options) {
    return (
      <Select
        aria-label={label}
        value={value || undefined}
        onChange={(chosen: string | undefined) => onChange(chosen ?? '')}
        allowClear
        showSearch={{ optionFilterProp: 'label' }}
        status={invalid ? 'error' : undefined}
        style={{ minWidth: 180, width: '100%' }}
        options={field.options.map((one) => ({ value: one.code, label: `${one.code} ${one.name}` }))}
      />
    )
  }
  const number = field.input === 'number'
  const doubt = typed === undefined ? doubtful(field, value) : undefined
  return (
    <>
      <Input
        aria-label={label}
        value={typed ?? (number ? separated(value) : value)}
        inputMode={number ? 'decimal' : undefined}
        maxLength={number ? undefined : (field.max_length ?? undefined)}
        placeholder={placeholders[field.input]}
        status={invalid || doubt ? 'error' : undefined}
        style={number ? { textAlign: 'right', width: 150 } : { minWidth: 150 }}
        onChange={(event) => {
          setTyped(event.target.value)
          // A number may be typed or pasted with separators of thousands.
          onChange(number ? event.target.value.replaceAll(/[,，\s]/g, '') : event.target.value)
        }}
        onBlur={() => setTyped(undefined)}
        onKeyDown={next}
      />
      {doubt && <div className="finding bad">{doubt}</div>}
    </>
  )
}

const placeholders: Partial<Record<FormField['input'], string>> = { month: '例如 2024-03', date: '例如 2024-03-01', date_time: '例如 2024-03-01 09:30:00' }

/** 12345.60 → 12,345.60; anything but a plain number as it is. */
function separated(value: string): string {
  const [, sign = '', whole = '', rest = ''] = /^(-?)(\d+)(\.\d*)?$/.exec(value) ?? []
  return whole ? `${sign}${whole.replaceAll(/\B(?=(\d{3})+$)/g, ',')}${rest}` : value
}

/** What cannot be meant, seen before the server is asked; the server's checks decide. */
function doubtful(field: FormField, value: string): string | undefined {
  if (field.input !== 'number' || value === '' || value === '-') return undefined
  const number = /^-?\d+(?:\.(\d+))?$/.exec(value)
  if (!number) return '请填数字，不带单位和文字。'
  const decimals = number[1] ?? ''
  const digits = field.digits ?? 0
  return decimals.length > digits ? (digits === 0 ? '请填整数。' : `最多保留 ${digits} 位小数。`) : undefined
}

const grouped = new Intl.NumberFormat('zh-CN', { maximumFractionDigits: 6 })

function shown(field: FormField, value: string | undefined) {
  if (!value) return <span className="soft">{NONE}</span>
  const named = field.options?.find((one) => one.code === value)
  if (named) return named.name
  return field.input === 'number' && Number.isFinite(Number(value)) ? grouped.format(Number(value)) : value
}

/** Relative change, only where both are numbers and the earlier is not 0. */
function change(field: FormField, now: string | undefined, before: string | undefined) {
  if (field.input !== 'number' || !now || !before) return NONE
  const [is, was] = [Number(now), Number(before)]
  if (!Number.isFinite(is) || !Number.isFinite(was) || was === 0) return NONE
  // Rounded first: what rounds to nothing has no sign. Adding 0 turns -0 into 0.
  const share = Math.round((1000 * (is - was)) / was) / 10 + 0
  return <span className={Math.abs(share) >= 50 ? 'warn' : undefined}>{`${share > 0 ? '+' : ''}${share.toFixed(1)}%`}</span>
}
