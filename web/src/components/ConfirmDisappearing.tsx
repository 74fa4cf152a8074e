// Rows that would no longer be there: seen before they go.
import { Checkbox, Modal } from 'antd'
import { useState } from 'react'
import type { Disappearing } from '../api/types'
import { count } from '../lib/format'

export function ConfirmDisappearing({ rows, busy, cancel, confirm }: { rows: Disappearing; busy: boolean; cancel: () => void; confirm: () => void }) {
  const [seen, setSeen] = useState(false)
  return (
    <Modal
      open
      title={`有 ${count(rows.count)} 条已报送的记录将不再存在`}
      onCancel={cancel}
      onOk={confirm}
      okText="确认并报送"
      okButtonProps={{ danger: true, disabled: !seen }}
      confirmLoading={busy}
    >
      <p>新文件中没有下列记录（业务主键）。如只想补充或修改部分记录，请取消并改用“增补”。</p>
      <textarea
        readOnly
        aria-label="将不再存在的记录"
        className="code"
        rows={8}
        style={{ width: '100%' }}
        value={rows.keys.join('\n')}
      />
      <Checkbox checked={seen} onChange={(event) => setSeen(event.target.checked)}>
        已核对，这些记录应当删除
      </Checkbox>
    </Modal>
  )
}
