export const root: string
/** Where set-up puts what; `tools` holds the programs that it fetched from PyPI. */
export function setupPaths(root: string, env?: NodeJS.ProcessEnv): { tools: string }
