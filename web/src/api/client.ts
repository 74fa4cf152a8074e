// Typed requests to the server. A refusal becomes an `ApiProblem` with the server's own words.
import type { paths } from './schema'
import type { Facet, Problem } from './types'

type Get<P extends keyof paths> = paths[P] extends { get: infer G } ? G : never
type JsonOf<T> = T extends { responses: { 200: { content: { 'application/json': infer J } } } } ? J : never
type QueryOf<T> = T extends { parameters: { query?: infer Q } } ? NonNullable<Q> : never
type PathOf<T> = T extends { parameters: { path: infer V } } ? V : Record<string, never>

/** Paths that answer JSON to a GET. */
export type GetPath = { [P in keyof paths]: [JsonOf<Get<P>>] extends [never] ? never : P }[keyof paths]
/** Answer of a GET. */
export type AnswerOf<P extends GetPath> = JsonOf<Get<P>>
/** Query of a GET. */
export type QueryFor<P extends GetPath> = QueryOf<Get<P>>
/** Variables in a path. */
export type VariablesOf<P extends GetPath> = PathOf<Get<P>>

/** A page of a table. */
export interface Page<R> {
  total: number
  page: number
  size: number
  rows: R[]
  facets?: Record<string, Facet[]>
}
/** Paths that answer a page of rows. */
export type TablePath = { [P in GetPath]: AnswerOf<P> extends { rows: unknown[]; total: number } ? P : never }[GetPath]
/** A row of a table. */
export type RowOf<P extends TablePath> = AnswerOf<P> extends { rows: (infer R)[] } ? R : never

export type Query = Record<string, string | number | boolean | null | undefined>

/** A refusal by the server, or no answer at all. */
export class ApiProblem extends Error {
  constructor(
    readonly problem: Problem,
    readonly status: number,
  ) {
    super(problem.message)
  }
}

/** The address of a request: variables filled in, empty query values left out. */
export function address(path: string, variables: Record<string, string> = {}, query: Query = {}): string {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(variables[name] ?? ''))
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== '') search.set(name, String(value))
  }
  const text = search.toString()
  return text ? `${filled}?${text}` : filled
}

async function answer<T>(request: Promise<Response>): Promise<T> {
  let response: Response
  try {
    response = await request
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === 'AbortError') throw cause
    throw new ApiProblem({ code: 'E0000', message: '无法连接服务器。', help: '请检查网络，或确认服务正在运行后重试。' }, 0)
  }
  const body: unknown = await response.json().catch(() => null)
  if (response.ok && body !== null) return body as T
  const problem = isProblem(body)
    ? body
    : { code: `E${String(response.status).padStart(4, '0')}`, message: '服务器没有给出有效的答复。', help: '请稍后重试。' }
  throw new ApiProblem(problem, response.status)
}

function isProblem(body: unknown): body is Problem {
  return typeof body === 'object' && body !== null && 'code' in body && 'message' in body
}

/** GET, as JSON. */
export function get<P extends GetPath>(
  path: P,
  variables: VariablesOf<P>,
  query: QueryFor<P> | Query,
  signal?: AbortSignal,
): Promise<AnswerOf<P>> {
  return answer(fetch(address(path, variables as Record<string, string>, query as Query), { signal }))
}

/** Rows of a page at most, as the server gives them. */
const MOST = 1000

/** Every row of a table, page by page. */
export async function everyRow<P extends TablePath>(path: P, variables: VariablesOf<P>, query: Query, signal?: AbortSignal): Promise<RowOf<P>[]> {
  const rows: RowOf<P>[] = []
  for (let page = 1, total = 1; (page - 1) * MOST < total; page++) {
    const one = (await get(path, variables, { ...query, page, size: MOST }, signal)) as unknown as Page<RowOf<P>>
    total = one.total
    rows.push(...one.rows)
  }
  return rows
}

/** POST of a JSON body. */
export function post<T>(path: string, body: unknown): Promise<T> {
  return answer(
    fetch(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  )
}

/** POST of a form with a file. */
export function send<T>(path: string, fields: Record<string, string | undefined>, file: File): Promise<T> {
  const form = new FormData()
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) form.set(name, value)
  form.set('file', file)
  return answer(fetch(path, { method: 'POST', body: form }))
}
