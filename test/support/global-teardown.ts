import { endStack } from './shared-stack'

export default endStack
