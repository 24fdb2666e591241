import { dirname, join } from 'node:path'
import { Router } from 'express'
import { send } from './serve'

/** Found by path: the package's own entry runs the whole bundle when it is loaded. */
const SWAGGER_UI = dirname(require.resolve('swagger-ui-dist/package.json'))
const ASSETS = ['swagger-ui.css', 'swagger-ui-bundle.js', 'favicon-32x32.png']

/** No inline script, so that the page lives with a strict content security policy. */
const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Herald API</title>
<link rel="stylesheet" href="/docs/swagger-ui.css">
<link rel="icon" href="/docs/favicon-32x32.png">
</head>
<body>
<div id="docs"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
`

const START = `SwaggerUIBundle({ url: '/openapi.json', dom_id: '#docs', deepLinking: true, validatorUrl: null })\n`

/** The document, and a page that shows it with Swagger UI from this machine. Both hold no data and are open. */
export function createDocs(openApi: object): Router {
  const router = Router()
  const document = JSON.stringify(openApi)
  router.get('/openapi.json', (_, res) => send(res, { status: 200, text: document }))
  router.get('/docs', (_, res) => send(res, { status: 200, text: PAGE, contentType: 'text/html; charset=utf-8' }))
  router.get('/docs/start.js', (_, res) =>
    send(res, { status: 200, text: START, contentType: 'text/javascript; charset=utf-8' }),
  )
  for (const asset of ASSETS) router.get(`/docs/${asset}`, (_, res) => res.sendFile(join(SWAGGER_UI, asset)))
  return router
}
