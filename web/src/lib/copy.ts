// Words to the clipboard.
import { App } from 'antd'
import { useCallback } from 'react'

/** Copies a notice; where the browser does not allow it, says so and answers false. */
export function useCopy() {
  const { message } = App.useApp()
  return useCallback(
    async (text: string, what: string): Promise<boolean> => {
      try {
        // Not there on a page that came without encryption; the text can be marked by hand then.
        await navigator.clipboard.writeText(text)
        void message.success(`${what}已复制，可直接粘贴发送。`)
        return true
      } catch {
        void message.warning('浏览器不允许自动复制，请选中文字后复制。')
        return false
      }
    },
    [message],
  )
}
