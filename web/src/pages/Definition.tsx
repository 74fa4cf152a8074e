// One definition as a page, to link and to print.
import { Button, Card } from 'antd'
import { Link, useParams } from '@tanstack/react-router'
import type { DefinitionRef } from '../api/types'
import { DefinitionText, useDefinitionPage } from '../components/Definition'
import { LinkButton, Nothing, PageHead, Tag } from '../components/small'
import { definitionKind } from '../lib/definition'
import { definitionStatus } from '../lib/labels'

export default function Definition() {
  const { kind, id } = useParams({ strict: false }) as { kind: string; id: string }
  if (!(kind in definitionKind)) return <Nothing>没有“{kind}”这种定义。请从口径库重新选择。</Nothing>
  return <Page of={{ kind, id } as DefinitionRef} />
}

function Page({ of }: { of: DefinitionRef }) {
  const { data } = useDefinitionPage(of)
  return (
    <>
      <PageHead
        title={data?.name ?? of.id}
        lead={
          <span className="row" style={{ gap: 8 }}>
            <Link to="/definitions" search={{ kind: of.kind } as never}>
              {definitionKind[of.kind]}
            </Link>
            {of.id}
            {data && <Tag {...definitionStatus[data.status]} />}
          </span>
        }
        actions={
          data && (
            <>
              {of.kind === 'indicator' && (
                <LinkButton to="/indicators/$id" params={{ id: of.id }}>
                  查看数值
                </LinkButton>
              )}
              {of.kind === 'dataset' && (
                <LinkButton to="/datasets/$id" params={{ id: of.id }}>
                  下载模板
                </LinkButton>
              )}
              <Button className="no-print" onClick={() => window.print()}>
                打印
              </Button>
            </>
          )
        }
      />
      <Card>
        <DefinitionText of={of} within="page" />
      </Card>
    </>
  )
}
