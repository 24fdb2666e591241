import path from 'node:path'

/** Where the build has put the portal. */
export const PORTAL_DIR = path.resolve(__dirname, '../../dist/portal')
