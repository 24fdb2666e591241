import { createPasswords } from '../../src/portal/passwords'

const passwords = createPasswords()

async function median(act: () => Promise<unknown>): Promise<number> {
  const times: number[] = []
  for (let n = 0; n < 7; n++) {
    const begun = performance.now()
    await act()
    times.push(performance.now() - begun)
  }
  return times.toSorted((a, b) => a - b)[3] ?? 0
}

test('comparing takes as long when there is nothing to compare with', async () => {
  const hash = await passwords.hash('plum lantern walks north')
  expect(await passwords.matches(undefined, 'of nobody')).toBe(false)
  const [known, nobody] = [await median(() => passwords.matches(hash, 'x')), await median(() => passwords.matches(undefined, 'x'))]
  expect(nobody).toBeGreaterThan(known / 3)
})

test('the hash is argon2id, with a salt of its own', async () => {
  const [one, two] = [await passwords.hash('plum lantern'), await passwords.hash('plum lantern')]
  expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
  expect(one).not.toBe(two)
  expect(await passwords.matches(two, 'plum lantern')).toBe(true)
  expect(await passwords.matches(two, 'Plum lantern')).toBe(false)
})

test('what would wait behind fifty others is not begun', async () => {
  let open = (): void => undefined
  const opened = new Promise<void>((resolve) => (open = resolve))
  const waiting = Array.from({ length: 52 }, () => passwords.admit(() => opened))
  let begun = false
  expect(await passwords.admit(async () => void (begun = true))).toEqual({ kind: 'busy' })
  expect(begun).toBe(false)
  open()
  await Promise.all(waiting)
  expect(await passwords.admit(async () => 'in')).toBe('in')
})

test('no more than 40 characters of a password are looked at, so that a long one holds nothing else up', async () => {
  const look = (password: string, about: string[] = []) => passwords.weakness(password, about)
  const strong = 'plum lantern walks north'
  expect(await look(strong)).toBeUndefined()
  expect(await look('a'.repeat(16) + strong)).toBeUndefined()
  expect(await look('a'.repeat(40) + strong)).toMatch(/too easy to guess/)
  const name = 'Maximiliana Theodora von und zu Hohenlohe-Langenburg'
  expect(await look(name, [name])).toMatch(/too easy to guess/)
})
