import { TextInput } from '@mantine/core'
import { ChoiceFilter } from './ChoiceFilter'
import { toLocalInput, WINDOWS, type WindowSearch } from './time-window'

interface WindowFieldsProps {
  search: WindowSearch
  change: (part: WindowSearch) => void
  width?: number
}

const CUSTOM = 'custom'
const NONE = { since: undefined, from: undefined, to: undefined }

/** When: a window that moves with the clock, or two times in the viewer's zone. */
export function WindowFields({ search, change, width }: WindowFieldsProps) {
  const { since, from, to } = search
  const isCustom = from !== undefined || to !== undefined
  return (
    <>
      <ChoiceFilter
        label="Time"
        {...(width !== undefined && { width })}
        choices={[...WINDOWS, { value: CUSTOM, label: 'From … to …' }]}
        value={isCustom ? CUSTOM : since}
        onChange={(chosen) => change(chosen === CUSTOM ? { ...NONE, from: new Date(Date.now() - 3_600_000).toISOString() } : { ...NONE, since: chosen })}
      />
      {isCustom && (
        <>
          <TextInput type="datetime-local" aria-label="From" value={toLocalInput(from)} onChange={({ currentTarget }) => change({ since: undefined, from: iso(currentTarget.value), to })} />
          <TextInput type="datetime-local" aria-label="To, not included" value={toLocalInput(to)} onChange={({ currentTarget }) => change({ since: undefined, from, to: iso(currentTarget.value) })} />
        </>
      )}
    </>
  )
}

const iso = (local: string): string | undefined => (local === '' ? undefined : new Date(local).toISOString())
