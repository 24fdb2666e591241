import { Webhook } from 'standardwebhooks'
import { generateSecret, sign } from '../../src/delivery/sign'

const nowSeconds = () => Math.floor(Date.now() / 1000)

describe('signing', () => {
  it('makes signatures that the official Standard Webhooks library accepts', () => {
    const secret = generateSecret()
    const timestamp = nowSeconds()
    const body = '{"id":"evt_1","data":{"name":"Zoë Ωmega 💶","balance":1.10}}'
    const headers = {
      'webhook-id': 'evt_1',
      'webhook-timestamp': String(timestamp),
      'webhook-signature': sign(secret, 'evt_1', timestamp, body),
    }
    expect(new Webhook(secret).verify(body, headers)).toEqual(JSON.parse(body))
    expect(() => new Webhook(secret).verify(`${body} `, headers)).toThrow('No matching signature')
    expect(() => new Webhook(generateSecret()).verify(body, headers)).toThrow('No matching signature')
  })

  it("agrees with the standard's own example", () => {
    const signature = sign(
      'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
      'msg_p5jXN8AQM9LWM0D4loKWxJek',
      1614265330,
      '{"test": 2432232314}',
    )
    expect(signature).toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=')
  })

  it('generates secrets of 32 random bytes, never the same twice', () => {
    const secrets = Array.from({ length: 50 }, generateSecret)
    expect(new Set(secrets).size).toBe(50)
    for (const secret of secrets) {
      expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
    }
  })

  it('refuses a secret that is none, instead of signing with an empty key', () => {
    expect(() => sign('whsec_', 'evt_1', 1, '{}')).toThrow("must be 'whsec_' followed by base64")
    expect(() => sign('c2VjcmV0', 'evt_1', 1, '{}')).toThrow("must be 'whsec_' followed by base64")
  })
})
