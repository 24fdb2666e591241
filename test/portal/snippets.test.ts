import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createDispatcher } from '../../src/delivery/connector'
import { createPostEvent } from '../../src/delivery/post'
import { generateSecret, generateSigningKey, publicKeyOf, sign } from '../../src/delivery/sign'
import { aPost } from '../delivery/requests'
import { startReceiver } from '../support/receiver'

/** Each verifies what is asked by its arguments, five for a case: secret, id, timestamp, signatures, body in base64; and prints a line. */
interface Language {
  name: string
  needs: string[]
  /** Whether it has to be compiled, which takes seconds: tried when HERALD_SNIPPETS is set. */
  isSlow?: true
  /** The one that verifies `v1a`, and a command that fails where what that needs is missing. */
  v1a?: { snippet: string; needs?: string }
  /** Files to write beside the snippet, and how it is run in their folder. */
  files: (snippet: string) => Record<string, string>
  run: [string, string[]][]
  snippet: string
}

const HEADERS = ['webhook-id', 'webhook-timestamp', 'webhook-signature']

const LANGUAGES: Language[] = [
  {
    name: 'Node',
    needs: ['node'],
    snippet: 'verify.mjs.txt',
    v1a: { snippet: 'verify-v1a.mjs.txt' },
    files: (snippet) => ({
      'main.mjs': `${snippet}
for (let [i, a] = [0, process.argv.slice(2)]; i < a.length; i += 5)
  console.log(isFromHerald(a[i], { 'webhook-id': a[i + 1], 'webhook-timestamp': a[i + 2], 'webhook-signature': a[i + 3] }, Buffer.from(a[i + 4], 'base64').toString()))`,
    }),
    run: [['node', ['main.mjs']]],
  },
  {
    name: 'Python',
    needs: ['python3'],
    snippet: 'verify.py',
    v1a: { snippet: 'verify-v1a.py', needs: 'python3 -c "import cryptography"' },
    files: (snippet) => ({
      'main.py': `${snippet}
import sys
a = sys.argv[1:]
for i in range(0, len(a), 5):
    print(str(is_from_herald(a[i], dict(zip(${JSON.stringify(HEADERS)}, a[i + 1:i + 4])), base64.b64decode(a[i + 4]))).lower())`,
    }),
    run: [['python3', ['main.py']]],
  },
  {
    name: 'PHP',
    needs: ['php'],
    snippet: 'verify.php',
    v1a: { snippet: 'verify-v1a.php', needs: 'php -m | grep -q sodium' },
    files: (snippet) => ({
      'main.php': `${snippet}
foreach (array_chunk(array_slice($argv, 1), 5) as $a)
    echo json_encode(is_from_herald($a[0], array_combine(${JSON.stringify(HEADERS)}, array_slice($a, 1, 3)), base64_decode($a[4]))), "\\n";`,
    }),
    run: [['php', ['main.php']]],
  },
  {
    name: 'Go',
    needs: ['go'],
    isSlow: true,
    snippet: 'verify.go',
    v1a: { snippet: 'verify-v1a.go' },
    files: (snippet) => ({
      'verify.go': snippet.replace('package webhook', 'package main'),
      'main.go': `package main
import ("encoding/base64"; "fmt"; "net/http"; "os")
func main() {
  for a := os.Args[1:]; len(a) > 0; a = a[5:] {
    header, body := http.Header{}, []byte{}
    for i, name := range []string{"webhook-id", "webhook-timestamp", "webhook-signature"} { header.Set(name, a[i+1]) }
    body, _ = base64.StdEncoding.DecodeString(a[4])
    fmt.Println(IsFromHerald(a[0], header, body))
  }
}`,
    }),
    run: [
      ['go', ['build', '-o', 'program', 'verify.go', 'main.go']],
      ['./program', []],
    ],
  },
  {
    name: 'Java',
    needs: ['java'],
    isSlow: true,
    snippet: 'Verify.java',
    v1a: { snippet: 'VerifyV1a.java' },
    files: (snippet) => ({
      // The first class of a file is the one that is run.
      'Main.java': snippet.replace(
        'final class Verify',
        `class Main {
  public static void main(String[] a) throws Exception {
    for (int i = 0; i < a.length; i += 5) {
      var headers = java.util.Map.of("webhook-id", a[i + 1], "webhook-timestamp", a[i + 2], "webhook-signature", a[i + 3]);
      System.out.println(Verify.isFromHerald(a[i], headers::get, Base64.getDecoder().decode(a[i + 4])));
    }
  }
}
final class Verify`,
      ),
    }),
    run: [['java', ['Main.java']]],
  },
  {
    name: 'C#',
    needs: ['mcs', 'mono'],
    isSlow: true,
    snippet: 'Verify.cs',
    files: (snippet) => ({
      'Verify.cs': snippet,
      'Main.cs': `using System; using System.Collections.Generic;
static class Program {
  static void Main(string[] a) {
    for (var i = 0; i < a.Length; i += 5) {
      var headers = new Dictionary<string, string> { ["webhook-id"] = a[i + 1], ["webhook-timestamp"] = a[i + 2], ["webhook-signature"] = a[i + 3] };
      Console.WriteLine(Verify.IsFromHerald(a[i], name => headers[name], Convert.FromBase64String(a[i + 4])) ? "true" : "false");
    }
  }
}`,
    }),
    run: [
      ['mcs', ['-out:program.exe', 'Verify.cs', 'Main.cs']],
      ['mono', ['program.exe']],
    ],
  },
]

const works = (command: string): boolean => spawnSync('sh', ['-c', command]).status === 0
const isTried = ({ needs, isSlow }: Language): boolean => (!isSlow || process.env['HERALD_SNIPPETS'] !== undefined) && needs.every((command) => works(`command -v ${command}`))

const SECRETS = [generateSecret(), generateSecret()]
const KEYS = [generateSigningKey(), generateSigningKey()]
const BODY = '{"id":"evt_1","data":{"name":"Zoë 💶","balance":1.10,"big":12345678901234567890}}'

interface Case {
  what: string
  is: boolean
  given: string[]
}

/** What a receiver really got, signed with a new secret and the one before it, and with two key pairs; then the same with something wrong. */
let cases: Record<'v1' | 'v1a', Case[]>
beforeAll(async () => {
  const dispatcher = createDispatcher({ allowTargets: ['127.0.0.0/8'], deniedPorts: [] })
  const receiver = await startReceiver()
  await createPostEvent({ dispatcher, userAgent: 'Herald/0.1.0' })(aPost(receiver.url, { body: BODY, secrets: [...SECRETS, ...KEYS] }))
  await Promise.all([receiver.close(), dispatcher.destroy()])
  const [request] = receiver.requests
  const [id = '', timestamp = '', signatures = ''] = HEADERS.map((name) => String(request?.headers[name]))
  const body = Buffer.from(request?.rawBody ?? '')
  const longAgo = Number(timestamp) - 301
  /** `signer` is what has signed by the newer one. */
  const casesOf = ([newer = '', older = '']: string[], another: string, signer = ''): Case[] => {
    const given = (changes: { secret?: string; timestamp?: string; signatures?: string; body?: string } = {}): string[] => [
      changes.secret ?? newer,
      id,
      changes.timestamp ?? timestamp,
      changes.signatures ?? signatures,
      Buffer.from(changes.body ?? body).toString('base64'),
    ]
    return [
      { what: 'by the new one', is: true, given: given() },
      { what: 'by the one before', is: true, given: given({ secret: older }) },
      { what: 'by another one', is: false, given: given({ secret: another }) },
      { what: 'with another body', is: false, given: given({ body: `${BODY} ` }) },
      { what: 'sent long ago', is: false, given: given({ timestamp: String(longAgo), signatures: sign(signer, id, longAgo, BODY) }) },
    ]
  }
  cases = { v1: casesOf(SECRETS, generateSecret(), SECRETS[0]), v1a: casesOf(KEYS.map(publicKeyOf), publicKeyOf(generateSigningKey()), KEYS[0]) }
})

function judge({ files, run }: Language, name: string, given: string[]): string[] {
  const folder = mkdtempSync(path.join(tmpdir(), 'herald-snippet-'))
  try {
    const snippet = readFileSync(path.resolve(__dirname, '../../portal/src/webhooks/snippets', name), 'utf8')
    for (const [file, text] of Object.entries(files(snippet))) writeFileSync(path.join(folder, file), text)
    const steps = run.map(([command, args], i) => [command, i === run.length - 1 ? [...args, ...given] : args] as const)
    const outputs = steps.map(([command, args]) => execFileSync(command, args, { cwd: folder, encoding: 'utf8' }))
    return (outputs.at(-1) ?? '').trim().split(/\r?\n/)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

for (const language of LANGUAGES) {
  const { name, snippet, v1a } = language
  for (const [kind, file] of [['v1', snippet], ['v1a', v1a?.snippet]] as const) {
    if (file === undefined) continue
    const testOrSkip = isTried(language) && (kind === 'v1' || v1a?.needs === undefined || works(v1a.needs)) ? test : test.skip
    testOrSkip(`the snippet in ${name} tells what Herald has sent from what it has not, by ${kind}`, () => {
      const judged = judge(language, file, cases[kind].flatMap(({ given }) => given))
      expect(cases[kind].map(({ what }, i) => [what, judged[i]])).toEqual(cases[kind].map(({ what, is }) => [what, String(is)]))
    })
  }
}
