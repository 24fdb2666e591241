import { Select, type ComboboxItem } from '@mantine/core'
import { Outside } from './visible'

interface ChoiceFilterProps<Value extends string> {
  label: string
  choices: readonly (Value | (ComboboxItem & { value: Value }))[]
  value: Value | undefined
  onChange: (value: Value | undefined) => void
  /** Of a list that may be long. */
  searchable?: boolean
  width?: number
  /** Takes what room is left in its line. */
  grow?: boolean
}

/** Two beside each other where there is little room. */
export const HALF = 'calc(50% - var(--mantine-spacing-sm) / 2)'

/** Narrows a list to one of some; none is any. */
export const ChoiceFilter = <Value extends string>({ label, choices, value, onChange, searchable = false, width = 170, grow = false }: ChoiceFilterProps<Value>) => (
  <Select
    aria-label={label}
    placeholder={`Any ${label.toLowerCase()}`}
    clearable
    searchable={searchable}
    data={[...choices]}
    renderOption={({ option }) => <Outside text={option.label} lines="clamped" />}
    value={value ?? null}
    onChange={(chosen) => onChange(chosen ?? undefined)}
    rightSectionWidth={28}
    styles={{ input: { textOverflow: 'ellipsis' } }}
    w={{ base: HALF, md: width }}
    style={{ flexGrow: grow ? 1 : 0 }}
  />
)
