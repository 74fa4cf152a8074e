// One bulletin: the paper as it will be sent, the words that are a person's, its life, and whether it
// can still be made again.
import { Alert, App, Button, Card, Form, Input, Modal, Popconfirm, Timeline } from 'antd'
import { useParams } from '@tanstack/react-router'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { address, post } from '../api/client'
import { useAnswer, useMeta } from '../api/queries'
import type { Bulletin as Data, BulletinAction, BulletinCheck, BulletinContent, BulletinTable, BulletinText } from '../api/types'
import { Await, Code, Failure, PageHead, Tag, TextLink } from '../components/small'
import { useExplain } from '../lib/explain'
import { NONE, count, date, period as printed, time } from '../lib/format'
import { Icon } from '../lib/icons'
import { bulletinAction, bulletinState, bulletinStep, person } from '../lib/labels'

export default function Bulletin() {
  const { bulletin } = useParams({ strict: false }) as { bulletin: string }
  const asked = useAnswer('/api/bulletins/{bulletin}', { bulletin })
  return (
    <Await asked={asked} rows={14}>
      {(data) => <Content data={data} />}
    </Await>
  )
}

/** Sends something about the bulletin; says what came of it. */
function useSend(data: Data) {
  const { message } = App.useApp()
  const client = useQueryClient()
  const [sending, setSending] = useState(false)
  const [failed, setFailed] = useState<unknown>()
  const send = async (path: 'renewal' | 'prose' | 'actions', body: object, done: string) => {
    setSending(true)
    setFailed(undefined)
    try {
      await post(`${address('/api/bulletins/{bulletin}', { bulletin: data.row.id })}/${path}`, { revision: data.revision, ...body })
      await client.invalidateQueries()
      void message.success(done)
      return true
    } catch (error) {
      setFailed(error)
      return false
    } finally {
      setSending(false)
    }
  }
  return { send, sending, failed }
}

function Content({ data }: { data: Data }) {
  const [acting, act] = useState<BulletinAction>()
  const [editing, edit] = useState(false)
  const [checking, check] = useState(false)
  const renewal = useSend(data)
  const { row } = data
  const href = (form: 'docx' | 'xlsx') => `${address('/api/bulletins/{bulletin}', { bulletin: row.id })}/file.${form}`
  return (
    <>
      <div className="no-print">
        <PageHead
          title={
            <span className="row">
              {row.title} <Tag {...bulletinState[row.state]} />
            </span>
          }
          lead={`${row.id} · ${printed(row.period)} · 数据时间 ${time(row.known_at)}${row.number ? ` · ${row.number}` : ''}`}
          actions={
            <>
              <Button href={href('docx')} download icon={<Icon name="download" />}>
                文档（docx）
              </Button>
              <Button href={href('xlsx')} download icon={<Icon name="download" />}>
                表格（xlsx）
              </Button>
              <Button onClick={() => check(true)}>核验</Button>
              {row.state === 'draft' && (
                <>
                  <Button onClick={() => edit(true)}>修改文字</Button>
                  <Popconfirm
                    title="按现在的数据重新取数？"
                    description="数字全部更新，您修改的文字保留。"
                    okText="重新取数"
                    onConfirm={() => renewal.send('renewal', {}, '已按现在的数据重新生成。')}
                  >
                    <Button loading={renewal.sending}>重新取数</Button>
                  </Popconfirm>
                </>
              )}
              {data.actions.map((action) => (
                <Button
                  key={action}
                  type={action === 'approve' || action === 'finalise' ? 'primary' : 'default'}
                  danger={action === 'withdraw'}
                  onClick={() => act(action)}
                >
                  {bulletinAction[action].name}
                </Button>
              ))}
            </>
          }
        />
        {renewal.failed !== undefined && <Failure error={renewal.failed} />}
        {row.state === 'withdrawn' && <Alert type="warning" showIcon title={`已撤回：${row.withdrawn_because ?? ''}`} style={{ marginBottom: 16 }} />}
      </div>
      <div className="columns top with-paper">
        <Paper data={data} />
        <div className="stack no-print">
          <Life data={data} />
          <Pins data={data} />
        </div>
      </div>
      {acting && <Act data={data} action={acting} close={() => act(undefined)} />}
      {editing && <Edit data={data} close={() => edit(false)} />}
      {checking && <Check id={row.id} close={() => check(false)} />}
    </>
  )
}

const ORDINALS = '一二三四五六七八九十'

function Paper({ data }: { data: Data }) {
  const { content, row } = data
  let tables = 0
  return (
    <Card className="paper">
      <div className="red-head">{content.mark}</div>
      <div className="document-number">{row.number ?? '（草稿，未编发文字号）'}</div>
      <h2 className="report-title">{row.title}</h2>
      <p className="flush">{content.main_to}：</p>
      <p>{data.opening}</p>
      {content.overall.map((texts, at) => (
        <p key={at}>
          <Words of={texts} content={content} />
        </p>
      ))}
      {content.sections.map((section) => (
        <section key={section.heading} aria-label={section.heading}>
          <h3>{section.heading}</h3>
          {section.paragraphs.map((paragraph, at) => (
            <p key={at}>
              {paragraph.lead && <span className="lead-in">{paragraph.lead}</span>}
              <Words of={paragraph.texts} content={content} />
            </p>
          ))}
          {section.table && <Table of={section.table} content={content} caption={`表${++tables}　${section.table.name}`} />}
        </section>
      ))}
      <section aria-label="五、有关要求">
        <h3>五、有关要求</h3>
        {data.demands.map((demand, at) => (
          <p key={demand}>
            {ORDINALS[at] && `（${ORDINALS[at]}）`}
            {demand}
          </p>
        ))}
      </section>
      <ol className="sources" style={{ listStyle: 'none' }} aria-label="附件说明">
        {content.annexes.map((annex, at) => (
          <li key={annex.name}>
            <a href={`#annex-${at + 1}`}>
              附件{at + 1}　{annex.name}
            </a>
          </li>
        ))}
      </ol>
      <div className="signature">
        {content.issuer}
        <br />
        {row.issued_on ? date(row.issued_on) : '　　年　　月　　日'}
      </div>
      {content.annexes.map((annex, at) => (
        <section className="annex" id={`annex-${at + 1}`} key={annex.name} aria-label={`附件${at + 1}`}>
          <h3>
            附件{at + 1}　{annex.name}
          </h3>
          {annex.tables.map((table) =>
            table.rows.length > 0 ? (
              <Table key={table.name} of={table} content={content} caption={annex.tables.length > 1 ? table.name : undefined} />
            ) : (
              <p key={table.name} className="flush">
                （无）
              </p>
            ),
          )}
          {annex.note && <div className="soft">{annex.note}</div>}
        </section>
      ))}
      {content.copy_to && <p className="flush">抄送：{content.copy_to}。</p>}
    </Card>
  )
}

/** Words in a row; a number leads to what is behind it, as known then. */
function Words({ of, content }: { of: BulletinText[]; content: BulletinContent }) {
  return of.map((text, at) => <Word key={at} of={text} content={content} />)
}

function Word({ of, content }: { of: BulletinText; content: BulletinContent }) {
  const { open } = useExplain()
  const figure = of.figure != null ? content.figures[of.figure] : undefined
  if (figure) {
    const whose = figure.by === 'institution' ? figure.unit.code : undefined
    return (
      <a
        href="#explain"
        title={`${figure.name}，${figure.unit.name}：数字从哪里来`}
        onClick={(event) => {
          event.preventDefault()
          open({ indicator: figure.indicator, period: figure.period, by: figure.by, institution: whose, known: content.known_at })
        }}
      >
        {of.text}
      </a>
    )
  }
  return of.link ? <TextLink to={of.link}>{of.text}</TextLink> : <>{of.text}</>
}

/** Digits, as a column of which is aligned to the right. */
const NUMBER = /^-?([\d,]+(\.\d+)?%?|—)$/

function Table({ of, content, caption }: { of: BulletinTable; content: BulletinContent; caption?: string }) {
  const numeric = of.columns.map((_, at) => at > 0 && of.rows.every((row) => NUMBER.test(row.cells[at]?.text ?? '')))
  return (
    <div className="wide">
      <table className="official">
        {caption && <caption>{caption}</caption>}
        <thead>
          <tr>
            {of.columns.map((title, at) => (
              <th key={title} scope="col" className={numeric[at] ? 'numeric' : undefined}>
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {of.rows.map((row) => (
            <tr key={row.key}>
              {row.cells.map((cell, at) => (
                <td key={of.columns[at]} className={numeric[at] ? 'numeric' : undefined}>
                  <Word of={cell} content={content} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {of.note && <div className="soft">{of.note}</div>}
    </div>
  )
}

function Life({ data }: { data: Data }) {
  return (
    <Card title="办理记录">
      <Timeline
        items={data.history.map((step) => ({
          content: (
            <div>
              <b>{bulletinStep[step.kind]}</b>　{step.person ?? person(step.actor)}
              <span className="soft">　{time(step.at)}</span>
              {step.remark && <div>{step.remark}</div>}
            </div>
          ),
        }))}
      />
    </Card>
  )
}

function Pins({ data }: { data: Data }) {
  const { content } = data
  return (
    <Card title="数字的依据">
      <dl className="reading">
        <dt>数据时间</dt>
        <dd>{time(content.known_at)}；此后的更正不影响本通报</dd>
        <dt>数据文件</dt>
        <dd>
          {count(content.manifest.files)} 个，清单 SM3 <Code first={12}>{content.manifest.sm3}</Code>
        </dd>
        <dt>指标定义</dt>
        <dd>
          {content.packs.map((pack) => `${pack.id} ${pack.version}`).join('，')}，SM3 <Code first={12}>{content.fingerprint}</Code>
        </dd>
        <dt>程序</dt>
        <dd>{content.program_version}</dd>
        <dt>内容 SM3</dt>
        <dd>
          <Code first={12}>{data.sm3}</Code>
        </dd>
        {data.docx_sm3 && (
          <>
            <dt>文档 SM3</dt>
            <dd>
              <Code first={12}>{data.docx_sm3}</Code>
            </dd>
          </>
        )}
        {data.xlsx_sm3 && (
          <>
            <dt>表格 SM3</dt>
            <dd>
              <Code first={12}>{data.xlsx_sm3}</Code>
            </dd>
          </>
        )}
      </dl>
    </Card>
  )
}

interface StepValues {
  person: string
  remark?: string
  number?: string
  issued_on?: string
}

const needed = (message: string) => [{ required: true, whitespace: true, message }]

function Act({ data, action, close }: { data: Data; action: BulletinAction; close: () => void }) {
  const { send, sending, failed } = useSend(data)
  const today = useMeta().data?.today
  const [form] = Form.useForm<StepValues>()
  const words = bulletinAction[action]
  const finish = async (values: StepValues) => {
    const final = action === 'finalise' ? { number: values.number, issued_on: values.issued_on || null } : {}
    if (await send('actions', { action, person: values.person, remark: values.remark?.trim() || null, ...final }, `已${words.name}。`)) close()
  }
  return (
    <Modal open title={words.name} onCancel={close} onOk={() => form.submit()} okText={words.name} confirmLoading={sending} okButtonProps={{ danger: action === 'withdraw' }}>
      <p>{words.ask}</p>
      {failed !== undefined && (
        <div style={{ marginBottom: 16 }}>
          <Failure error={failed} />
        </div>
      )}
      <Form<StepValues>
        form={form}
        layout="vertical"
        onFinish={(values) => void finish(values)}
        initialValues={{ number: data.number_head ? `${data.number_head}〔${(today ?? '').slice(0, 4)}〕号` : '', issued_on: today }}
      >
        {action === 'finalise' && (
          <>
            <Form.Item name="number" label="发文字号" rules={needed('请填写发文字号')} extra="如 云卫医〔2025〕12号；年份用六角括号，序号不加“第”和前导零。">
              <Input />
            </Form.Item>
            <Form.Item name="issued_on" label="成文日期" rules={needed('请填写成文日期')}>
              <Input type="date" />
            </Form.Item>
          </>
        )}
        <Form.Item name="person" label={action === 'finalise' ? '签发人' : action === 'approve' ? '审核人' : '办理人'} rules={needed('请填写姓名')}>
          <Input />
        </Form.Item>
        <Form.Item name="remark" label={words.words} rules={words.needed ? needed(`请写明${words.words}`) : []}>
          <Input.TextArea rows={3} />
        </Form.Item>
      </Form>
    </Modal>
  )
}

function Edit({ data, close }: { data: Data; close: () => void }) {
  const { send, sending, failed } = useSend(data)
  const [form] = Form.useForm<{ opening: string; demands: string }>()
  const save = async (values: { opening: string; demands: string }) => {
    if (await send('prose', { opening: values.opening, demands: values.demands.split('\n') }, '已保存。')) close()
  }
  return (
    <Modal open width={760} title="修改文字" onCancel={close} onOk={() => form.submit()} okText="保存" confirmLoading={sending}>
      {failed !== undefined && (
        <div style={{ marginBottom: 16 }}>
          <Failure error={failed} />
        </div>
      )}
      <Form form={form} layout="vertical" onFinish={(values) => void save(values)} initialValues={{ opening: data.opening, demands: data.demands.join('\n') }}>
        <Form.Item name="opening" label="正文开头" rules={needed('请填写正文开头')}>
          <Input.TextArea rows={4} />
        </Form.Item>
        <Form.Item name="demands" label="五、有关要求" rules={needed('请填写有关要求')} extra="每行一条，序号自动编排。其余部分由数据生成，不能修改；数据有误的，请机构更正后重新取数。">
          <Input.TextArea rows={9} />
        </Form.Item>
      </Form>
    </Modal>
  )
}

function Check({ id, close }: { id: string; close: () => void }) {
  const asked = useAnswer('/api/bulletins/{bulletin}/check', { bulletin: id }, {}, { staleTime: 0 })
  return (
    <Modal open width={980} title="核验" onCancel={close} footer={<Button onClick={close}>关闭</Button>}>
      <Await asked={asked} rows={8}>
        {(data) => (
          <div className="stack">
            <ul className="next">
              {data.findings.map((finding) => (
                <li key={finding}>{finding}</li>
              ))}
            </ul>
            <Differences title="按当时的数据重新测算，不同的数字" of={data.then} />
            <Differences title="按今天的数据测算，不同的数字" of={data.today} />
            {data.submissions.length > 0 && (
              <section>
                <h3>此后的报送（{count(data.submissions.length)}）</h3>
                <ul className="next">
                  {data.submissions.map((one) => (
                    <li key={one.id}>
                      <TextLink to={`/submissions/${one.id}`}>
                        {one.institution.name}《{one.dataset.name}》{printed(one.period)}
                      </TextLink>
                      <span className="soft">　{time(one.at)}</span>
                    </li>
                  ))}
                </ul>
              </section>
            )}
          </div>
        )}
      </Await>
    </Modal>
  )
}

function Differences({ title, of }: { title: string; of: BulletinCheck['then'] }) {
  if (of.length === 0) return null
  return (
    <section>
      <h3>
        {title}（{count(of.length)}）
      </h3>
      <div className="wide" style={{ maxHeight: 360, overflow: 'auto' }}>
        <table className="sheet">
          <thead>
            <tr>
              {['位置', '行', '列', '通报中', '现在'].map((name) => (
                <th key={name} scope="col">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {of.map((one) => (
              <tr key={`${one.table}|${one.row}|${one.column}|${one.was}`}>
                <td>{one.table}</td>
                <td>{one.row}</td>
                <td>{one.column || NONE}</td>
                <td>{one.was || NONE}</td>
                <td>{one.is || NONE}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  )
}
