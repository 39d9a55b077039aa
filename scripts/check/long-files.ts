/** Files that have grown long: told, not forbidden. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { trackedFiles } from './tracked.ts'

const LINES = 300

/** One line for each source file over 300 lines, the longest first. */
export const longFiles = (folder: string): readonly string[] =>
  trackedFiles(folder)
    .filter((file) => file.endsWith('.ts') && !file.startsWith('proto/gen/'))
    .map((file) => ({
      file,
      lines: readFileSync(join(folder, file), 'utf8').split('\n').length - 1,
    }))
    .filter(({ lines }) => lines > LINES)
    .toSorted((a, b) => b.lines - a.lines)
    .map(({ file, lines }) => `${file}: ${lines} lines`)
