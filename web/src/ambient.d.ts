// The one function of react-dom that these pages call; its type package would be a dependency more.
declare module 'react-dom/client' {
  import type { ReactNode } from 'react'
  export function createRoot(container: Element): { render(children: ReactNode): void }
}
