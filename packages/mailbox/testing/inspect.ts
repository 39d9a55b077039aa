/** Lets tests look into the file that the writer thread holds. */
import type { ModuleContext, Operations } from '@isthmus/sqlite/module'

export const open = ({ database }: ModuleContext): Operations => ({
  all: (sql: string) =>
    database
      .prepare(sql)
      .all()
      .map((row) => ({ ...row })),
})
