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
  /** Offer the region itself too, for reports that the authority makes. */
  region?: boolean
}

export function InstitutionPicker({ value, onChange, placeholder = '选择机构', allowClear = false, width = 260, id, region = false }: Props) {
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
      options={[
        ...(region && meta.data ? [{ value: meta.data.region_code, label: `${meta.data.region}（卫生健康行政部门）` }] : []),
        ...(meta.data?.institutions ?? []).map((one) => ({ value: one.code, label: one.level ? `${one.name}（${one.level}）` : one.name })),
      ]}
    />
  )
}
