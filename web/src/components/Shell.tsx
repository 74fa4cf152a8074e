// The frame of every page.
import { Layout, Menu } from 'antd'
import { Link, Outlet, useRouterState } from '@tanstack/react-router'
import { Suspense, useEffect } from 'react'
import { useMeta } from '../api/queries'
import { Icon } from '../lib/icons'
import { DefinitionDrawer } from './Definition'
import { ExplainDrawer } from './ExplainDrawer'
import { Await } from './small'

const entries = [
  { to: '/', icon: 'home', name: '首页总览' },
  { to: '/plans', icon: 'list', name: '工作要点' },
  { to: '/indicators', icon: 'chart', name: '指标' },
  { to: '/alerts', icon: 'bell', name: '预警' },
  { to: '/institutions', icon: 'building', name: '机构' },
  { to: '/submissions', icon: 'inbox', name: '数据报送' },
  { to: '/submit', icon: 'upload', name: '预检与报送' },
  { to: '/reports', icon: 'form', name: '报表填报' },
  { to: '/urging', icon: 'clock', name: '催报' },
  { to: '/datasets', icon: 'book', name: '填报规范' },
  { to: '/bulletins', icon: 'paper', name: '通报' },
  { to: '/definitions', icon: 'library', name: '口径库' },
  { to: '/meeting', icon: 'screen', name: '月度进展' },
] as const

export function Shell() {
  const meta = useMeta()
  const path = useRouterState({ select: (state) => state.location.pathname })
  const current = entries.findLast((entry) => (entry.to === '/' ? path === '/' : path.startsWith(entry.to)))
  useEffect(() => {
    document.title = [current?.name, meta.data?.region && `${meta.data.region}医政监管平台`].filter(Boolean).join(' - ') || '医政监管平台'
  }, [current, meta.data])
  return (
    <Layout>
      <a className="skip" href="#main">
        跳到正文
      </a>
      <Layout.Header className="header">
        <Link to="/" className="brand">
          <img src="/icon.svg" alt="" />
          {meta.data?.region ?? ''}医政监管平台
        </Link>
        {meta.data?.demo && <span className="note">演示数据：机构与人员均为虚构</span>}
      </Layout.Header>
      <Layout className="frame">
        <Layout.Sider className="sider" theme="light" width={176} breakpoint="lg" collapsedWidth={56}>
          <nav aria-label="主导航">
            <Menu
              mode="inline"
              selectedKeys={current ? [current.to] : []}
              style={{ borderInlineEnd: 0, paddingTop: 8 }}
              items={entries.map((entry) => ({
                key: entry.to,
                icon: <Icon name={entry.icon} size={18} />,
                label: <Link to={entry.to}>{entry.name}</Link>,
              }))}
            />
          </nav>
          {meta.data && (
            <div className="versions">
              {meta.data.packs.map((pack) => (
                <div key={pack.id}>
                  {pack.name} {pack.version}
                </div>
              ))}
              程序 {meta.data.program_version}
            </div>
          )}
        </Layout.Sider>
        <Layout.Content>
          <main className="content" id="main" tabIndex={-1}>
            <Await asked={meta}>
              {() => (
                <Suspense fallback={null}>
                  <Outlet />
                </Suspense>
              )}
            </Await>
          </main>
        </Layout.Content>
      </Layout>
      <ExplainDrawer />
      <DefinitionDrawer />
    </Layout>
  )
}
