// Which definition is being read stands in the address, so that it can be sent on.
import { useCallback } from 'react'
import type { DefinitionKind, DefinitionRef } from '../api/types'
import { useUrl } from './url'

export const definitionKind: Record<DefinitionKind, string> = {
  indicator: '指标',
  check: '校验规则',
  dataset: '数据集',
  alert: '预警规则',
  parameter: '参数',
  codelist: '值域代码表',
  plan: '工作要点',
  bulletin: '通报种类',
  register: '登记簿',
  procedure: '办理事项',
}

/** `indicator:EFF01`; a kind that there is none of names nothing. */
function parse(text: string | undefined): DefinitionRef | undefined {
  const [, kind = '', id] = /^(\w+):(.+)$/.exec(text ?? '') ?? []
  return id !== undefined && kind in definitionKind ? { kind: kind as DefinitionKind, id } : undefined
}

export function useDefinition() {
  const [url, setUrl] = useUrl()
  const value = parse(url.definition)
  const open = useCallback(({ kind, id }: DefinitionRef) => setUrl({ definition: `${kind}:${id}` }, { push: true }), [setUrl])
  const close = useCallback(() => setUrl({ definition: undefined }), [setUrl])
  return { value, open, close }
}
