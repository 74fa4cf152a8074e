import { defineConfig } from 'vite'

// While developing, `npm run dev` shows the pages against a running server.
const server = 'http://127.0.0.1:8080'

export default defineConfig({
  server: { proxy: { '/api': server } },
  build: {
    target: 'es2022',
    chunkSizeWarningLimit: 900,
    rolldownOptions: {
      // antd marks its modules for servers that render React; there is none here.
      checks: { moduleLevelDirective: false },
      output: {
        codeSplitting: {
          groups: [
            { name: 'echarts', test: /node_modules[\\/](echarts|zrender)/ },
            { name: 'react', test: /node_modules[\\/](react|react-dom|scheduler|@tanstack)[\\/]/ },
          ],
        },
      },
    },
  },
})
