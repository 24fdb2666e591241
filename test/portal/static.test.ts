import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, get as request, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import express from 'express'
import { createPortalFiles } from '../../src/portal/static'
import { PORTAL_DIR } from './portal-dir'

let server: Server
let url: string
beforeAll(async () => {
  server = createServer(express().use(createPortalFiles(PORTAL_DIR, { frameAncestors: [] }))).listen(0, '127.0.0.1')
  await once(server, 'listening')
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => void server.close())

const get = (to: string, headers: Record<string, string> = {}) => fetch(url + to, { headers, redirect: 'manual' })

test('a browser that opens the root is led to the portal, and a program is not', async () => {
  const people = await get('/', { accept: 'text/html,*/*;q=0.8' })
  expect([people.status, people.headers.get('location')]).toEqual([302, '/portal/'])
  expect((await get('/', { accept: 'application/json' })).status).toBe(404)
})

test('every path of the app answers its start page, with a nonce of its own and nothing inline allowed', async () => {
  const nonces = new Set<string>()
  for (const to of ['/portal', '/portal/', '/portal/operations/webhook', '/portal/operations/deliveries/dlv_1']) {
    const answer = await get(to)
    const policy = answer.headers.get('content-security-policy') ?? ''
    const [, nonce = ''] = /style-src 'self' 'nonce-([^']+)'/.exec(policy) ?? []
    const page = await answer.text()
    expect(answer.status).toBe(200)
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(page).toContain(`content="${nonce}"`)
    expect(policy).toContain("script-src 'self';")
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).not.toContain('unsafe')
    nonces.add(nonce)
  }
  expect(nonces.size).toBe(4)
})

test('only the sites that are named may frame the portal', async () => {
  const framed = createServer(express().use(createPortalFiles(PORTAL_DIR, { frameAncestors: ['https://bank.example'] }))).listen(0, '127.0.0.1')
  await once(framed, 'listening')
  try {
    const answer = await fetch(`http://127.0.0.1:${(framed.address() as AddressInfo).port}/portal/`)
    expect(answer.headers.get('content-security-policy')).toContain('frame-ancestors https://bank.example')
    expect(answer.headers.get('x-frame-options')).toBeNull()
    expect((await get('/portal/')).headers.get('x-frame-options')).toBe('DENY')
  } finally {
    framed.close()
    framed.closeAllConnections()
  }
})

test('assets may be kept for ever, and one of an older build is 404', async () => {
  const [script] = /assets\/[\w-]+\.js/.exec(await (await get('/portal/')).text()) ?? []
  const asset = await get(`/portal/${script}`)
  expect(asset.headers.get('cache-control')).toContain('immutable')
  expect(asset.headers.get('content-type')).toContain('javascript')
  expect((await get('/portal/assets/index-gone.js')).status).toBe(404)
  expect((await get('/portal/assets/..%2f..%2f..%2fpackage.json')).status).toBeGreaterThanOrEqual(400)
})

interface Chunk {
  file: string
  imports?: string[]
  css?: string[]
}

test('the start page takes less than 300 KB over the wire', async () => {
  const manifest = JSON.parse(readFileSync(path.join(PORTAL_DIR, 'manifest.json'), 'utf8')) as Record<string, Chunk>
  const files = new Set<string>(['index.html', 'theme.js'])
  const take = (name: string): void => {
    const chunk = manifest[name]
    if (!chunk || files.has(chunk.file)) return
    for (const file of [chunk.file, ...(chunk.css ?? [])]) files.add(file)
    for (const other of chunk.imports ?? []) take(other)
  }
  take('index.html')
  take('src/webhooks/WebhookList.tsx')
  const sizes = await Promise.all([...files].map((file) => bytesOverTheWire(`/portal/${file === 'index.html' ? '' : file}`)))
  const bytes = sizes.reduce((sum, size) => sum + size, 0)
  expect(files.size).toBeGreaterThan(5)
  expect(bytes).toBeLessThan(300 * 1024)
})

/** As a browser asks; `fetch` would unpack what it gets. */
async function bytesOverTheWire(to: string): Promise<number> {
  const asking = request(url + to, { headers: { 'accept-encoding': 'gzip, deflate, br' } })
  const [answer] = (await once(asking, 'response')) as [IncomingMessage]
  expect([to, answer.statusCode]).toEqual([to, 200])
  let size = 0
  for await (const part of answer) size += (part as Buffer).length
  return size
}
