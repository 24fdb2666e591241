import { createHmac, timingSafeEqual } from 'node:crypto'
import { createServer } from 'node:http'

// A customer's system: shows what Herald POSTs to it, and fails when told to.
//   node examples/receiver.mjs [port] [signing secret]
//   curl -X POST http://127.0.0.1:4000/fail       from now on it answers 503
//   curl -X POST http://127.0.0.1:4000/recover    and 200 again
const [, , port = '4000', secret] = process.argv
let status = 200

const server = createServer(async (request, response) => {
  const body = await read(request)
  if (request.url === '/fail' || request.url === '/recover') {
    status = request.url === '/fail' ? 503 : 200
    response.end(`answers ${status} from now on\n`)
    return
  }
  const { 'webhook-id': id, 'herald-attempt': attempt } = request.headers
  const verdict = secret === undefined ? '' : isSigned(request.headers, body) ? ', signature verified' : ', SIGNATURE WRONG'
  process.stdout.write(`${id}, attempt ${attempt}${verdict}, answered ${status}: ${body}\n`)
  response.writeHead(status).end()
})

server.on('error', (error) => {
  process.stderr.write(`The receiver cannot listen: ${error.message}. Give another port: node examples/receiver.mjs 4001\n`)
  process.exitCode = 1
})
server.listen(Number(port), '127.0.0.1', () => process.stdout.write(`listens at http://127.0.0.1:${server.address().port}\n`))

/** The bytes as they came: a signature holds for them and not for JSON that was written anew. */
async function read(request) {
  const chunks = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}

/** Standard Webhooks: HMAC-SHA256 over id.timestamp.body; any of the signatures may be ours. */
function isSigned(headers, body) {
  const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures = '' } = headers
  if (!(Math.abs(Date.now() / 1000 - Number(timestamp)) < 300)) return false
  const key = Buffer.from(secret.replace('whsec_', ''), 'base64')
  const expected = Buffer.from(`v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`)
  return signatures.split(' ').some((one) => one.length === expected.length && timingSafeEqual(Buffer.from(one), expected))
}
