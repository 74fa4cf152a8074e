// What people enter about a plan's item: who answers for it, what was done, how it was judged.
import { App, Form, Input, Modal, Select } from 'antd'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { address, post } from '../api/client'
import { useMeta } from '../api/queries'
import type { PlanItem, PlanProgress, ProgressKind } from '../api/types'
import { Failure } from './small'

/** Which form is open. */
export type Asked = 'assignment' | 'progress' | 'supervision' | 'judgement' | 'closed' | 'reopened' | { milestone: number } | { withdraw: PlanProgress }

interface Values {
  on: string
  kind: ProgressKind
  person: string
  text: string
  evidence?: string
  lead: string
  with: string[]
  deadline?: string
  note?: string
  reason: string
}

const needed = (message: string) => [{ required: true, whitespace: true, message }]

export function PlanForm({ item, asked, close }: { item: PlanItem; asked: Asked; close: () => void }) {
  const { message } = App.useApp()
  const client = useQueryClient()
  const today = useMeta().data?.today
  const [form] = Form.useForm<Values>()
  const [sending, setSending] = useState(false)
  const [failed, setFailed] = useState<unknown>()
  const variables = { plan: item.plan.code, item: item.row.number }
  const milestone = typeof asked === 'object' && 'milestone' in asked ? asked.milestone : undefined
  const withdrawn = typeof asked === 'object' && 'withdraw' in asked ? asked.withdraw : undefined

  const submit = async (values: Values) => {
    setSending(true)
    setFailed(undefined)
    try {
      if (withdrawn) {
        await post(address('/api/plans/{plan}/items/{item}/progress/{entry}/withdrawal', { ...variables, entry: withdrawn.id }), { reason: values.reason })
      } else if (asked === 'assignment') {
        await post(address('/api/plans/{plan}/items/{item}/assignments', variables), {
          lead: values.lead,
          with: values.with ?? [],
          person: values.person,
          deadline: values.deadline || null,
          note: values.note ?? '',
        })
      } else {
        const kind: ProgressKind =
          milestone !== undefined ? 'milestone_done' : asked === 'judgement' ? values.kind : (asked as ProgressKind)
        await post(address('/api/plans/{plan}/items/{item}/progress', variables), {
          on: values.on,
          kind,
          milestone: milestone ?? null,
          person: values.person,
          text: values.text,
          evidence: values.evidence ?? '',
        })
      }
      await client.invalidateQueries()
      void message.success(withdrawn ? '已撤回，原记录保留可查。' : '已保存。')
      close()
    } catch (error) {
      setFailed(error)
    } finally {
      setSending(false)
    }
  }

  const title = withdrawn
    ? '撤回记录'
    : milestone !== undefined
      ? `标记完成：${item.milestones.find((one) => one.number === milestone)?.title ?? ''}`
      : { assignment: '责任分解', progress: '填报进展', supervision: '督办', judgement: '人工判定', closed: '销号', reopened: '恢复办理' }[asked as string]

  const what = { supervision: '督办要求', judgement: '判定理由', closed: '销号说明', reopened: '恢复原因' }[asked as string] ?? '情况'

  return (
    <Modal open title={title} onCancel={close} onOk={() => form.submit()} okText={withdrawn ? '撤回' : '保存'} confirmLoading={sending} destroyOnHidden>
      <Form<Values>
        form={form}
        layout="vertical"
        requiredMark
        onFinish={(values) => void submit(values)}
        initialValues={{
          on: today,
          lead: item.row.lead ?? '',
          with: item.row.with,
          person: item.row.person ?? '',
        }}
      >
        {failed !== undefined && (
          <div style={{ marginBottom: 16 }}>
            <Failure error={failed} />
          </div>
        )}
        {withdrawn ? (
          <Form.Item name="reason" label="撤回原因" rules={needed('请写明撤回原因')} extra="撤回后原记录仍然显示，并注明原因。">
            <Input.TextArea rows={3} />
          </Form.Item>
        ) : asked === 'assignment' ? (
          <>
            <Form.Item name="lead" label="牵头科室" rules={needed('请填写牵头科室')}>
              <Input />
            </Form.Item>
            <Form.Item name="with" label="配合科室">
              <Select mode="tags" tokenSeparators={['、', ',', '，']} placeholder="输入后按回车" open={false} suffixIcon={null} />
            </Form.Item>
            <Form.Item name="person" label="责任人" rules={needed('请填写责任人')}>
              <Input />
            </Form.Item>
            <Form.Item name="deadline" label="完成时限" extra="与要点规定的时限相同时不必填写。">
              <Input type="date" />
            </Form.Item>
            <Form.Item name="note" label="备注">
              <Input.TextArea rows={2} />
            </Form.Item>
          </>
        ) : (
          <>
            {asked === 'judgement' && (
              <Form.Item name="kind" label="判定结论" rules={[{ required: true, message: '请选择判定结论' }]} extra="自动判断不了的事项以人工判定为准；有数据后仍按数据。">
                <Select
                  placeholder="请选择"
                  options={[
                    { value: 'judged_met', label: '完成' },
                    { value: 'judged_not_met', label: '未完成' },
                  ]}
                />
              </Form.Item>
            )}
            <Form.Item name="on" label="日期" rules={[{ required: true, message: '请选择日期' }]}>
              <Input type="date" max={today} />
            </Form.Item>
            <Form.Item name="person" label="责任人" rules={needed('请填写责任人')}>
              <Input />
            </Form.Item>
            <Form.Item name="text" label={what} rules={needed(`请写明${what}`)} extra={asked === 'closed' && item.row.status !== 'met' ? `该事项尚未完成：${item.row.reason}。请写明销号的理由，不少于10个字。` : undefined}>
              <Input.TextArea rows={4} />
            </Form.Item>
            <Form.Item
              name="evidence"
              label="佐证材料"
              rules={asked === 'closed' || asked === 'judgement' ? needed('请写明佐证材料') : []}
              extra="文号、文件名或网址，供核查。"
            >
              <Input />
            </Form.Item>
          </>
        )}
      </Form>
    </Modal>
  )
}
