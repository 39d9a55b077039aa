/** A module that fails to open after it has written. */
import type { ModuleContext } from '../module.ts'

export const open = ({ database }: ModuleContext): never => {
  database.exec('CREATE TABLE half (done INTEGER)')
  throw new Error('broken on purpose')
}
