import { ActionIcon, Menu } from '@mantine/core'
import { IconDots } from '@tabler/icons-react'
import { Fragment } from 'react'

interface RowAction {
  text: string
  act: () => void
  /** Takes something away for good: last, and apart from the others. */
  isGrave?: true
}

/** What can be done with a row, behind three dots. */
export const RowMenu = ({ of, actions }: { of: string; actions: RowAction[] }) => (
  <Menu position="bottom-end" withArrow>
    <Menu.Target>
      <ActionIcon className="above" variant="subtle" color="gray" aria-label={`Actions for ${of}`}>
        <IconDots size={18} />
      </ActionIcon>
    </Menu.Target>
    <Menu.Dropdown>
      {actions.map(({ text, act, isGrave }) => (
        <Fragment key={text}>
          {isGrave && <Menu.Divider />}
          <Menu.Item {...(isGrave && { color: 'red' })} onClick={act}>
            {text}
          </Menu.Item>
        </Fragment>
      ))}
    </Menu.Dropdown>
  </Menu>
)
