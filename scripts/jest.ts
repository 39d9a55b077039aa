/**
 * Starts jest the way this repository needs it: ES modules in its VM contexts, and without Node's
 * warning that those are experimental (every other warning is shown).
 * usage: node scripts/jest.ts [jest's arguments]
 */
import { spawn } from 'node:child_process'
import { join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '..')

/** Node's arguments, up to and including jest's own file. */
export const jestArguments: readonly string[] = [
  '--experimental-vm-modules',
  '--import',
  join(import.meta.dirname, 'quiet-vm-modules.ts'),
  join(root, 'node_modules/jest/bin/jest.js'),
]

if (import.meta.main) {
  const child = spawn(process.execPath, [...jestArguments, ...process.argv.slice(2)], {
    stdio: 'inherit',
    cwd: root,
  })
  child.on('exit', (code) => process.exit(code ?? 1))
}
