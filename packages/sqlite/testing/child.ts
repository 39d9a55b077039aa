/** A process that opens a thread, uses it and never closes it. */
import { openSqliteThread } from '../open.ts'

const thread = await openSqliteThread(process.argv[2] ?? '')
await thread.load('notes', new URL('./notes.ts', import.meta.url))
void thread.call('notes', 'add', { text: 'last' }).then(() => console.log('stored'))
