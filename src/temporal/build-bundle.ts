import { builtBundlePath, workflowsPath, writeWorkflowBundle } from './bundle'

void writeWorkflowBundle(`${workflowsPath()}.js`, builtBundlePath())
