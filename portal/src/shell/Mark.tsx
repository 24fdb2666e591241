export const Mark = ({ size = 28 }: { size?: number }) => (
  <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" style={{ flexShrink: 0 }}>
    <rect width="32" height="32" rx="8" fill="var(--mantine-primary-color-filled)" />
    <path d="M9 8v16M23 8v16M9 16h14" stroke="#fff" strokeWidth="4" strokeLinecap="round" />
  </svg>
)
