// Month, quarter or year, of those that hold data.
import { Segmented, Select } from 'antd'
import { useMeta } from '../api/queries'
import { period as printed } from '../lib/format'
import { grain as words } from '../lib/labels'
import { containing, grainOf, lastMonth, periodsOf, type Grain } from '../lib/period'

interface Props {
  value: string | undefined
  onChange: (period: string) => void
  grains?: Grain[]
}

export function PeriodPicker({ value, onChange, grains = ['month', 'quarter', 'year'] }: Props) {
  const meta = useMeta()
  const months = meta.data?.months ?? []
  const grain = value ? grainOf(value) : 'month'
  const listed = periodsOf(months, grain)
  const change = (next: Grain) => {
    if (!value) return
    // The newest month of the period that holds data, so that a year begun does not lead beyond them.
    const month = months.filter((one) => containing(one, grain) === value).at(-1) ?? lastMonth(value)
    onChange(containing(month, next))
  }
  return (
    <div className="row">
      {grains.length > 1 && (
        <Segmented<Grain>
          aria-label="统计周期"
          value={grain}
          onChange={change}
          options={grains.map((one) => ({ label: words[one], value: one }))}
        />
      )}
      <Select
        aria-label="报告期"
        value={value}
        onChange={onChange}
        loading={meta.isPending}
        style={{ width: 150 }}
        options={(value && !listed.includes(value) ? [value, ...listed] : listed).map((one) => ({ value: one, label: printed(one) }))}
      />
    </div>
  )
}

/** The period of the address, else the newest complete one, else the newest of all. */
export function usePeriod(fromUrl: string | undefined): string | undefined {
  const meta = useMeta()
  return fromUrl ?? meta.data?.newest_complete ?? meta.data?.months.at(-1)
}

/** The period of the address, else the newest of all: where something is still owed. */
export function useNewestPeriod(fromUrl: string | undefined): string | undefined {
  const meta = useMeta()
  return fromUrl ?? meta.data?.months.at(-1)
}
