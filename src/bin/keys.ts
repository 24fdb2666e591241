import { createApi } from './users'

interface Rotated {
  resealed: number
  dataSealed?: number
  lost: string[]
  next?: string
}
interface Keys {
  current: string
  sealedWith: { keyId: string; count: number }[]
}

const say = (line: string): void => void process.stdout.write(`${line}\n`)

/** Page by page, so that it may be stopped at any time: what is done stays done. */
export async function rotateKeys({ url }: { url?: string }): Promise<void> {
  const api = await createApi({ tenant: 'default', ...(url !== undefined && { url }) })
  let [done, data, lost, after] = [0, 0, 0, undefined as string | undefined]
  do {
    const page = await api<Rotated>('POST', '/v1/encryption-keys/rotate', after === undefined ? {} : { after })
    done += page.resealed
    data += page.dataSealed ?? 0
    lost += page.lost.length
    for (const id of page.lost) say(`${id} cannot be opened with any key that Herald has, and is left as it is.`)
    if (page.resealed > 0) say(`${done} sealed anew …`)
    if (page.dataSealed) say(`${data} events and answers sealed that stood in the clear …`)
    after = page.next
  } while (after !== undefined)
  const { current, sealedWith } = await api<Keys>('GET', '/v1/encryption-keys')
  const others = sealedWith.filter(({ keyId }) => keyId !== current)
  say(`Done: ${done} sealed anew with key ${current}${lost > 0 ? `, ${lost} left as they are` : ''}.`)
  say(others.length === 0 ? 'No other key is needed any more.' : `Still needed: ${others.map(({ keyId, count }) => `${keyId} (${count})`).join(', ')}. Run this again.`)
}
