import { isTooOld } from '../../src/store/connect'

it.each(['7.0.24', '6.0.1', '5.0.0'])('refuses MongoDB %s, which has no bulk over several collections', (version) => {
  expect(isTooOld(version)).toBe(true)
})

it.each(['8.0.0', '8.2.7', '10.0.1'])('takes MongoDB %s', (version) => {
  expect(isTooOld(version)).toBe(false)
})
