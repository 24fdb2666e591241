import { Tabs } from '@mantine/core'
import { Code } from '../parts/Code'
import csharp from './snippets/Verify.cs?raw'
import java from './snippets/Verify.java?raw'
import go from './snippets/verify.go?raw'
import node from './snippets/verify.mjs.txt?raw'
import php from './snippets/verify.php?raw'
import python from './snippets/verify.py?raw'

const LANGUAGES = { Node: node, Python: python, Go: go, Java: java, 'C#': csharp, PHP: php }

export const Snippets = () => (
  <Tabs defaultValue="Node" keepMounted={false}>
    <Tabs.List>
      {Object.keys(LANGUAGES).map((name) => (
        <Tabs.Tab key={name} value={name}>
          {name}
        </Tabs.Tab>
      ))}
    </Tabs.List>
    {Object.entries(LANGUAGES).map(([name, text]) => (
      <Tabs.Panel key={name} value={name} pt="sm">
        <Code text={text} label={`Verify in ${name}`} />
      </Tabs.Panel>
    ))}
  </Tabs>
)
