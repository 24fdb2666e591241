import '@mantine/core/styles.css'
import '@mantine/notifications/styles.css'
import './portal.css'
import { MantineProvider } from '@mantine/core'
import { Notifications } from '@mantine/notifications'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { setNonce } from 'get-nonce'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { toCallError } from './api/client'
import { createPortalRouter } from './router'
import { SessionProvider } from './session/session'
import { theme } from './theme'

const nonce = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? ''
setNonce(nonce)

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      // What was refused stays refused; what did not arrive is tried again.
      retry: (failures, error) => failures < 2 && [0, 502, 503, 504].includes(toCallError(error).status),
      networkMode: 'always',
    },
    mutations: { networkMode: 'always' },
  },
})
const router = createPortalRouter(queries)

// A page's code is gone when Herald was updated since this tab was opened. What is still gone then is no reason to load again and again.
const RELOADED = 'herald-reloaded'
const AGAIN_MS = 60_000
window.addEventListener('vite:preloadError', () => {
  if (Date.now() - Number(sessionStorage.getItem(RELOADED)) < AGAIN_MS) return
  sessionStorage.setItem(RELOADED, String(Date.now()))
  location.reload()
})

const root = document.getElementById('root')
if (root) {
  createRoot(root).render(
    <StrictMode>
      <MantineProvider theme={theme} defaultColorScheme="auto" getStyleNonce={() => nonce}>
        <Notifications position="bottom-right" />
        <QueryClientProvider client={queries}>
          <SessionProvider>
            <RouterProvider router={router} />
          </SessionProvider>
        </QueryClientProvider>
      </MantineProvider>
    </StrictMode>,
  )
}
