// One institution of those in scope, found by name, level or licence number.
import { Select } from 'antd'
import { useMeta } from '../api/queries'

interface Props {
  value: string | undefined
  onChange: (code: string | undefined) => void
  placeholder?: string
  allowClear?: boolean
  width?: number | string
  id?: string
}

export function InstitutionPicker({ value, onChange, placeholder = '选择机构', allowClear = false, width = 260, id }: Props) {
  const meta = useMeta()
  return (
    <Select
      id={id}
      aria-label="医疗机构"
      value={value}
      onChange={(code: string | undefined) => onChange(code)}
      allowClear={allowClear}
      placeholder={placeholder}
      loading={meta.isPending}
      style={{ width }}
      showSearch={{
        filterOption: (typed, option) => `${option?.label ?? ''} ${option?.value ?? ''}`.includes(typed.trim()),
      }}
      options={meta.data?.institutions.map((one) => ({
        value: one.code,
        label: one.level ? `${one.name}（${one.level}）` : one.name,
      }))}
    />
  )
}
