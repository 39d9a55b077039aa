/** Which files belong to the repository. */
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join, relative } from 'node:path'

const FOREIGN = /(^|\/)(node_modules|\.git|data|coverage)(\/|$)/

/**
 * The paths of all files that git tracks or would, relative to the folder; where there is no git,
 * of all files that are not installed or made by running.
 */
export const trackedFiles = (folder: string): readonly string[] => {
  if (!existsSync(join(folder, '.git'))) return walk(folder)
  const args = ['ls-files', '-z', '--cached', '--others', '--exclude-standard']
  const listed = execFileSync('git', args, { cwd: folder, encoding: 'utf8' }).split('\0')
  return listed.filter((file) => file !== '' && existsSync(join(folder, file)))
}

const walk = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .filter((file) => !FOREIGN.test(file))
