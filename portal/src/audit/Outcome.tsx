import type { AuditLine } from '../api/client'
import { Tinted } from '../parts/StatusBadge'
import { outcomeWords } from './words'

export const Outcome = ({ line }: { line: Pick<AuditLine, 'status' | 'target'> }) => <Tinted {...outcomeWords(line)} />
