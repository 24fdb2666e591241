import { SegmentedControl, Stack, Tabs, Text } from '@mantine/core'
import { useState } from 'react'
import type { Webhook } from '../api/client'
import { Code } from '../parts/Code'
import csharp from './snippets/Verify.cs?raw'
import java from './snippets/Verify.java?raw'
import javaV1a from './snippets/VerifyV1a.java?raw'
import goV1a from './snippets/verify-v1a.go?raw'
import nodeV1a from './snippets/verify-v1a.mjs.txt?raw'
import phpV1a from './snippets/verify-v1a.php?raw'
import pythonV1a from './snippets/verify-v1a.py?raw'
import go from './snippets/verify.go?raw'
import node from './snippets/verify.mjs.txt?raw'
import php from './snippets/verify.php?raw'
import python from './snippets/verify.py?raw'

type Kind = Webhook['signatures'][number]

const LANGUAGES: Record<Kind, Record<string, string>> = {
  v1: { Node: node, Python: python, Go: go, Java: java, 'C#': csharp, PHP: php },
  v1a: { Node: nodeV1a, Python: pythonV1a, Go: goV1a, Java: javaV1a, PHP: phpV1a },
}

const KINDS = [
  { value: 'v1', label: 'Secret (v1)' },
  { value: 'v1a', label: 'Public key (v1a)' },
]

/** How a receiver tells what comes from Herald, for what signs this webhook's POSTs. */
export function Snippets({ signatures }: Pick<Webhook, 'signatures'>) {
  const [chosen, setChosen] = useState<string>('v1a')
  const kind: Kind = signatures.length > 1 ? (chosen as Kind) : (signatures[0] ?? 'v1')
  return (
    <Stack gap="sm">
      {signatures.length > 1 && <SegmentedControl aria-label="Verified" data={KINDS} value={kind} onChange={setChosen} style={{ alignSelf: 'start' }} />}
      {kind === 'v1a' && (
        <Text size="sm" c="var(--muted)">
          Python takes the package <code>cryptography</code>, Java 17, PHP its extension <code>sodium</code>. .NET has no Ed25519 of its own: a library such as BouncyCastle verifies it, over <code>id.timestamp.body</code>.
        </Text>
      )}
      <Languages key={kind} texts={LANGUAGES[kind]} />
    </Stack>
  )
}

const Languages = ({ texts }: { texts: Record<string, string> }) => (
  <Tabs defaultValue="Node" keepMounted={false}>
    <Tabs.List>
      {Object.keys(texts).map((name) => (
        <Tabs.Tab key={name} value={name}>
          {name}
        </Tabs.Tab>
      ))}
    </Tabs.List>
    {Object.entries(texts).map(([name, text]) => (
      <Tabs.Panel key={name} value={name} pt="sm">
        <Code text={text} label={`Verify in ${name}`} />
      </Tabs.Panel>
    ))}
  </Tabs>
)
