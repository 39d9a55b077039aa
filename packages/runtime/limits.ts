/** The limits that all parts share. What is configurable has its default here. */
export const LIMITS = {
  /** Bytes of one sealed letter, at least: the overhead of a sealed box and one byte. */
  minSealedBytes: 49,
  /** Bytes of one sealed letter, at most: the largest padding bucket, sealed, with room to grow. */
  maxSealedBytes: 65_536,
  /** Letters in one submission, which is also the most devices that a person can have. */
  maxLetters: 64,
  /** Bytes of one submission's sealed letters together. */
  maxSubmissionBytes: 1_048_576,
  /** Bytes of UTF-8 in a submission id. */
  maxSubmissionIdBytes: 64,
  /** Seconds for which an unacknowledged letter is kept: default and maximum, 30 days. */
  maxTtlSeconds: 2_592_000,
  /** Submissions of one socket that wait for their answers; beyond it the socket is not read. */
  maxPending: 256,
  /** Submissions in one batch of a lane. */
  maxBatch: 512,
} as const
