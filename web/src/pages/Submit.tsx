// 预检与报送: try a file, see what it would give, then send it; or report that nothing happened.
import { Alert, Button, Card, Form, Radio, Select, Steps, Tabs, Upload } from 'antd'
import { useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { ApiProblem, post, send } from '../api/client'
import { useAnswer, useMeta } from '../api/queries'
import type { Disappearing, Outcome } from '../api/types'
import { ConfirmDisappearing } from '../components/ConfirmDisappearing'
import { DataTable } from '../components/DataTable'
import { Findings } from '../components/Findings'
import { InstitutionPicker } from '../components/InstitutionPicker'
import { Counts, Faults, FileRead, NextSteps, Notices, checkColumns } from '../components/outcome'
import { Await, Failure, LinkButton, PageHead } from '../components/small'
import { Icon } from '../lib/icons'
import { bytes, count, period as printed } from '../lib/format'
import { monthAfter, periodsOf } from '../lib/period'
import { useUrl } from '../lib/url'

type Mode = 'full' | 'patch'
interface Target {
  dataset: string | undefined
  institution: string | undefined
  period: string | undefined
}

/** Nothing tried: no run, no filters on its findings. */
const NO_RUN = { run: undefined, view: undefined, check: undefined, element: undefined, severity: undefined, key: undefined, f_page: undefined }

export default function Submit() {
  const client = useQueryClient()
  const meta = useMeta()
  const [url, setUrl] = useUrl()
  const [file, setFile] = useState<File>()
  const [sent, setSent] = useState<Outcome>()
  const [busy, setBusy] = useState(false)
  const [failed, setFailed] = useState<unknown>()
  const target: Target = {
    // Only where there is no other: a file tried as another dataset is returned for the wrong reasons.
    dataset: url.dataset ?? (meta.data?.datasets.length === 1 ? meta.data.datasets[0]?.code : undefined),
    institution: url.institution,
    period: url.period,
  }
  const restart = () => {
    setFile(undefined)
    setSent(undefined)
    setFailed(undefined)
    setUrl(NO_RUN)
  }
  const check = async (chosen: File) => {
    setBusy(true)
    setFailed(undefined)
    setSent(undefined)
    try {
      const outcome = await send<Outcome>('/api/checks', { ...target }, chosen)
      if (outcome.token) client.setQueryData(['/api/checks/{token}', { token: outcome.token }, {}], outcome)
      // What the file itself says fills what was not chosen.
      setUrl({
        ...NO_RUN,
        run: outcome.token ?? undefined,
        institution: target.institution ?? outcome.institution?.code,
        period: target.period ?? outcome.period ?? undefined,
      })
    } catch (problem) {
      setFailed(problem)
    } finally {
      setBusy(false)
    }
  }
  // A next step may lead to this page again, for another file.
  const step = !url.run ? 0 : sent ? 2 : 1
  return (
    <>
      <PageHead title="预检与报送" lead="预检不保存任何数据，可以反复进行；确认无误后再正式报送。" />
      <Card styles={{ body: { paddingTop: 6 } }}>
        <Tabs
          activeKey={url.tab ?? 'file'}
          onChange={(tab) => {
            restart()
            setUrl({ tab: tab === 'file' ? undefined : tab })
          }}
          items={[
            {
              key: 'file',
              label: '报送文件',
              children: (
                <div className="stack">
                  <Steps size="small" current={step} items={[{ title: '选择文件' }, { title: '预检结果' }, { title: '报送结果' }]} />
                  {step === 0 && <Choose target={target} file={file} setFile={setFile} busy={busy} onCheck={(chosen) => void check(chosen)} />}
                  {failed !== undefined && <Failure error={failed} />}
                  {step === 1 && url.run && <Run token={url.run} file={file} target={target} restart={restart} onSent={setSent} />}
                  {step === 2 && sent && <Sent outcome={sent} restart={restart} />}
                </div>
              ),
            },
            { key: 'zero', label: '零报告', children: <Zero target={target} /> },
          ]}
        />
      </Card>
    </>
  )
}

function TargetFields({ target, needed }: { target: Target; needed: boolean }) {
  const meta = useMeta()
  const [, setUrl] = useUrl()
  const months = periodsOf(meta.data?.months ?? [], 'month')
  const known = target.period && !months.includes(target.period) ? [target.period, ...months] : months
  return (
    <>
      <Form.Item label="数据集" required>
        <Select
          aria-label="数据集"
          placeholder="选择数据集"
          value={target.dataset}
          onChange={(dataset) => setUrl({ dataset })}
          options={meta.data?.datasets.map((one) => ({ value: one.code, label: one.name }))}
        />
      </Form.Item>
      <Form.Item label="医疗机构" required={needed} extra={needed ? undefined : '不选时按文件中的机构代码识别。'}>
        <InstitutionPicker value={target.institution} onChange={(institution) => setUrl({ institution })} allowClear width="100%" region />
      </Form.Item>
      <Form.Item label="月份" required={needed} extra={needed ? undefined : '不选时按文件中的出院日期识别。'}>
        <Select
          aria-label="月份"
          value={target.period}
          onChange={(period: string | undefined) => setUrl({ period })}
          allowClear
          showSearch
          placeholder="选择月份"
          options={nextMonths(known).map((month) => ({ value: month, label: printed(month) }))}
        />
      </Form.Item>
    </>
  )
}

/** The months known and the one after the newest: the next to be reported. */
function nextMonths(months: string[]): string[] {
  const newest = months[0]
  return newest ? [monthAfter(newest), ...months] : months
}

interface ChooseProps {
  target: Target
  file: File | undefined
  setFile: (file: File | undefined) => void
  busy: boolean
  onCheck: (file: File) => void
}

function Choose({ target, file, setFile, busy, onCheck }: ChooseProps) {
  return (
    <div className="columns">
      <div>
        <Upload.Dragger
          accept=".csv,.tsv,.txt,.xlsx,.xls,.parquet,.json,.jsonl,.ndjson,.zip"
          maxCount={1}
          beforeUpload={(chosen) => {
            setFile(chosen)
            return false
          }}
          onRemove={() => setFile(undefined)}
          fileList={file ? [{ uid: file.name, name: `${file.name}（${bytes(file.size)}）` }] : []}
        >
          <p style={{ margin: '18px 0 6px', color: 'var(--brand)' }}>
            <Icon name="upload" size={32} />
          </p>
          <p style={{ fontSize: 16, margin: 0 }}>点击选择文件，或把文件拖到这里</p>
          <p className="soft" style={{ margin: '6px 0 18px' }}>
            可用医院系统直接导出的 csv、xlsx、xls、Parquet 或 JSON（一行一个对象），也可以压缩成 zip；编码 UTF-8、GB18030 均可，列的顺序不限
          </p>
        </Upload.Dragger>
      </div>
      <Form layout="vertical">
        <TargetFields target={target} needed={false} />
        <div className="row">
          <Button type="primary" size="large" disabled={!file || !target.dataset} loading={busy} onClick={() => file && onCheck(file)}>
            预检
          </Button>
          {target.dataset && (
            <Link to="/datasets/$id" params={{ id: target.dataset }}>
              查看填报规范与模板
            </Link>
          )}
        </div>
      </Form>
    </div>
  )
}

/** A dry run, by its token: it can be looked at again while the server keeps it. */
function Run({ token, ...props }: Omit<TriedProps, 'outcome'> & { token: string }) {
  const asked = useAnswer('/api/checks/{token}', { token }, {}, { staleTime: Infinity })
  if (asked.error) {
    return (
      <>
        <Failure error={asked.error} />
        <div>
          <Button onClick={props.restart}>重新选择文件</Button>
        </div>
      </>
    )
  }
  return <Await asked={asked}>{(outcome) => <Tried outcome={outcome} {...props} />}</Await>
}

interface TriedProps {
  outcome: Outcome
  /** Gone when the page was loaded anew. */
  file: File | undefined
  target: Target
  restart: () => void
  onSent: (outcome: Outcome) => void
}

function Tried({ outcome, file, target, restart, onSent }: TriedProps) {
  const [url, setUrl] = useUrl()
  const returned = outcome.verdict === 'returned'
  const tab = url.view ?? 'checks'
  return (
    <>
      <Alert type={returned ? 'error' : (outcome.error_rows ?? 0) > 0 ? 'warning' : 'success'} showIcon title={outcome.sentence} description={outcome.file && `预检：${outcome.file.name}`} />
      <Faults faults={outcome.faults} />
      {outcome.rows != null && <Counts of={outcome} />}
      <Notices notices={outcome.notices} />
      <SendPanel file={file} target={target} returned={returned} restart={restart} onSent={onSent} token={outcome.rows == null ? null : outcome.token} />
      <NextSteps steps={outcome.next_steps} />
      {outcome.rows != null && (
        <Tabs
          activeKey={tab}
          onChange={(view) => setUrl({ view })}
          items={[
            {
              key: 'checks',
              label: '校验结果',
              children: outcome.token && <Checks token={outcome.token} />,
            },
            ...(outcome.token ? [{ key: 'findings', label: '问题清单', children: <Findings of={{ token: outcome.token }} checks={outcome.checks} /> }] : []),
            ...(outcome.file ? [{ key: 'read', label: '文件识别情况', children: <FileRead file={outcome.file} /> }] : []),
          ]}
        />
      )}
    </>
  )
}

function Checks({ token }: { token: string }) {
  const [, setUrl] = useUrl()
  return (
    <DataTable
      name="预检校验结果"
      path="/api/checks/{token}/checks"
      variables={{ token }}
      rowKey={(row) => row.id}
      sort="-violated"
      search="查找规则、数据项"
      columns={checkColumns((check) =>
        check.violated === 0 ? (
          '0'
        ) : (
          <a
            href={`#${check.id}`}
            onClick={(event) => {
              event.preventDefault()
              setUrl({ view: 'findings', check: check.id, f_page: undefined })
            }}
          >
            {count(check.violated)}
          </a>
        ),
      )}
    />
  )
}

interface SendProps {
  file: File | undefined
  target: Target
  returned: boolean
  token: string | null | undefined
  restart: () => void
  onSent: (outcome: Outcome) => void
}

function SendPanel({ file, target, returned, token, restart, onSent }: SendProps) {
  const client = useQueryClient()
  const [mode, setMode] = useState<Mode>('full')
  const [busy, setBusy] = useState(false)
  const [failed, setFailed] = useState<unknown>()
  const [rows, setRows] = useState<Disappearing>()
  const submit = async (confirmed: boolean) => {
    if (!file) return
    setBusy(true)
    setFailed(undefined)
    try {
      const outcome = await send<Outcome>('/api/submissions', { ...target, mode, confirm_disappearing: String(confirmed) }, file)
      setRows(undefined)
      await client.invalidateQueries()
      onSent(outcome)
    } catch (problem) {
      if (problem instanceof ApiProblem && problem.problem.disappearing) setRows(problem.problem.disappearing)
      else setFailed(problem)
    } finally {
      setBusy(false)
    }
  }
  return (
    <Card size="small" style={{ background: '#fafbfd' }}>
      <div className="between">
        <div className="row">
          {token && (
            <Button href={`/api/checks/${encodeURIComponent(token)}/findings/xlsx`} icon={<Icon name="download" />}>
              下载标注问题的文件
            </Button>
          )}
          <Button type={returned ? 'primary' : 'default'} onClick={restart}>
            改正后重新选择文件
          </Button>
        </div>
        <div className="row">
          <Radio.Group
            aria-label="报送方式"
            value={mode}
            onChange={(event) => setMode(event.target.value as Mode)}
            options={[
              { value: 'full', label: '全量' },
              { value: 'patch', label: '增补' },
            ]}
          />
          <Button type={returned ? 'default' : 'primary'} loading={busy} disabled={!file || !target.institution || !target.period} onClick={() => void submit(false)}>
            {returned ? '仍要报送（将被退回）' : '正式报送'}
          </Button>
        </div>
      </div>
      {!file && <Alert type="info" showIcon title="页面重新打开后不再保留文件，正式报送前请重新选择文件。" style={{ marginTop: 12 }} />}
      {(!target.institution || !target.period) && (
        <Form layout="vertical" style={{ marginTop: 12, maxWidth: 520 }}>
          <Alert type="warning" showIcon title="正式报送前请选择医疗机构和月份。" style={{ marginBottom: 12 }} />
          <TargetFields target={target} needed />
        </Form>
      )}
      <p className="soft" style={{ margin: '8px 0 0' }}>
        全量：本文件就是该月的全部记录。增补：只按业务主键增加或替换文件中的记录，其余不动。
      </p>
      {failed !== undefined && <Failure error={failed} />}
      {rows && <ConfirmDisappearing rows={rows} busy={busy} cancel={() => setRows(undefined)} confirm={() => void submit(true)} />}
    </Card>
  )
}

function Sent({ outcome, restart }: { outcome: Outcome; restart: () => void }) {
  const type = outcome.verdict === 'accepted' ? 'success' : outcome.verdict === 'returned' ? 'error' : 'info'
  return (
    <>
      <Alert type={type} showIcon title={outcome.sentence} />
      <Faults faults={outcome.faults} />
      {outcome.rows != null && <Counts of={outcome} />}
      <NextSteps steps={outcome.next_steps} />
      <div className="row">
        {outcome.submission && (
          <LinkButton to="/submissions/$id" params={{ id: outcome.submission.id }} primary>
            查看本次报送
          </LinkButton>
        )}
        <Button onClick={restart}>继续报送其他文件</Button>
      </div>
    </>
  )
}

function Zero({ target }: { target: Target }) {
  const client = useQueryClient()
  const [busy, setBusy] = useState(false)
  const [failed, setFailed] = useState<unknown>()
  const [sent, setSent] = useState<Outcome>()
  const [rows, setRows] = useState<Disappearing>()
  const submit = async (confirmed: boolean) => {
    setBusy(true)
    setFailed(undefined)
    try {
      setSent(await post<Outcome>('/api/submissions/zero', { ...target, confirm_disappearing: confirmed }))
      setRows(undefined)
      await client.invalidateQueries()
    } catch (problem) {
      if (problem instanceof ApiProblem && problem.problem.disappearing) setRows(problem.problem.disappearing)
      else setFailed(problem)
    } finally {
      setBusy(false)
    }
  }
  if (sent) return <Sent outcome={sent} restart={() => setSent(undefined)} />
  return (
    <Form layout="vertical" style={{ maxWidth: 520 }}>
      <Alert type="info" showIcon title="本月没有发生应报送的事项时，请做零报告：没有报告会被视为未报。" style={{ marginBottom: 16 }} />
      <TargetFields target={target} needed />
      <Button type="primary" loading={busy} disabled={!target.dataset || !target.institution || !target.period} onClick={() => void submit(false)}>
        提交零报告
      </Button>
      {failed !== undefined && <Failure error={failed} />}
      {rows && <ConfirmDisappearing rows={rows} busy={busy} cancel={() => setRows(undefined)} confirm={() => void submit(true)} />}
    </Form>
  )
}
