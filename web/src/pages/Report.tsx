// One report in the browser: this month's values beside last month's and last year's, tried and sent.
import { Alert, Button, Card, Input, Select } from 'antd'
import { Link, useParams } from '@tanstack/react-router'
import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useMemo, useState } from 'react'
import { ApiProblem, address, post } from '../api/client'
import { useAnswer } from '../api/queries'
import type { DatasetForm, Disappearing, Finding, FormField, Outcome } from '../api/types'
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
  return (
    <>
      <PageHead
        title={`${form.dataset.name} · ${printed(form.period)}`}
        lead={
          <>
            {form.institution.name}　{form.due ? `${date(form.deadline)}前报送` : '本月不要求报送'}　
            {form.status && <Tag {...reportingStatus[form.status]} />}
          </>
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
          <Alert type="info" showIcon title="已恢复上次没有提交的内容。" action={<Button size="small" onClick={drop}>放弃，重新填写</Button>} />
        )}
        {outcome && <Result outcome={outcome} />}
        {failed !== undefined && <Failure error={failed} />}
        {form.single ? (
          <Sheet form={form} row={rows[0] ?? {}} edit={(row) => edit([row])} token={outcome?.token} />
        ) : (
          <Rows form={form} fields={fields} rows={rows} edit={edit} token={outcome?.token} />
        )}
        <div className="sendbar">
          <span className="soft">{changed ? '有未提交的修改，已暂存在本浏览器。' : '没有未提交的修改。'}</span>
          <Button loading={busy === 'check'} onClick={() => void act('check')}>
            预检
          </Button>
          <Button type="primary" loading={busy === 'send'} onClick={() => void act('send')}>
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

function Result({ outcome }: { outcome: Outcome }) {
  const type = outcome.verdict === 'returned' ? 'error' : (outcome.error_rows ?? 0) > 0 ? 'warning' : 'success'
  return (
    <>
      <Alert type={type} showIcon title={outcome.sentence} />
      <Faults faults={outcome.faults} />
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
    </>
  )
}

/** Findings of the last dry run, by row and element. */
function useFindings(token: string | null | undefined): Map<string, Finding[]> {
  const asked = useAnswer('/api/checks/{token}/findings', { token: token ?? '' }, { size: 1000 }, { enabled: !!token, staleTime: Infinity })
  return useMemo(() => {
    const found = new Map<string, Finding[]>()
    for (const finding of token ? (asked.data?.rows ?? []) : []) {
      // The file that the form makes has its header in row 1.
      const key = `${(finding.row ?? 2) - 2}/${finding.element ?? ''}`
      found.set(key, [...(found.get(key) ?? []), finding])
    }
    return found
  }, [asked.data, token])
}

interface SheetProps {
  form: DatasetForm
  row: Row
  edit: (row: Row) => void
  token: string | null | undefined
}

/** A report of one row: fields one below the other, with what they were before. */
function Sheet({ form, row, edit, token }: SheetProps) {
  const findings = useFindings(token)
  const [last = {}] = form.last_month
  const [year = {}] = form.year_ago
  return (
    <>
      {form.sections.map((section) => (
        <Card key={section.name} title={section.name || undefined} size="small">
          <table className="sheet">
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
                      {found.map((one) => (
                        <div key={`${one.check}${one.message}`} className="finding">
                          <Tag {...severity[one.severity]} /> {one.message}
                          {one.help && <div className="soft">{one.help}</div>}
                        </div>
                      ))}
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
      <Whole findings={findings} row={0} />
    </>
  )
}

/** Findings about a row as a whole. */
function Whole({ findings, row }: { findings: Map<string, Finding[]>; row: number }) {
  const found = findings.get(`${row}/`) ?? []
  if (found.length === 0) return null
  return <Alert type="warning" showIcon title="整张报表的问题" description={found.map((one) => <div key={`${one.check}${one.message}`}>{one.message}</div>)} />
}

interface RowsProps {
  form: DatasetForm
  fields: FormField[]
  rows: Row[]
  edit: (rows: Row[]) => void
  token: string | null | undefined
}

/** A report of several rows: a table to fill in. */
function Rows({ form, fields, rows, edit, token }: RowsProps) {
  const findings = useFindings(token)
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
        <div className="ant-table-content">
          <table className="sheet">
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
                          {found.map((one) => (
                            <div key={`${one.check}${one.message}`} className="finding">
                              {one.message}
                            </div>
                          ))}
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
  return (
    <Input
      aria-label={label}
      value={value}
      inputMode={number ? 'decimal' : undefined}
      maxLength={field.max_length ?? undefined}
      status={invalid ? 'error' : undefined}
      style={number ? { textAlign: 'right', width: 150 } : undefined}
      onChange={(event) => onChange(event.target.value)}
      // A pasted number may carry separators of thousands.
      onBlur={() => number && onChange(value.replaceAll(/[,，\s]/g, ''))}
      onKeyDown={next}
    />
  )
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
  const share = (100 * (is - was)) / was
  return <span className={Math.abs(share) >= 50 ? 'warn' : undefined}>{`${share > 0 ? '+' : ''}${share.toFixed(1)}%`}</span>
}
