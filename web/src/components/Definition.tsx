// A definition's reference page, in the drawer that every (i) opens and on a page of its own.
import { Collapse, Drawer } from 'antd'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useAnswer } from '../api/queries'
import type { Attention, DefinitionBlock, DefinitionFact, DefinitionPage, DefinitionRef, DefinitionSpan } from '../api/types'
import { definitionKind, useDefinition } from '../lib/definition'
import { Icon } from '../lib/icons'
import { definitionStatus } from '../lib/labels'
import { Await, Tag } from './small'

const MINUTE = 60_000

/** A definition as the server tells it. */
export function useDefinitionPage({ kind, id }: DefinitionRef) {
  return useAnswer('/api/definitions/{kind}/{id}', { kind, id }, {}, { staleTime: 10 * MINUTE })
}

/** The (i) beside the name of a definition. */
export function DefinitionInfo({ kind, id, name }: DefinitionRef & { name: string }) {
  const definition = useDefinition()
  return (
    <button
      type="button"
      className="info"
      aria-label={`口径说明：${name}`}
      title="口径说明"
      aria-haspopup="dialog"
      onClick={(event) => {
        event.stopPropagation()
        definition.open({ kind, id })
      }}
    >
      <Icon name="info" size={15} />
    </button>
  )
}

/** A name with its (i). */
export function Defined({ children, ...of }: DefinitionRef & { name: string; children?: ReactNode }) {
  return (
    <span className="th">
      {children ?? of.name}
      <DefinitionInfo {...of} />
    </span>
  )
}

/** The (i) of the indicator or check that a matter is about, where it is about one. */
export function MatterInfo({ of }: { of: Pick<Attention, 'indicator' | 'check'> }) {
  if (of.indicator) return <DefinitionInfo kind="indicator" id={of.indicator.code} name={of.indicator.name} />
  if (of.check) return <DefinitionInfo kind="check" id={of.check.code} name={of.check.name} />
  return null
}

/** The drawer of the definition that the address names. */
export function DefinitionDrawer() {
  const { value, close } = useDefinition()
  return (
    <Drawer
      open={value !== undefined}
      onClose={close}
      size={Math.min(960, window.innerWidth - 100)}
      destroyOnHidden
      title={value && `口径说明：${definitionKind[value.kind]} ${value.id}`}
      extra={
        value && (
          <Link to="/definitions/$kind/$id" params={value}>
            打开整页
          </Link>
        )
      }
    >
      {value && <DefinitionText key={`${value.kind}:${value.id}`} of={value} within="drawer" />}
    </Drawer>
  )
}

/** All that is said of a definition; its links stay in the drawer or lead to pages. */
export function DefinitionText({ of, within }: { of: DefinitionRef; within: 'drawer' | 'page' }) {
  const asked = useDefinitionPage(of)
  return (
    <Await asked={asked} rows={8}>
      {(page) => <Content page={page} within={within} />}
    </Await>
  )
}

function Content({ page, within }: { page: DefinitionPage; within: 'drawer' | 'page' }) {
  const block = (one: DefinitionBlock, at: number) => <Block key={at} block={one} within={within} />
  const examples = page.examples.map((example, at) => ({
    key: String(at),
    label: example.title,
    children: <div className="stack">{example.blocks.map(block)}</div>,
  }))
  return (
    <div className="stack definition">
      {within === 'drawer' && (
        <h2>
          {page.name} <Tag {...definitionStatus[page.status]} />
        </h2>
      )}
      <Facts facts={page.head} within={within}>
        <dt>定义文件</dt>
        <dd className="code">{page.definition_file}</dd>
      </Facts>
      {page.sections.map((section) => (
        <section key={section.title} aria-label={section.title}>
          <h3>{section.title}</h3>
          <div className="stack">{section.blocks.map(block)}</div>
        </section>
      ))}
      {examples.length > 0 && (
        <section aria-label="算例">
          <h3>算例（{examples.length}）</h3>
          <p className="soft">取自定义旁的测试用例，由程序逐个验证。</p>
          {within === 'drawer' ? (
            <Collapse size="small" items={examples} defaultActiveKey={['0']} />
          ) : (
            examples.map((example) => (
              <section key={example.key} aria-label={example.label}>
                <h4>{example.label}</h4>
                {example.children}
              </section>
            ))
          )}
        </section>
      )}
    </div>
  )
}

function Block({ block, within }: { block: DefinitionBlock; within: 'drawer' | 'page' }) {
  switch (block.block) {
    case 'text':
      return (
        <p>
          <Text of={block.text} within={within} />
        </p>
      )
    case 'facts':
      return <Facts facts={block.facts} within={within} />
    case 'table':
      return (
        <div className="wide" tabIndex={0} role="region" aria-label="表格">
          <table className="sheet">
            <thead>
              <tr>
                {block.columns.map((column) => (
                  <th key={column} scope="col">
                    {column}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {block.rows.map((row, at) => (
                <tr key={at}>
                  {row.map((cell, column) => (
                    <td key={column}>
                      <Text of={cell} within={within} />
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )
  }
}

function Facts({ facts, within, children }: { facts: DefinitionFact[]; within: 'drawer' | 'page'; children?: ReactNode }) {
  return (
    <dl className="reading">
      {facts.map((fact) => (
        <Fact key={fact.name} fact={fact} within={within} />
      ))}
      {children}
    </dl>
  )
}

function Fact({ fact, within }: { fact: DefinitionFact; within: 'drawer' | 'page' }) {
  return (
    <>
      <dt>{fact.name}</dt>
      <dd>
        <Text of={fact.text} within={within} />
        {fact.formula && <div className="code soft">{fact.formula}</div>}
      </dd>
    </>
  )
}

function Text({ of, within }: { of: DefinitionSpan[]; within: 'drawer' | 'page' }) {
  return of.map((span, at) => <Span key={at} span={span} within={within} />)
}

function Span({ span, within }: { span: DefinitionSpan; within: 'drawer' | 'page' }) {
  const { open } = useDefinition()
  const { to } = span
  const text = span.code ? <span className="code">{span.text}</span> : span.text
  if (!to) return text
  return (
    <Link
      to="/definitions/$kind/$id"
      params={to}
      onClick={(event) => {
        // In the drawer what was read before stays behind; another tab is the browser's own affair.
        if (within === 'page' || event.ctrlKey || event.metaKey || event.shiftKey) return
        event.preventDefault()
        open(to)
      }}
    >
      {text}
    </Link>
  )
}
