// The two forms in which every table can be taken away.
import { Button, Dropdown } from 'antd'
import { Icon } from '../lib/icons'

export function ExportMenu({ name, href }: { name: string; href: (format: 'xlsx' | 'csv') => string }) {
  return (
    <Dropdown
      trigger={['click']}
      menu={{
        items: [
          { key: 'xlsx', label: <a href={href('xlsx')} download>Excel 工作簿（xlsx）</a> },
          { key: 'csv', label: <a href={href('csv')} download>文本表格（csv）</a> },
        ],
      }}
    >
      <Button icon={<Icon name="download" />} aria-label={`导出${name}`}>
        导出
      </Button>
    </Dropdown>
  )
}
