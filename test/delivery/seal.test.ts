import { randomBytes } from 'node:crypto'
import { createSealer } from '../../src/delivery/seal'

const CONTEXT = 'tenant_a/whk_1/auth.password'

describe('sealing', () => {
  const sealer = createSealer(randomBytes(32))

  it('opens what it sealed, whatever the characters', () => {
    for (const plain of ['', 'pässwörd 💶', 'x'.repeat(10_000)]) {
      expect(sealer.open(sealer.seal(plain, CONTEXT), CONTEXT)).toBe(plain)
    }
  })

  it('shows neither the secret nor that two secrets are the same', () => {
    const first = sealer.seal('correct horse', CONTEXT)
    expect(first).not.toContain('correct')
    expect(Buffer.from(first.split('.')[2] ?? '', 'base64url').includes('correct')).toBe(false)
    expect(sealer.seal('correct horse', CONTEXT)).not.toBe(first)
  })

  it('does not open in another context', () => {
    const sealed = sealer.seal('secret', CONTEXT)
    expect(() => sealer.open(sealed, 'tenant_b/whk_1/auth.password')).toThrow('belongs to another record')
  })

  it('does not open with another key, and says which one it needs', () => {
    const sealed = sealer.seal('secret', CONTEXT)
    const keyId = sealed.split('.')[1]
    expect(() => createSealer(randomBytes(32)).open(sealed, CONTEXT)).toThrow(`sealed with key ${keyId}`)
  })

  it('opens with any key of its ring, and seals with the first', () => {
    const [before, now] = [randomBytes(32), randomBytes(32)]
    const [old, ring] = [createSealer(before), createSealer(now, [before])]
    expect(ring.open(old.seal('secret', CONTEXT), CONTEXT)).toBe('secret')
    expect(() => old.open(ring.seal('secret', CONTEXT), CONTEXT)).toThrow(`sealed with key ${ring.keyId}, but the configured key is ${old.keyId}`)
    expect(() => ring.open(createSealer(randomBytes(32)).seal('secret', CONTEXT), CONTEXT)).toThrow(`the configured keys are ${old.keyId}, ${ring.keyId}`)
    expect(createSealer(now).open(ring.seal('secret', CONTEXT), CONTEXT)).toBe('secret')
  })

  it('does not open when any byte was changed', () => {
    const [version, keyId, payload] = sealer.seal('secret', CONTEXT).split('.')
    const bytes = Buffer.from(payload ?? '', 'base64url')
    for (let index = 0; index < bytes.length; index++) {
      const changed = Buffer.from(bytes)
      changed[index] = (changed[index] ?? 0) ^ 1
      expect(() => sealer.open(`${version}.${keyId}.${changed.toString('base64url')}`, CONTEXT)).toThrow('was changed')
    }
  })

  it('says what is wrong with a key or a value of another shape', () => {
    expect(() => createSealer(randomBytes(16))).toThrow('must have 32 bytes, but has 16')
    for (const value of ['', 'plain text', 's1.00000000.AAAA', `${sealer.seal('secret', CONTEXT)}.x`]) {
      expect(() => sealer.open(value, CONTEXT)).toThrow('Not a sealed value')
    }
  })
})
