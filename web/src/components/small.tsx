// Small pieces that every page uses: states, words in colour, help in place, links between pages.
import { Alert, Button, Empty, Popover, Skeleton, Typography, type ButtonProps } from 'antd'
import { Link, createLink } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { ApiProblem } from '../api/client'
import type { InstitutionRef, NamedCode } from '../api/types'
import type { Tone, Word } from '../lib/labels'
import { parseSearch } from '../lib/url'
import { Icon } from '../lib/icons'

const signs: Record<Tone, string> = { good: '✓', bad: '!', warn: '▲', plain: '', muted: '' }

/** A state as word, sign and colour. */
export function Tag({ word, tone }: Word) {
  return (
    <span className={`tag ${tone}`}>
      {signs[tone] && <span aria-hidden="true">{signs[tone]}</span>}
      {word}
    </span>
  )
}

/** (i) with help, reachable by keyboard. */
export function Info({ about, children }: { about: string; children: ReactNode }) {
  return (
    <Popover content={<div className="help">{children}</div>} title={about} trigger={['click', 'hover']}>
      <button type="button" className="info" aria-label={`说明：${about}`} onClick={(event) => event.stopPropagation()}>
        <Icon name="info" size={15} />
      </button>
    </Popover>
  )
}

/** What went wrong, in the server's words, and a way to try again. */
export function Failure({ error, retry }: { error: unknown; retry?: () => void }) {
  const problem = error instanceof ApiProblem ? error.problem : null
  return (
    <Alert
      type="error"
      showIcon
      role="alert"
      title={problem?.message ?? '页面出错了。'}
      description={
        <>
          {problem?.help ?? '请刷新页面后重试。'}
          <span className="soft">（{problem?.code ?? 'E0001'}）</span>
        </>
      }
      action={retry && <Button onClick={retry}>重试</Button>}
    />
  )
}

interface Asked<T> {
  data: T | undefined
  error: unknown
  isPending: boolean
  refetch: () => unknown
}

/** An answer on its way: skeleton, failure or what was asked for. */
export function Await<T>({ asked, rows = 4, children }: { asked: Asked<T>; rows?: number; children: (data: T) => ReactNode }) {
  if (asked.data !== undefined) return <>{children(asked.data)}</>
  if (asked.error) return <Failure error={asked.error} retry={() => void asked.refetch()} />
  return <Skeleton active title={false} paragraph={{ rows }} aria-label="正在读取" />
}

/** Nothing to show, and why. */
export function Nothing({ children }: { children: ReactNode }) {
  return <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={<span className="soft">{children}</span>} />
}

/** Head of a page. */
export function PageHead({ title, lead, actions }: { title: ReactNode; lead?: ReactNode; actions?: ReactNode }) {
  return (
    <div className="page-head">
      <div>
        <h1>{title}</h1>
        {lead && <div className="lead">{lead}</div>}
      </div>
      {actions && <div className="actions">{actions}</div>}
    </div>
  )
}

/** A link to a page of our own that came as a text with its filters. */
export function TextLink({ to, children, className, title }: { to: string; children: ReactNode; className?: string; title?: string }) {
  const [path = '/', query = ''] = to.split('?')
  return (
    <Link to={path as never} search={parseSearch(query) as never} className={className} title={title}>
      {children}
    </Link>
  )
}

/** A link that looks like a button: one control, not one within another. */
export const LinkButton = createLink(({ primary, ...props }: Omit<ButtonProps, 'type'> & { primary?: boolean }) => (
  <Button {...props} type={primary ? 'primary' : 'default'} />
))

/** An institution's name, leading to its page. */
export function InstitutionLink({ institution, period }: { institution: InstitutionRef; period?: string }) {
  return (
    <Link to="/institutions/$code" params={{ code: institution.code }} search={{ period } as never}>
      {institution.name}
    </Link>
  )
}

/** Codes with names; of a long list the first few, and how many there are. */
export function Elements({ of }: { of: NamedCode[] }) {
  const text = of.map((one) => `${one.code} ${one.name}`)
  const short = text.slice(0, 3).join('；')
  return (
    <div style={{ maxWidth: 200 }} title={text.join('；')}>
      {text.length > 3 ? `${short} 等 ${text.length} 项` : short || '整行'}
    </div>
  )
}

/** A text that can be copied: hashes, codes; of a long one the first characters may do on the page. */
export function Code({ children, first }: { children: string; first?: number }) {
  return (
    <Typography.Text className="code" copyable={{ text: children, tooltips: ['复制', '已复制'] }}>
      {children.slice(0, first)}
    </Typography.Text>
  )
}
