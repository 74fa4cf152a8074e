// A box to search with. It follows the address and keeps the focus.
import { Input } from 'antd'
import { useEffect, useState } from 'react'

interface Props {
  value: string | undefined
  onSearch: (text: string | undefined) => void
  placeholder: string
  label: string
  width: number
}

export function SearchBox({ value, onSearch, placeholder, label, width }: Props) {
  const [typed, setTyped] = useState(value ?? '')
  useEffect(() => setTyped(value ?? ''), [value])
  return (
    <Input.Search
      value={typed}
      onChange={(event) => setTyped(event.target.value)}
      onSearch={(text) => onSearch(text.trim() || undefined)}
      allowClear
      placeholder={placeholder}
      aria-label={label}
      style={{ width }}
    />
  )
}
