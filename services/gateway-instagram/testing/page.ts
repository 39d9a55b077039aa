/** Reads a page of documentation: its tables, its code blocks. */

/** The rows of the table under a heading, each as its cells, without the code marks. */
export const tableUnder = (page: string, heading: string): string[][] => {
  const section = page.split(/^#+ /m).find((text) => text.startsWith(`${heading}\n`)) ?? ''
  const rows = section.split('\n').filter((line) => line.startsWith('|'))
  return rows.slice(2).map((row) =>
    row
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim().replaceAll('`', '')),
  )
}

export interface Block {
  /** What follows the fence. */
  readonly info: string
  readonly lines: readonly string[]
}

export const codeBlocks = (page: string): Block[] =>
  [...page.matchAll(/^```(.+)\n([^]*?)^```$/gm)].map(([, info = '', text = '']) => ({
    info,
    lines: text.trimEnd().split('\n'),
  }))
