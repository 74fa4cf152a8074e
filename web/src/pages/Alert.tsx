// One alert: the chart that raised it, its evidence, what was done, and what can be done now.
import { App, Button, Card, Input, Modal, Timeline } from 'antd'
import { useParams } from '@tanstack/react-router'
import { useQueryClient } from '@tanstack/react-query'
import { useMemo, useState } from 'react'
import { ApiProblem, address, post } from '../api/client'
import { useAnswer } from '../api/queries'
import type { Alert as Data, AlertAction } from '../api/types'
import { Chart } from '../components/Chart'
import { Defined, DefinitionInfo } from '../components/Definition'
import { Await, InstitutionLink, PageHead, Tag, TextLink } from '../components/small'
import { NONE, count, date, period as printed, time } from '../lib/format'
import { alertAction, alertState, alertStep, attentionSeverity, person } from '../lib/labels'
import { alertOption } from '../lib/options'

export default function Alert() {
  const { alert } = useParams({ strict: false }) as { alert: string }
  const asked = useAnswer('/api/alerts/{alert}', { alert })
  return (
    <Await asked={asked} rows={10}>
      {(data) => <Content data={data} />}
    </Await>
  )
}

function Content({ data }: { data: Data }) {
  const [acting, act] = useState<AlertAction>()
  const { alert } = data
  return (
    <>
      <PageHead
        title={
          <span className="row" style={{ gap: 8 }}>
            {alert.institution.name} · {alert.indicator?.name ?? alert.dataset?.name ?? alert.rule.name}
            {alert.indicator && <DefinitionInfo kind="indicator" id={alert.indicator.code} name={alert.indicator.name} />}
            {alert.dataset && <DefinitionInfo kind="dataset" id={alert.dataset.code} name={alert.dataset.name} />}
          </span>
        }
        lead={`预警 ${alert.id} · ${alert.rule.name} · 产生于${time(alert.opened_at)}`}
        actions={data.actions.map((action) => (
          <Button key={action} type={action === 'acknowledge' ? 'primary' : 'default'} onClick={() => act(action)}>
            {alertAction[action].name}
          </Button>
        ))}
      />
      <div className="columns">
        <div className="stack">
          <Card
            title={
              <span className="row">
                情况 <Tag {...attentionSeverity[alert.severity]} /> <Tag {...alertState[alert.state]} />
              </span>
            }
            extra={<TextLink to={alert.link}>{alert.dataset ? '查看报送情况' : '数字从哪里来'}</TextLink>}
          >
            <p className="verdict">{alert.sentence}</p>
            {data.series && <Series alert={alert.id} of={data.series} name={alert.indicator?.name ?? ''} />}
          </Card>
          <Card title={`证据（${data.evidence.length}）`}>
            <Timeline
              items={data.evidence.map((one) => ({
                color: one.withdrawn_at ? 'gray' : 'red',
                content: (
                  <div className={one.withdrawn_at ? 'withdrawn' : undefined}>
                    <b>{printed(one.period)}</b>　<span className="text">{one.sentence}</span>
                    <div className="soft">发现于 {time(one.found_at)}</div>
                    {one.pack_version && (
                      <div className="soft" title={`定义摘要 ${one.pack}`}>
                        定义 {one.pack_version}，程序 {one.program}
                      </div>
                    )}
                    {one.withdrawn_because && <div className="note">已不成立：{one.withdrawn_because}</div>}
                  </div>
                ),
              }))}
            />
          </Card>
        </div>
        <div className="stack">
          <Card title="办理">
            <dl className="reading">
              <dt>机构</dt>
              <dd>{alert.by === 'institution' ? <InstitutionLink institution={alert.institution} /> : alert.institution.name}</dd>
              <dt>答复时限</dt>
              <dd className={alert.overdue ? 'bad' : undefined}>
                {date(alert.due)}
                {alert.overdue && '（已超期）'}
              </dd>
              <dt>机构说明</dt>
              <dd>{alert.explanation ?? NONE}</dd>
              {alert.reason && (
                <>
                  <dt>结束原因</dt>
                  <dd>
                    {alert.reason}（{person(alert.ended_by)}，{time(alert.ended_at)}）
                  </dd>
                </>
              )}
            </dl>
            <Timeline
              style={{ marginTop: 16 }}
              items={data.history.map((step) => ({
                content: (
                  <div>
                    <b>{alertStep[step.kind]}</b>　{person(step.actor)}
                    <span className="soft">　{time(step.at)}</span>
                    {step.text && <div>{step.text}</div>}
                  </div>
                ),
              }))}
            />
          </Card>
          <Card title="规则">
            <dl className="reading">
              <dt>规则</dt>
              <dd>
                <Defined kind="alert" id={alert.rule.code} name={alert.rule.name} />
              </dd>
              <dt>方法</dt>
              <dd>{data.method ?? '该规则已不在定义包中'}</dd>
              <dt>用途</dt>
              <dd>{data.purpose ?? NONE}</dd>
              <dt>依据</dt>
              <dd>{data.legal_basis.map((one) => <div key={one}>{one}</div>)}</dd>
              <dt>局限</dt>
              <dd>{data.limits || NONE}</dd>
            </dl>
          </Card>
        </div>
      </div>
      {acting && <Act alert={alert.id} action={acting} close={() => act(undefined)} />}
    </>
  )
}

function Series({ alert, of, name }: { alert: string; of: NonNullable<Data['series']>; name: string }) {
  const option = useMemo(() => alertOption(of), [of])
  return (
    <Chart
      label={`${name}逐月走势`}
      caption="红色菱形为触发预警的月份；灰点不参与判断"
      option={option}
      height={320}
      rows={of.points}
      rowKey={(point) => point.period}
      exportHref={(format) => address('/api/alerts/{alert}/points', { alert }, { format })}
      columns={[
        { title: '月份', render: (_, point) => printed(point.period) },
        { title: `值${of.unit ? `（${of.unit}）` : ''}`, className: 'numeric', render: (_, point) => point.display },
        { title: '分母', className: 'numeric', render: (_, point) => count(point.denominator) },
        { title: '异常', render: (_, point) => point.broken.join('、') || (point.met === false ? '未达目标' : '') },
        { title: '不参与判断的原因', render: (_, point) => point.reason ?? '' },
      ]}
    />
  )
}

function Act({ alert, action, close }: { alert: string; action: AlertAction; close: () => void }) {
  const { message } = App.useApp()
  const client = useQueryClient()
  const [text, setText] = useState('')
  const [sending, setSending] = useState(false)
  const { name, ask } = alertAction[action]
  const send = async () => {
    setSending(true)
    try {
      await post(address('/api/alerts/{alert}/actions', { alert }), { action, text: text.trim() || null })
      await client.invalidateQueries()
      void message.success(`已${name}。`)
      close()
    } catch (failed) {
      void message.error(failed instanceof ApiProblem ? `${failed.problem.message}${failed.problem.help}` : '没有保存成功，请重试。')
    } finally {
      setSending(false)
    }
  }
  const needed = action !== 'acknowledge'
  return (
    <Modal open title={name} onCancel={close} onOk={() => void send()} okText={name} confirmLoading={sending} okButtonProps={{ disabled: needed && text.trim() === '' }}>
      <p>{ask}</p>
      <Input.TextArea aria-label={needed ? `${name}的内容` : '备注'} rows={4} value={text} onChange={(event) => setText(event.target.value)} />
    </Modal>
  )
}
