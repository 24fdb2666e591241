import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fetchFile } from '../../src/stack/fetch-file'
import { inTurn, openSite, serving, servingOnly, sha256Of, temporaryDirectory, type Answer, type Site } from './download-site'

const body = randomBytes(300_000)
const limits = { connectMs: 500, answerMs: 500, stallMs: 500 }

describe('downloading a file', () => {
  const directory = temporaryDirectory()
  const lines: string[] = []
  let site: Site | undefined
  let files = 0

  afterEach(() => site?.close())
  afterAll(directory.remove)

  async function download(answer: Answer, before?: Buffer): Promise<string> {
    site = await openSite({ '/file': answer })
    const to = join(directory.path, `file-${(files += 1)}`)
    if (before) writeFileSync(`${to}.part`, before)
    await fetchFile({ url: `${site.url}/file`, to, sha256: sha256Of(body), name: 'File', report: (line) => lines.push(line), limits })
    return to
  }

  it('puts it in its place once its checksum is right', async () => {
    const to = await download(serving(body))
    expect(readFileSync(to).equals(body)).toBe(true)
    expect(existsSync(`${to}.part`)).toBe(false)
  })

  it('goes on where a transfer broke off', async () => {
    const to = await download(inTurn(servingOnly(100_000, body, 'break'), serving(body)))
    expect(readFileSync(to).equals(body)).toBe(true)
    expect(site?.requests[1]?.range).toMatch(/^bytes=\d+-$/)
    expect(lines.join('\n')).toContain('the download broke off')
  })

  it('goes on where an earlier start ended', async () => {
    const to = await download(serving(body), body.subarray(0, 123_456))
    expect(readFileSync(to).equals(body)).toBe(true)
    expect(site?.requests).toEqual([{ url: '/file', range: 'bytes=123456-' }])
  })

  it('starts anew when what an earlier start left is of another file', async () => {
    const to = await download(serving(body), randomBytes(5_000))
    expect(readFileSync(to).equals(body)).toBe(true)
    expect(site?.requests.map(({ range }) => range)).toEqual(['bytes=5000-', undefined])
  })

  it('starts anew with a site that cannot resume', async () => {
    const to = await download((response) => response.end(body), body.subarray(0, 1000))
    expect(readFileSync(to).equals(body)).toBe(true)
  })

  it('deletes a file whose checksum is wrong, and says so', async () => {
    await expect(download(serving(randomBytes(1000)))).rejects.toThrow(/its checksum is [0-9a-f]{64} where .* so it was deleted/)
    expect(existsSync(join(directory.path, `file-${files}`))).toBe(false)
    expect(existsSync(join(directory.path, `file-${files}.part`))).toBe(false)
  })

  it('leaves a site that stalls, and keeps what it has for the next start', async () => {
    const begun = Date.now()
    await expect(download(servingOnly(50_000, body, 'stall'))).rejects.toThrow('the transfer stalled')
    expect(Date.now() - begun).toBeLessThan(15_000)
    expect(existsSync(join(directory.path, `file-${files}.part`))).toBe(true)
  })

  it('leaves a site that takes the request and never answers', async () => {
    await expect(download(() => {})).rejects.toThrow('it does not answer')
  })

  it('says what the site answered', async () => {
    await expect(download((response) => void response.writeHead(404).end())).rejects.toThrow('answered 404')
  })

  it('leaves a site that refuses the connection', async () => {
    const closed = await openSite({})
    await closed.close()
    const to = join(directory.path, 'refused')
    const refused = fetchFile({ url: `${closed.url}/file`, to, sha256: '', name: 'File', report: () => {}, limits })
    await expect(refused).rejects.toThrow('it refused the connection')
  })
})
