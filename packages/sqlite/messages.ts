/** What crosses between the opener and the writer thread. */
import type { Failure } from './error.ts'

export interface Call {
  readonly id: number
  readonly module: string
  readonly operation: string
  readonly argument: unknown
}

export type Message =
  | { readonly kind: 'calls'; readonly calls: readonly Call[] }
  | {
      readonly kind: 'load'
      readonly id: number
      readonly name: string
      readonly href: string
      readonly options: unknown
    }
  | { readonly kind: 'close' }

export type Answer =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly failure: Failure }

export interface ThreadOptions {
  /** Bytes of database pages kept in memory. */
  readonly cacheBytes: number
  /** Frames in the write-ahead log after which it is copied back even under load. */
  readonly checkpointFrames: number
  /** Milliseconds to wait for another process that holds the file. */
  readonly busyTimeoutMs: number
}

export interface WorkerData {
  readonly path: string
  readonly options: ThreadOptions
}
