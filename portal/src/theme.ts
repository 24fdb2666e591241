import { Alert, createTheme, Modal, Notification, SegmentedControl, type MantineColorsTuple } from '@mantine/core'

/** Dark enough that white on it, and it on white, reads well (WCAG 2.2 AA). */
const harbour: MantineColorsTuple = ['#eef3ff', '#dbe5fb', '#b5c8f2', '#8ba9ea', '#678fe3', '#4f7fdf', '#2f5fc4', '#1f4fb0', '#15439e', '#06378b']

export const theme = createTheme({
  primaryColor: 'harbour',
  primaryShade: { light: 7, dark: 6 },
  colors: { harbour },
  defaultRadius: 'md',
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "DejaVu Sans", Arial, sans-serif',
  fontFamilyMonospace: 'ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace',
  headings: { sizes: { h1: { fontSize: '1.5rem' }, h2: { fontSize: '1.15rem' }, h3: { fontSize: '1rem' } } },
  cursorType: 'pointer',
  respectReducedMotion: true,
  components: {
    // The library's own is louder in the dark than what it says.
    Alert: Alert.extend({
      vars: (_theme, { color = 'harbour' }) => ({ root: { '--alert-bg': `light-dark(var(--mantine-color-${color}-light), color-mix(in srgb, var(--mantine-color-${color}-9) 30%, var(--mantine-color-body)))` } }),
      styles: { title: { color: 'var(--mantine-color-text)' }, message: { color: 'var(--mantine-color-text)' } },
    }),
    Notification: Notification.extend({ defaultProps: { closeButtonProps: { 'aria-label': 'Close' } } }),
    SegmentedControl: SegmentedControl.extend({ defaultProps: { transitionDuration: 0 } }),
    // Within a dialog a header is no banner of the page.
    ModalHeader: Modal.Header.extend({ defaultProps: { role: 'presentation' } }),
    Modal: Modal.extend({ defaultProps: { closeButtonProps: { 'aria-label': 'Close' } } }),
  },
})
