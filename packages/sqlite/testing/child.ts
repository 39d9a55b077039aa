/** A process that opens a thread, uses it, and ends, having closed it or not. */
import { openSqliteThread } from '../open.ts'

const [path = '', ending] = process.argv.slice(2)
const thread = await openSqliteThread(path)
await thread.load('notes', new URL('./notes.ts', import.meta.url))
void thread.call('notes', 'add', { text: 'last' }).then(() => console.log('stored'))
if (ending === 'close') {
  await thread.close()
  console.log('closed')
}
